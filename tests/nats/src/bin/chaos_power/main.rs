//! Power cuts under load; `cargo xtask chaos power` builds and starts this. Owns the order of things: start, cut, put back
//! what the disk had, start again, count. What is counted is what the programs wrote down outside of that disk.

mod broker;
mod disk;
mod fleet;
mod ledger;
mod notes;
mod options;
mod probe;
#[path = "../chaos/random.rs"]
mod random;
mod shell;
mod verdict;
mod work;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use self::{
    broker::Broker, disk::Disk, fleet::Fleet, ledger::Ledger, options::Options, random::Random,
    verdict::Verdict,
};

/// How often is looked.
const TICK: Duration = Duration::from_millis(50);

/// How long the agents have after a cut to handle an event that is published after it.
const RESUMED: Duration = Duration::from_secs(60);

/// After so long without news nothing comes any more: what was in hand at a cut comes when its lease is over.
const QUIET: Duration = Duration::from_secs(4 * work::LEASE.as_secs());

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|first| first == "program").is_some() {
        work::run(args).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::read(args)?;
    let disk = Disk::make(&options.logs, options.flushed_only)?;
    probe::run(&disk)?;
    let mut broker = Broker::start(options.broker, &disk.path())?;
    let mut verdict = Verdict::of(&options);
    let run = cuts(&options, &disk, &mut broker, &mut verdict);
    broker.keep_log(&options.logs);
    // What was counted is of use whatever became of the run.
    print!("{verdict}");
    run?;
    Ok(if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Cuts so often, each time in the state that the last one left, and then lets the agents finish.
fn cuts(options: &Options, disk: &Disk, broker: &mut Broker, verdict: &mut Verdict) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut random = Random(options.seed);
    for round in 0..options.cuts {
        let mut fleet = Fleet::start(options, broker.url(), round, &mut verdict.ledger)?;
        resume(&mut fleet, &mut verdict.ledger)?;
        verdict.resumed += usize::from(round > 0);
        let (since, before) = (Instant::now(), verdict.ledger.confirmed());
        let load = Duration::from_millis(300 + random.below(2_700) as u64);
        wait(&mut fleet, &mut verdict.ledger, load, |_| false)?;
        verdict.loaded += since.elapsed();
        verdict.confirmed_under_load += verdict.ledger.confirmed() - before;

        cut(disk, broker, fleet, &mut verdict.ledger)?;
        verdict.cuts += 1;
        broker.run(&options.logs)?;
        verdict.started += 1;
        eprintln!(
            "{:>6.1} s  cut {} of {}, {} confirmed so far",
            began.elapsed().as_secs_f64(),
            verdict.cuts,
            options.cuts,
            verdict.ledger.confirmed()
        );
        ensure!(began.elapsed() < options.deadline, "the deadline is over after {} cuts", verdict.cuts);
    }

    let mut fleet = Fleet::start(options, broker.url(), options.cuts, &mut verdict.ledger)?;
    resume(&mut fleet, &mut verdict.ledger)?;
    verdict.resumed += usize::from(options.cuts > 0);
    fleet.stop_publishers()?;
    let mut news = (Instant::now(), 0);
    let left = options.deadline.saturating_sub(began.elapsed());
    let drained = wait(&mut fleet, &mut verdict.ledger, left, |ledger| {
        if ledger.lines() != news.1 {
            news = (Instant::now(), ledger.lines());
        }
        news.0.elapsed() > QUIET
    })?;
    fleet.stop()?;
    ensure!(drained, "the agents had not finished when the deadline was over");
    Ok(())
}

/// Waits until every agent has handled what was published since it was started.
fn resume(fleet: &mut Fleet, ledger: &mut Ledger) -> anyhow::Result<()> {
    let round = ledger.round();
    let resumed = wait(fleet, ledger, RESUMED, Ledger::is_resumed)?;
    let missing = ledger.not_resumed();
    ensure!(resumed, "{RESUMED:?} after cut {round} nothing new was handled: {missing}");
    Ok(())
}

/// Reads what the programs write down, until `done` or so long; whether it was done.
fn wait(
    fleet: &mut Fleet,
    ledger: &mut Ledger,
    limit: Duration,
    mut done: impl FnMut(&Ledger) -> bool,
) -> anyhow::Result<bool> {
    let began = Instant::now();
    loop {
        ledger.read()?;
        fleet.look()?;
        if done(ledger) {
            return Ok(true);
        }
        let left = limit.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        std::thread::sleep(TICK.min(left));
    }
}

/// The cut: what the disk has at one moment, in the middle of whatever is written, is all that is left.
fn cut(disk: &Disk, broker: &mut Broker, fleet: Fleet, ledger: &mut Ledger) -> anyhow::Result<()> {
    // What is noted by now was confirmed before the cut. What is noted from here on may have come after it.
    ledger.read()?;
    disk.freeze()?;
    let server = broker.id();
    let copied = fleet
        .signal("STOP", server)
        .and_then(|()| disk.copy())
        // Who waits for the disk ends as soon as it goes on.
        .and_then(|()| fleet.signal("KILL", server));
    disk.thaw()?;
    copied.context("the cut failed")?;
    broker.kill();
    fleet.kill()?;
    ledger.read_after_cut()?;
    disk.put_back()
}
