//! The process that `backlog` measures: an agent with one slow handler. Says on standard output how many events it has
//! handled, and ends when its standard input does.

use std::{
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, ensure};
use soorma::App;

use crate::{
    hearers::{Heard, hearers},
    load,
    options::number,
};

/// What each event takes.
pub(crate) const WORK: Duration = Duration::from_millis(1);

/// How often it says how far it is.
const SAY: Duration = Duration::from_millis(100);

/// `agent URL PUBLISH BYTES`: besides handling, it publishes so many events of so many bytes.
pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut next = || args.next().context("Usage: bench agent URL PUBLISH BYTES");
    let (url, publish, bytes) = (next()?, number("PUBLISH", &next()?)?, number("BYTES", &next()?)?);
    let heard = Arc::new(Heard::new(WORK));
    let app = App::builder("bench").broker_url(url).handlers(hearers(1)).state(heard.clone());
    let app = app.start().await?;
    let bus = app.bus();
    let publishing = tokio::spawn(async move { load::publish(&bus, publish, bytes, 1).await });
    let mut end = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    let mut beat = tokio::time::interval(SAY);
    loop {
        tokio::select! {
            _ = &mut end => break,
            _ = beat.tick() => {
                let mut out = std::io::stdout().lock();
                writeln!(out, "{}", *heard.handled.borrow())?;
                out.flush()?;
            }
        }
    }
    publishing.abort();
    if let Ok(published) = publishing.await {
        published?;
    }
    let shutdown = app.shutdown().await;
    ensure!(shutdown == soorma::Shutdown::default(), "it did not end well: {shutdown:?}");
    Ok(())
}
