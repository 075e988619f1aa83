//! soorma: a client that publishes, and an app with a handler. Handlers are made for each number at once, because an
//! attribute says how many.

use std::time::Instant;

use anyhow::bail;
use soorma::{Handlers, Running, handlers, prelude::*};

use crate::{
    child::Numbers,
    meter::{self, Measured},
    order::Placed,
};

macro_rules! handlers_of {
    ($($module:ident: $concurrency:tt,)*) => {
        $(mod $module {
            use super::*;

            #[on_event(agent = "consumer", from = "start", concurrency = $concurrency)]
            pub(super) async fn handle(order: Event<Placed>) -> anyhow::Result<()> {
                anyhow::ensure!(order.customer == "customer-4711", "not the order that was sent");
                meter::took(meter::now().saturating_sub(order.sent));
                Ok(())
            }
        })*

        /// The handler, for so many at once.
        pub(crate) fn of(concurrency: usize) -> anyhow::Result<Handlers> {
            Ok(match concurrency {
                $($concurrency => handlers![$module::handle],)*
                other => bail!("no handler for {other} at once"),
            })
        }
    };
}

handlers_of! { one: 1, sixteen: 16, many: 256, }

pub(crate) async fn start(url: &str, concurrency: usize) -> anyhow::Result<Running> {
    Ok(App::builder("consumer").broker_url(url).handlers(of(concurrency)?).start().await?)
}

/// Makes the subscription; how long it took until it was ready, in milliseconds.
pub(crate) async fn prepare(url: &str) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let app = start(url, 1).await?;
    let took = begin.elapsed();
    app.shutdown().await;
    Ok(took.as_secs_f64() * 1e3)
}

/// `CALLERS SECONDS`
pub(crate) async fn publish(url: &str, numbers: &Numbers) -> anyhow::Result<Measured> {
    let (callers, seconds) = (numbers.get(0)? as u64, numbers.get(1)?);
    let client = Client::connect(url, "publisher").await?;
    let publishing: Vec<_> =
        (0..callers).map(|caller| tokio::spawn(publish_on((*client).clone(), caller, callers))).collect();
    let measured = tokio::task::spawn_blocking(move || meter::window(seconds, u64::MAX)).await?;
    for caller in publishing {
        ends(caller).await?;
    }
    client.close().await;
    Ok(measured)
}

/// Publishes, one after the other, for ever.
async fn publish_on(bus: Bus, caller: u64, callers: u64) -> anyhow::Result<()> {
    for number in (caller..).step_by(usize::try_from(callers)?) {
        let begin = Instant::now();
        bus.publish(Placed::new(number)).await?;
        meter::took(u64::try_from(begin.elapsed().as_nanos())?);
    }
    Ok(())
}

/// Ends a task; its error where it has ended before.
async fn ends(task: tokio::task::JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    task.abort();
    match task.await {
        Ok(ended) => ended,
        Err(_) => Ok(()),
    }
}

/// `CONCURRENCY SECONDS EVENTS`
pub(crate) async fn consume(url: &str, numbers: &Numbers) -> anyhow::Result<Measured> {
    let (seconds, events) = (numbers.get(1)?, numbers.get(2)? as u64);
    let app = start(url, numbers.get(0)? as usize).await?;
    let measured = tokio::task::spawn_blocking(move || meter::window(seconds, events)).await?;
    app.shutdown().await;
    Ok(measured)
}
