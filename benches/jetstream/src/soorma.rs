//! soorma: an app with its handlers, and a bus to publish on. Handlers are made for each number in flight, because an
//! attribute says how many run at once.

use anyhow::bail;
use futures_util::{StreamExt, TryStreamExt, stream};
use soorma::{App, Bus, Client, Handlers, handlers, prelude::*};

use crate::{
    Case, Meter, Run,
    order::{self, Answer, Checked, Placed, Question, Shipped},
    side_by_side,
};

macro_rules! handlers_of {
    ($module:ident, $concurrency:tt) => {
        mod $module {
            use super::*;

            #[on_event(from = "start", concurrency = $concurrency)]
            async fn pull(order: Event<Placed>) -> anyhow::Result<()> {
                anyhow::ensure!(order.customer == "customer-4711", "not the order that was sent");
                Meter::get().one();
                Ok(())
            }

            #[on_event(agent = "checker", concurrency = $concurrency)]
            async fn check(order: Event<Placed>) -> anyhow::Result<Checked> {
                Ok(order.into_payload().into())
            }

            #[on_event(agent = "shipper", concurrency = $concurrency)]
            async fn ship(order: Event<Checked>) -> anyhow::Result<Shipped> {
                Ok(order.into_payload().into())
            }

            #[on_event(agent = "closer", concurrency = $concurrency)]
            async fn close(order: Event<Shipped>) -> anyhow::Result<()> {
                Meter::get().came(order::number(&order.order_id));
                Meter::get().places.add_permits(1);
                Ok(())
            }

            #[on_task(concurrency = $concurrency)]
            async fn answer(task: Task<Question>) -> anyhow::Result<Answer> {
                Ok(task.into_payload().into())
            }

            pub(super) fn of(case: Case) -> Handlers {
                match case {
                    Case::Publish => handlers![],
                    Case::Pull => handlers![pull],
                    Case::Chain => handlers![check, ship, close],
                    Case::Ask => handlers![answer],
                }
            }
        }
    };
}

handlers_of!(one, 1);
handlers_of!(eight, 8);
handlers_of!(sixty_four, 64);

/// Publishes what is pulled, before the clock runs.
pub(crate) async fn prepare(run: &Run) -> anyhow::Result<()> {
    if run.case == Case::Pull {
        let client = Client::connect(&at(run), "bench").await?;
        fill(&client, run.events).await?;
        client.close().await;
    }
    Ok(())
}

fn at(run: &Run) -> String {
    format!("{}?namespace=bench", run.url)
}

pub(crate) async fn run(run: &Run, meter: &'static Meter) -> anyhow::Result<()> {
    let url = at(run);
    if run.case == Case::Publish {
        let client = Client::connect(&url, "bench").await?;
        return publish(&client, run.events, run.in_flight, meter).await;
    }
    let handlers = match run.in_flight {
        1 => one::of(run.case),
        8 => eight::of(run.case),
        64 => sixty_four::of(run.case),
        other => bail!("no handlers for {other} in flight"),
    };
    let app = App::builder("bench").broker_url(url).handlers(handlers).start().await?;
    let bus = app.bus();
    match run.case {
        Case::Publish | Case::Pull => {}
        Case::Chain => {
            meter.places.add_permits(run.in_flight);
            place(&bus, run, meter).await?;
        }
        Case::Ask => ask(&bus, run, meter).await?,
    }
    meter.finished().await;
    app.shutdown().await;
    Ok(())
}

async fn publish(bus: &Bus, events: usize, in_flight: usize, meter: &Meter) -> anyhow::Result<()> {
    side_by_side(in_flight, events, |number| async move {
        meter.sent(number);
        bus.publish(Placed::new(number)).await?;
        meter.came(number);
        Ok(())
    })
    .await
}

async fn fill(bus: &Bus, events: usize) -> anyhow::Result<()> {
    stream::iter(0..events)
        .map(|number| bus.publish(Placed::new(number)))
        .buffer_unordered(256)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    Ok(())
}

async fn place(bus: &Bus, run: &Run, meter: &Meter) -> anyhow::Result<()> {
    side_by_side(run.in_flight, run.events, |number| async move {
        meter.places.acquire().await?.forget();
        meter.sent(number);
        bus.publish(Placed::new(number)).await?;
        Ok(())
    })
    .await
}

async fn ask(bus: &Bus, run: &Run, meter: &Meter) -> anyhow::Result<()> {
    side_by_side(run.in_flight, run.events, |number| async move {
        meter.sent(number);
        let answer = bus.ask(Question::from(Placed::new(number))).await?;
        meter.came(order::number(&answer.order_id));
        Ok(())
    })
    .await
}
