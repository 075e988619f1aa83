//! From one to four processes that publish and consume on one file: what an event costs all of them together. Says each round as JSON,
//! for `cargo xtask bench scaling`, which has the table.

use serde_json::json;

use crate::{
    fairness::{self, Both},
    options::Options,
};

const MOST: usize = 4;

/// At once, in each process.
const CALLERS: u64 = 16;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut rounds = Vec::new();
    // In turn, so that a change of the machine's mood meets all of them.
    for round in 0..options.rounds {
        for processes in 1..=MOST {
            let all = fairness::once(processes, CALLERS, options.seconds)?;
            let sum = |of: fn(&Both) -> u64| all.iter().map(of).sum::<u64>() as f64;
            // Each event is published once and handled once; in the window there are some more of one than of the other.
            let events = ((sum(|one| one.published) + sum(|one| one.handled)) / 2.0).max(1.0);
            rounds.push(json!({
                "processes": processes,
                "published_a_second": sum(|one| one.published) / options.seconds,
                "handled_a_second": sum(|one| one.handled) / options.seconds,
                "cpu_us": all.iter().map(|one| one.cpu).sum::<f64>() * 1e6 / events,
                "synced_commits": sum(|one| one.synced) / events,
                "other_commits": sum(|one| one.light) / events,
            }));
        }
        eprintln!("round {} of {}", round + 1, options.rounds);
    }
    println!("{}", json!(rounds));
    Ok(())
}
