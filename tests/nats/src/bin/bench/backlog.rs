//! `bench backlog`: the memory of an agent with one slow handler, by how many events wait for it.
//!
//! On `nats:` they lie on a server before the agent starts; on `memory:`, which lives in the agent's own process, the
//! agent publishes them itself, as far as there is room.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use soorma::Client;
use soorma_nats_tests::{NatsServer, Usage};

use crate::{
    agent::WORK,
    load,
    options::{number, read},
};

/// How much more may be resident at the last step than at the one before, in KB: what a longer run costs an allocator,
/// and a small part of the events by which the two differ.
const MARGIN: u64 = 4_000;

/// After so many events it has been seen what a longer run takes.
const ENOUGH: u64 = 100_000;

/// An agent that has nothing to do is watched for so long.
const IDLE: Duration = Duration::from_secs(5);

/// Without progress for so long, something is wrong.
const STUCK: Duration = Duration::from_secs(60);

struct Options {
    memory: bool,
    events: u64,
    bytes: usize,
}

/// What was seen of one step.
struct Seen {
    handled: u64,
    seconds: f64,
    /// Resident memory in KB, as time went by.
    series: Vec<u64>,
    peak: u64,
    server: Option<Usage>,
}

pub(crate) async fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut options = Options { memory: false, events: 1_000_000, bytes: 1_000 };
    read(args, |name, value| {
        match name {
            "--broker" => match value {
                "memory" => options.memory = true,
                "nats" => options.memory = false,
                other => bail!("`--broker` is `memory` or `nats`, not `{other}`"),
            },
            "--events" => options.events = number(name, value)?,
            "--bytes" => options.bytes = number(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    // `memory:` keeps 10,000 events and remembers up to 131,072 ids: with the second step all of that is there.
    let steps = if options.memory { [0, 200_000, options.events] } else { [0, 10_000, options.events] };
    ensure!(options.events > steps[1], "`--events` must be more than {}", steps[1]);
    println!(
        "| events of {} bytes | handled | in | resident, in equal steps | peak | server |",
        options.bytes
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut peaks = Vec::new();
    for events in steps {
        let seen =
            if options.memory { in_process(&options, events)? } else { waiting(&options, events).await? };
        let series: Vec<String> = some(&seen.series).iter().map(|kilobytes| megabytes(*kilobytes)).collect();
        let server =
            seen.server.map_or_else(|| "-".to_owned(), |server| format!("{} MB", megabytes(server.peak)));
        println!(
            "| {events} | {} | {:.0} s | {} MB | {} MB | {server} |",
            seen.handled,
            seen.seconds,
            series.join(", "),
            megabytes(seen.peak)
        );
        peaks.push(seen.peak);
    }
    let growth = peaks[2].saturating_sub(peaks[1]);
    println!(
        "\none handler, {WORK:?} of work, 16 at once; from {} to {} the peak grew by {} MB, and {} MB are allowed",
        steps[1],
        steps[2],
        megabytes(growth),
        megabytes(MARGIN)
    );
    ensure!(growth <= MARGIN, "memory grows with what waits");
    Ok(())
}

/// So many wait on a server when the agent starts.
async fn waiting(options: &Options, events: u64) -> anyhow::Result<Seen> {
    let server = NatsServer::start()?;
    let client = Client::connect(&server.url(), "bench").await?;
    load::publish(&client, events, options.bytes, 1).await?;
    client.close().await;
    let mut agent = Agent::start(&server.url(), 0, options)?;
    let mut seen = agent.watch(events.min(ENOUGH))?;
    seen.server = Some(Usage::of(server.id().context("the server has ended")?)?);
    agent.stop()?;
    Ok(seen)
}

/// The agent publishes them itself.
fn in_process(options: &Options, events: u64) -> anyhow::Result<Seen> {
    let mut agent = Agent::start("memory:", events, options)?;
    let seen = agent.watch(events)?;
    agent.stop()?;
    Ok(seen)
}

/// The process that is measured. Dropping it kills it.
struct Agent {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Agent {
    fn start(url: &str, publish: u64, options: &Options) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["agent", url, &publish.to_string(), &options.bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().context("it has no output")?;
        Ok(Self { child, said: BufReader::new(said).lines() })
    }

    /// Looks at it each time that it says how far it is, until it has handled so many.
    fn watch(&mut self, events: u64) -> anyhow::Result<Seen> {
        let began = Instant::now();
        let mut seen = Seen { handled: 0, seconds: 0.0, series: Vec::new(), peak: 0, server: None };
        let mut last = began;
        for line in self.said.by_ref() {
            let handled: u64 = line?.parse()?;
            let usage = Usage::of(self.child.id())?;
            seen.series.push(usage.resident);
            seen.peak = usage.peak;
            if handled > seen.handled {
                last = Instant::now();
            }
            seen.handled = handled;
            seen.seconds = began.elapsed().as_secs_f64();
            if handled >= events && (events > 0 || began.elapsed() > IDLE) {
                return Ok(seen);
            }
            ensure!(last.elapsed() < STUCK, "nothing was handled for {STUCK:?}, after {handled}");
        }
        bail!("the agent ended by itself, after {} events", seen.handled)
    }

    fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the agent failed: {ended}");
        Ok(())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Six of the figures, from the first to the last.
fn some(series: &[u64]) -> Vec<u64> {
    let last = series.len().saturating_sub(1);
    (0..6).filter_map(|step| series.get(last * step / 5)).copied().collect()
}

fn megabytes(kilobytes: u64) -> String {
    format!("{:.1}", kilobytes as f64 / 1e3)
}
