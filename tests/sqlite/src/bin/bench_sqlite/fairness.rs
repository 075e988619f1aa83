//! Four processes that publish and consume on one file: what the slowest gets, and how long a commit takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use soorma::Bus;
use soorma_sqlite_tests::Place;
use tokio::time::{sleep, timeout_at};

use crate::{
    app,
    child::{self, Numbers},
    commits,
    meter::{self, DONE},
    options::Options,
    order::Placed,
    table::{round, spread},
};

const PROCESSES: usize = 4;
const SECONDS: f64 = 10.0;

/// Until all are there, in nanoseconds.
const GATHERING: u64 = 3_000_000_000;

/// What a process says.
#[derive(Serialize, Deserialize)]
pub(crate) struct Both {
    pub(crate) published: u64,
    pub(crate) handled: u64,
    /// Seconds of CPU.
    pub(crate) cpu: f64,
    /// Synced commits, and the others.
    pub(crate) synced: u64,
    pub(crate) light: u64,
    /// How long publishing took, in milliseconds: median, p99 and longest.
    took: [f64; 3],
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    println!(
        "\n| {PROCESSES} processes, {SECONDS} s | published/s, all | handled/s, all | published: slowest by fastest \
         | handled | publish: median, ms | p99 | longest |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for callers in [1, 16] {
        let rounds: Vec<_> = (0..options.rounds.min(3))
            .map(|_| once(PROCESSES, callers, SECONDS))
            .collect::<anyhow::Result<_>>()?;
        let all = |of: fn(&Both) -> u64| {
            rounds.iter().map(move |round| round.iter().map(of).sum::<u64>() as f64 / SECONDS)
        };
        let fair = |of: fn(&Both) -> u64| rounds.iter().map(move |round| ratio(round.iter().map(of)));
        // The worst process of each round.
        let took = |place: usize| {
            rounds.iter().map(move |round| round.iter().map(|one| one.took[place]).fold(0.0, f64::max))
        };
        println!(
            "| {callers} callers each | {} | {} | {} | {} | {} | {} | {} |",
            spread(all(|one| one.published)),
            spread(all(|one| one.handled)),
            spread(fair(|one| one.published)),
            spread(fair(|one| one.handled)),
            spread(took(0)),
            spread(took(1)),
            round(took(2).fold(0.0, f64::max)),
        );
    }
    println!(
        "\nof how long publishing took: the worst process of each round; median of the rounds, least and most"
    );
    Ok(())
}

fn ratio(counts: impl Iterator<Item = u64>) -> f64 {
    let counts: Vec<u64> = counts.collect();
    let ends = counts.iter().min().zip(counts.iter().max());
    ends.map_or(f64::NAN, |(slowest, fastest)| *slowest as f64 / *fastest as f64)
}

/// So many processes that publish and consume side by side for so long, with so many callers each.
pub(crate) fn once(processes: usize, callers: u64, seconds: f64) -> anyhow::Result<Vec<Both>> {
    let place = Place::new("bench-fair")?;
    let _ready: f64 = child::measure("prepare", &place.file(), &[])?;
    let begin = ((meter::now() + GATHERING) / 1_000_000) as f64;
    let started: Vec<_> = (0..processes)
        .map(|_| child::start("both", &place.file(), "", &[callers as f64, begin, seconds]))
        .collect::<anyhow::Result<_>>()?;
    started.into_iter().map(child::said).collect()
}

/// `CALLERS BEGIN SECONDS`; it begins then, in milliseconds since 1970.
pub(crate) async fn both(url: &str, numbers: &Numbers) -> anyhow::Result<Both> {
    let (callers, begin) = (numbers.get(0)? as u64, numbers.get(1)? as u64);
    let app = app::start(url, 16).await?;
    sleep(Duration::from_millis(begin.saturating_sub(meter::now() / 1_000_000))).await;
    let (before, cpu, [synced, _, light]) = (DONE.load(Ordering::Relaxed), meter::cpu(), commits::counted());
    let published = Arc::new(AtomicU64::new(0));
    let end = tokio::time::Instant::now() + Duration::from_secs_f64(numbers.get(2)?);
    let publishing: Vec<_> = (0..callers)
        .map(|_| {
            let (bus, published) = (app.bus(), published.clone());
            tokio::spawn(async move { publish_until(&bus, &published, end).await })
        })
        .collect();
    let mut times = Vec::new();
    for publisher in publishing {
        times.extend(publisher.await??);
    }
    let handled = DONE.load(Ordering::Relaxed) - before;
    let (cpu, [all_synced, _, all_light]) = (meter::cpu() - cpu, commits::counted());
    app.shutdown().await;
    Ok(Both {
        published: published.load(Ordering::Relaxed),
        handled,
        cpu,
        synced: all_synced - synced,
        light: all_light - light,
        took: meter::places(&mut times),
    })
}

async fn publish_until(
    bus: &Bus,
    published: &AtomicU64,
    end: tokio::time::Instant,
) -> anyhow::Result<Vec<u64>> {
    let mut times = Vec::new();
    loop {
        let begin = Instant::now();
        let done = timeout_at(end, bus.publish(Placed::new(times.len() as u64))).await;
        times.push(u64::try_from(begin.elapsed().as_nanos())?);
        let Ok(done) = done else { return Ok(times) };
        done?;
        published.fetch_add(1, Ordering::Relaxed);
    }
}
