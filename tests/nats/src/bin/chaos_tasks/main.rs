//! Durable tasks on a real server while their workers are killed; `cargo xtask chaos tasks` builds and starts this. Owns
//! the order of things: start, ask, kill, wait, count. Side effects are counted in a file, and journals by a plain client:
//! outside the framework.

mod caller;
mod effects;
mod fleet;
mod journal;
mod options;
#[path = "../chaos/random.rs"]
mod random;
mod verdict;
mod work;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use soorma_nats_tests::NatsServer;

use self::{
    caller::Caller, effects::Effects, fleet::Fleet, options::Options, random::Random, verdict::Verdict,
};

/// How often is looked.
const TICK: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|first| first == "worker").is_some() {
        work::run(args).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::read(args)?;
    let server = NatsServer::start()?;
    let mut fleet = Fleet::start(&options, &server.url())?;
    let caller = Caller::start(&server.url()).await?;
    let began = Instant::now();
    let asks = tokio::spawn(caller.ask(options.tasks));

    let mut random = Random(options.seed);
    let mut plan: Vec<u64> =
        (0..options.kills).map(|_| random.below(options.tasks as usize) as u64).collect();
    plan.sort_unstable_by(|a, b| b.cmp(a));
    let mut told = Instant::now();
    while (caller.answered() < options.tasks || !plan.is_empty()) && began.elapsed() < options.deadline {
        tokio::time::sleep(TICK).await;
        fleet.look(server.id().context("the server has ended")?);
        let answered = caller.answered();
        while plan.pop_if(|at| *at <= answered).is_some() {
            fleet.kill(random.below(fleet.size()))?;
            // The next one meets a worker that has begun to work.
            tokio::time::sleep(Duration::from_millis(random.below(600) as u64)).await;
        }
        if told.elapsed() > Duration::from_secs(5) {
            eprintln!(
                "{:>6.1} s  {answered} answers, {} kills to come",
                began.elapsed().as_secs_f64(),
                plan.len()
            );
            told = Instant::now();
        }
    }
    let took = began.elapsed();
    // What was in hand of a worker that was killed comes again when its lease ends.
    let settled =
        journal::until_settled(&server.url(), options.deadline.saturating_sub(began.elapsed())).await;
    fleet.look(server.id().context("the server has ended")?);
    let asked = asks.await??;
    let report = fleet.stop();
    let answers = caller.stop().await;
    let verdict = Verdict {
        tasks: options.tasks,
        took,
        asked,
        answers,
        effects: Effects::read(&options.effects())?,
        left: journal::left(&server.url()).await?,
        settled,
        report,
    };
    print!("{verdict}");
    let _ = std::fs::copy(server.directory().join("server.log"), options.logs.join("server.log"));
    Ok(if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
