//! From publishing in one process to the handler in another, and what a process costs that waits.

use std::{sync::atomic::Ordering, time::Duration};

use serde::{Deserialize, Serialize};
use soorma::Client;
use soorma_sqlite_tests::Place;

use crate::{
    app,
    child::{self, Numbers},
    meter::{self, DONE, Mark},
    order::Placed,
};

const EVENTS: u64 = 1_000;
const IDLE: f64 = 30.0;

#[derive(Serialize, Deserialize)]
pub(crate) struct Waited {
    median: f64,
    p99: f64,
    longest: f64,
    /// Of a core, in percent.
    idle: f64,
}

pub(crate) fn run() -> anyhow::Result<()> {
    let place = Place::new("bench-latency")?;
    let _ready: f64 = child::measure("prepare", &place.file(), &[])?;
    let waiting = child::start("wait", &place.file(), "", &[EVENTS as f64, IDLE])?;
    let _sent: u64 = child::measure("send", &place.file(), &[EVENTS as f64])?;
    let Waited { median, p99, longest, idle } = child::said(waiting)?;
    println!(
        "\nfrom publish to the handler in another process, {EVENTS} events 10 ms apart, the commit included: median \
         {median:.2} ms, p99 {p99:.2} ms, longest {longest:.2} ms; an agent that waits for {IDLE} s: {idle:.3} % of a core"
    );
    Ok(())
}

/// `EVENTS IDLE`: handles so many events; then waits for so many seconds.
pub(crate) async fn wait(url: &str, numbers: &Numbers) -> anyhow::Result<Waited> {
    let (events, seconds) = (numbers.get(0)? as u64, numbers.get(1)?);
    let app = app::start(url, 16).await?;
    let begin = Mark::now();
    while DONE.load(Ordering::Relaxed) < events {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let measured = begin.measured();
    // What is left to do after the last event.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = meter::cpu();
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    let idle = (meter::cpu() - before) / seconds * 100.0;
    app.shutdown().await;
    Ok(Waited { median: measured.median, p99: measured.p99, longest: measured.longest, idle })
}

/// `EVENTS`
pub(crate) async fn send(url: &str, numbers: &Numbers) -> anyhow::Result<u64> {
    let events = numbers.get(0)? as u64;
    let client = Client::connect(url, "publisher").await?;
    let mut beat = tokio::time::interval(Duration::from_millis(10));
    for number in 0..events {
        beat.tick().await;
        client.publish(Placed::new(number)).await?;
    }
    client.close().await;
    Ok(events)
}
