//! Events in process, through soorma, through `ruststream`, and through a bare channel: one program, one set of payloads.
//!
//! `soorma-benches <who> <case> <payload> <scope> <before> <events>` runs one case; `cargo xtask bench in-process` counts around it, and
//! names all of them; `cargo xtask bench scaling` runs those of `many`. Nothing here measures: `measured` is the frame that the tools look for,
//! and only `time` and `start` print a figure.

mod countdown;
mod discard;
mod floor;
mod many;
mod measured;
#[cfg(feature = "peers")]
mod on_ruststream;
mod on_soorma;
mod payload;
mod program;

use std::{sync::Arc, time::Instant};

use anyhow::{Context, bail, ensure};
use tokio::runtime::{Builder, Runtime};

use self::{countdown::Countdown, measured::measured, program::Program};

/// How many events are published before they are handled. Below the capacity of every queue here.
const CHUNK: u64 = 1_000;

/// How many chunks are handled, and how many before any of them counts: whatever is kept of an event is full by then, so that each
/// one that counts costs what it costs for ever.
struct Run {
    before: u64,
    chunks: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [who, case, payload, scope, before, events] = &arguments[..] else {
        bail!(
            "usage: soorma-benches <soorma|ruststream|floor> <case> <payload> <whole|delivery|time|start> <before> <events>"
        );
    };
    let run = Run { before: chunks(before)?, chunks: chunks(events)? };
    match case.as_str() {
        "traced" => discard::install(tracing::Level::TRACE)?,
        "informed" => discard::install(tracing::Level::INFO)?,
        _ => {}
    }
    let runtime = match scope.as_str() {
        "time" => Builder::new_multi_thread().worker_threads(2).enable_all().build()?,
        _ => Builder::new_current_thread().enable_all().build()?,
    };
    let countdown = Arc::<Countdown>::default();
    let mut started = None;
    let mut start = || {
        let program = async {
            match who.as_str() {
                "soorma" if case.contains('-') => many::start(case, countdown.clone()).await,
                "soorma" => on_soorma::start(case, payload, countdown.clone()).await,
                #[cfg(feature = "peers")]
                "ruststream" => on_ruststream::start(case, payload, countdown.clone()).await,
                "floor" => floor::start(payload, countdown.clone()),
                _ => bail!("no `{who}`; there are `soorma`, `ruststream` and `floor`"),
            }
        };
        started = Some(runtime.block_on(program).with_context(|| format!("{who} {case} {payload}"))?);
        Ok(())
    };
    if scope == "start" {
        measured(&mut start)?
    } else {
        start()?
    }
    let program = started.context("started")?;
    match scope.as_str() {
        "whole" => run.whole(&runtime, &program, &countdown),
        "delivery" => run.delivery(&runtime, &program, &countdown),
        "time" => run.time(&runtime, &program, &countdown),
        "start" => run.at_rest(&runtime, &program, &countdown),
        _ => bail!("no scope `{scope}`; there are `whole`, `delivery`, `time` and `start`"),
    }
}

fn chunks(events: &str) -> anyhow::Result<u64> {
    let events: u64 = events.parse()?;
    ensure!(events.is_multiple_of(CHUNK), "{events} is no number of thousands");
    Ok(events / CHUNK)
}

impl Run {
    /// Publishing and handling.
    fn whole(&self, runtime: &Runtime, program: &Program, countdown: &Countdown) -> anyhow::Result<()> {
        let mut chunk = || {
            countdown.expect(CHUNK);
            runtime.block_on(async {
                program.publish(CHUNK).await?;
                countdown.done().await;
                Ok(())
            })
        };
        (0..self.before).try_for_each(|_| chunk())?;
        (0..self.chunks).try_for_each(|_| measured(&mut chunk))
    }

    /// Handling alone: what is published waits, and does not count.
    fn delivery(&self, runtime: &Runtime, program: &Program, countdown: &Countdown) -> anyhow::Result<()> {
        let fill = || {
            countdown.expect(CHUNK);
            // Without the pauses that tokio makes for others: these would begin to handle.
            runtime.block_on(tokio::task::unconstrained(program.publish(CHUNK)))?;
            ensure!(
                countdown.left() == CHUNK,
                "some were handled while they were published, and do not count"
            );
            anyhow::Ok(())
        };
        let mut handle = || {
            runtime.block_on(countdown.done());
            Ok(())
        };
        (0..self.before).try_for_each(|_| fill().and_then(|()| handle()))?;
        (0..self.chunks).try_for_each(|_| fill().and_then(|()| measured(&mut handle)))
    }

    /// Prints what is resident in KB: after the start, and when each handler has been at work.
    fn at_rest(&self, runtime: &Runtime, program: &Program, countdown: &Countdown) -> anyhow::Result<()> {
        let started = resident()?;
        self.whole(runtime, program, countdown)?;
        println!("{started} {}", resident()?);
        Ok(())
    }

    /// Prints events a second: published by one task, handled by others, on two threads.
    fn time(&self, runtime: &Runtime, program: &Program, countdown: &Countdown) -> anyhow::Result<()> {
        let events = self.chunks * CHUNK;
        countdown.expect(events);
        let start = Instant::now();
        runtime.block_on(async {
            let publisher = tokio::spawn(program.publish(events));
            countdown.done().await;
            publisher.await?
        })?;
        println!("{:.0}", events as f64 / start.elapsed().as_secs_f64());
        Ok(())
    }
}

/// In KB.
fn resident() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("this needs Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no `VmRSS`")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
