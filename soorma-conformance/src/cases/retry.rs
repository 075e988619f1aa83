//! C12 to C14, C23: attempts, pauses, and who is held up by them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use soorma::handlers;

use super::handlers::{tried_again_much_later, tried_thrice, tried_twice};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{id_of_happened, publish_numbers, settled},
    journal::{Entry, Journal},
    script::{Call, Happened, Script},
    tolerance::{LATE, SOON},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C12", "error, redelivery", attempts_count),
    case!("C13", "backoff", backoff),
    case!("C14", "a failing event holds up nobody", nobody_is_held_up),
    case!("C23", "storm of failures", storm),
];

/// Fails twice, then passes.
fn third_time(journal: &Journal) -> Script {
    Script::new("tester", journal, |call: Call| async move {
        ensure!(call.attempt == 3, "attempt {} is too early", call.attempt);
        Ok(())
    })
}

async fn three_attempts(bed: &Bed) -> anyhow::Result<Vec<Entry>> {
    let journal = Journal::default();
    let process = bed.start("tester", handlers![tried_thrice], third_time(&journal)).await?;
    process.bus().publish(Happened::number(1)).await?;
    journal.reaches(3).await?;
    settled(process.broker(), &id_of_happened("tester")).await?;
    Ok(journal.entries())
}

async fn attempts_count(bed: Bed) -> anyhow::Result<()> {
    let attempts: Vec<_> = three_attempts(&bed).await?.iter().map(|entry| entry.attempt).collect();
    ensure!(attempts == [1, 2, 3], "the handler saw attempts {attempts:?}");
    Ok(())
}

async fn backoff(bed: Bed) -> anyhow::Result<()> {
    let entries = three_attempts(&bed).await?;
    for (pair, declared) in entries.windows(2).zip([300, 600].map(Duration::from_millis)) {
        let gap = pair[1].at - pair[0].at;
        ensure!(gap >= declared, "a pause of {declared:?} was over after {gap:?}");
        ensure!(gap <= declared * 6 / 5 + LATE, "a pause of {declared:?} took {gap:?}");
    }
    Ok(())
}

async fn nobody_is_held_up(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = Script::new("tester", &journal, |call: Call| async move {
        ensure!(call.number() != 0 || call.attempt > 1, "not yet");
        Ok(())
    });
    // Its backoff is two seconds.
    let process = bed.start("tester", handlers![tried_twice], script).await?;
    let published: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let bus = process.bus();
    for number in 0..200 {
        published.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        bus.publish(Happened::number(number)).await?;
    }
    journal.reaches(201).await?;
    settled(process.broker(), &id_of_happened("tester")).await?;
    let published = published.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut latencies: Vec<_> = journal
        .entries()
        .iter()
        .filter(|entry| entry.number > 0)
        .map(|entry| entry.at - published[entry.number as usize])
        .collect();
    latencies.sort_unstable();
    let p99 = latencies[latencies.len() * 99 / 100];
    ensure!(p99 < Duration::from_secs(2), "the others' p99 is {p99:?}, longer than one backoff");
    Ok(())
}

async fn storm(bed: Bed) -> anyhow::Result<()> {
    let count = bed.size(500, 2_500);
    let journal = Journal::default();
    let script = Script::new("tester", &journal, |call: Call| async move {
        ensure!(call.number() >= 1_000_000, "not this hour");
        Ok(())
    });
    let process = bed.start("tester", handlers![tried_again_much_later], script).await?;
    publish_numbers(&*bed.broker().await?, 0..count).await?;
    journal.reaches(count as usize).await?;
    // A machine that stands still for a moment is not the broker's fault, three times in a row is.
    for number in 1_000_000..1_000_003 {
        process.bus().publish(Happened::number(number)).await?;
        if wait::within(SOON, "the healthy one", || journal.has(number)).await.is_ok() {
            return Ok(());
        }
    }
    bail!("a healthy event was not handled within {SOON:?}, three times")
}
