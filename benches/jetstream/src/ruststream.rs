//! `ruststream-nats`, as its guides show it: durable pull consumers, `workers(n)`, outputs through a slot whose publishes
//! carry a message id and are stored, requests over core NATS.

use std::{io, time::Duration};

use anyhow::{Context as _, bail};
use ruststream::{OutgoingMessage, runtime::RunningApp};
use ruststream_nats::{JetStreamPublisher, NatsPublisher, prelude::*};
use tokio::sync::oneshot;

use crate::{
    Case, Meter, Run,
    order::{self, Answer, Checked, Placed, Question, Shipped},
    side_by_side,
};

#[derive(OutSlot)]
#[publishes(Checked)]
struct ToChecked;

#[derive(OutSlot)]
#[publishes(Shipped)]
struct ToShipped;

#[derive(OutSlot)]
#[publishes(Answer)]
struct Answers;

macro_rules! handlers_of {
    ($module:ident, $workers:tt) => {
        mod $module {
            use super::*;

            #[subscriber(JetStreamSubject::new("bench.placed", "BENCH").durable("puller"), workers($workers))]
            async fn pull(order: &Placed) -> HandlerOutcome {
                assert_eq!(order.customer, "customer-4711", "not the order that was sent");
                Meter::get().one();
                HandlerOutcome::ack()
            }

            #[subscriber(JetStreamSubject::new("bench.placed", "BENCH").durable("checker"), workers($workers))]
            async fn check(
                order: &Placed,
                Out(out): Out<impl Publisher<Options = JetStreamOptions>, ToChecked>,
            ) -> HandlerOutcome {
                let checked = Checked::from(order.clone());
                let id = format!("{}-checked", checked.order_id);
                match out.message(&checked).to("bench.checked").message_id(id).publish().await {
                    Ok(()) => HandlerOutcome::ack(),
                    Err(_) => HandlerOutcome::retry(),
                }
            }

            #[subscriber(JetStreamSubject::new("bench.checked", "BENCH").durable("shipper"), workers($workers))]
            async fn ship(
                order: &Checked,
                Out(out): Out<impl Publisher<Options = JetStreamOptions>, ToShipped>,
            ) -> HandlerOutcome {
                let shipped = Shipped::from(order.clone());
                let id = format!("{}-shipped", shipped.order_id);
                match out.message(&shipped).to("bench.shipped").message_id(id).publish().await {
                    Ok(()) => HandlerOutcome::ack(),
                    Err(_) => HandlerOutcome::retry(),
                }
            }

            #[subscriber(JetStreamSubject::new("bench.shipped", "BENCH").durable("closer"), workers($workers))]
            async fn close(order: &Shipped) -> HandlerOutcome {
                Meter::get().came(order::number(&order.order_id));
                Meter::get().places.add_permits(1);
                HandlerOutcome::ack()
            }

            #[subscriber("questions", workers($workers))]
            async fn answer(
                question: &Question,
                context: &mut Context<'_>,
                Out(out): Out<impl Publisher, Answers>,
            ) -> HandlerOutcome {
                let Some(inbox) = context.headers().reply_to().map(str::to_owned) else {
                    return HandlerOutcome::drop();
                };
                match out.message(&Answer::from(question.clone())).to(inbox).publish().await {
                    Ok(()) => HandlerOutcome::ack(),
                    Err(_) => HandlerOutcome::retry(),
                }
            }

            /// A started app, and what publishes beside it.
            pub(super) async fn start(run: &Run) -> anyhow::Result<Started> {
                let broker = || NatsBroker::new(run.url.clone());
                let (case, info) = (run.case, AppInfo::new("bench", "0.0.0"));
                let (stored, storing) = oneshot::channel();
                let (plain, asking) = oneshot::channel();
                let app = RustStream::new(info).with_broker(broker(), |b| {
                    match case {
                        Case::Publish => {}
                        Case::Pull => {
                            b.include(pull);
                        }
                        Case::Chain => {
                            b.include(check).out(ToChecked, JetStreamPublish::default()).build();
                            b.include(ship).out(ToShipped, JetStreamPublish::default()).build();
                            b.include(close);
                        }
                        Case::Ask => {
                            b.include(answer).out(Answers, Publish).build();
                        }
                    }
                    b.after_startup(JetStreamPublish::default(), async move |publisher| -> io::Result<()> {
                        stored.send(publisher).map_err(|_| io::Error::other("nobody waits"))
                    });
                    b.after_startup(Publish, async move |publisher| -> io::Result<()> {
                        plain.send(publisher).map_err(|_| io::Error::other("nobody waits"))
                    });
                });
                let app = app.start().await?;
                Ok(Started { app, publisher: storing.await?, requester: asking.await? })
            }
        }
    };
}

struct Started {
    app: RunningApp,
    publisher: JetStreamPublisher,
    requester: NatsPublisher,
}

handlers_of!(one, 1);
handlers_of!(eight, 8);
handlers_of!(sixty_four, 64);

pub(crate) async fn run(run: &Run, meter: &'static Meter) -> anyhow::Result<()> {
    let started = match run.in_flight {
        1 => one::start(run).await?,
        8 => eight::start(run).await?,
        64 => sixty_four::start(run).await?,
        other => bail!("no handlers for {other} in flight"),
    };
    match run.case {
        Case::Publish => publish(&started.publisher, run, meter).await?,
        Case::Pull => {}
        Case::Chain => {
            meter.places.add_permits(run.in_flight);
            place(&started.publisher, run, meter).await?;
        }
        Case::Ask => ask(&started.requester, run, meter).await?,
    }
    meter.finished().await;
    started.app.shutdown().await?;
    Ok(())
}

async fn store(publisher: &JetStreamPublisher, order: &Placed) -> anyhow::Result<()> {
    publisher.message(order).to("bench.placed").message_id(order.order_id.clone()).publish().await?;
    Ok(())
}

async fn publish(publisher: &JetStreamPublisher, run: &Run, meter: &Meter) -> anyhow::Result<()> {
    side_by_side(run.in_flight, run.events, |number| async move {
        meter.sent(number);
        store(publisher, &Placed::new(number)).await?;
        meter.came(number);
        Ok(())
    })
    .await
}

async fn place(publisher: &JetStreamPublisher, run: &Run, meter: &Meter) -> anyhow::Result<()> {
    side_by_side(run.in_flight, run.events, |number| async move {
        meter.places.acquire().await?.forget();
        meter.sent(number);
        store(publisher, &Placed::new(number)).await
    })
    .await
}

async fn ask(requester: &NatsPublisher, run: &Run, meter: &Meter) -> anyhow::Result<()> {
    side_by_side(run.in_flight, run.events, |number| async move {
        meter.sent(number);
        let question = serde_json::to_vec(&Question::from(Placed::new(number)))?;
        let request = OutgoingMessage::new("questions", question.as_slice());
        let reply = requester.request(request, Duration::from_secs(10)).await?;
        let answer: Answer = serde_json::from_slice(reply.payload()).context("no answer")?;
        meter.came(order::number(&answer.order_id));
        Ok(())
    })
    .await
}
