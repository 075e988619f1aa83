//! C20 to C22, C47, C55: who has an event in hand, and what becomes of it when that process is gone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::ensure;
use soorma::{Timestamp, handlers, prelude::*};

use super::{
    handlers::{noting, plain},
    support::{Gate, NoAcks, NoExtensions, hang},
};
use crate::{
    Case, Need,
    bed::Bed,
    case::case,
    contract::{self, everything, id_of_happened, publication, settled},
    journal::Journal,
    script::{Call, Happened, Script},
    tolerance::{KEPT_LEASE, LATE, LEASE, LOOK, PATIENCE},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C20", "consumer killed before it settles", consumer_killed),
    case!("C21", "handler runs three leases long", three_leases),
    case!("C22", "handler outlives its lease", outlives_its_lease),
    case!("C47", "outputs published, then killed", outputs_then_killed),
    case!("C55", "clock of the process jumps an hour", clock_jumps),
];

async fn consumer_killed(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let lease = |app: AppBuilder| app.lease(KEPT_LEASE);
    let hangs = Script::new("killed", &journal, |_| hang());
    let killed = bed.start_with("group", handlers![plain], hangs, lease).await?;
    killed.bus().publish(Happened::number(1)).await?;
    journal.reaches(1).await?;
    let note = Script::note("other", &journal);
    let other = bed.start_with("group", handlers![plain], note, lease).await?;
    let died = Instant::now();
    killed.kill();
    wait::until("another member gets it", || !journal.of("other").is_empty()).await?;
    let entry = journal.of("other").remove(0);
    let after = entry.at - died;
    ensure!(after <= KEPT_LEASE + LATE, "another member got it {after:?} after the death");
    ensure!(entry.attempt == 1, "a death was counted as attempt {}", entry.attempt - 1);
    settled(other.broker(), &id_of_happened("group")).await?;
    let runs = journal.of("other").len();
    ensure!(runs == 1, "{runs} runs of the other member, and not one");
    Ok(())
}

async fn three_leases(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let start = |who: &str| {
        let script = Script::new(who, &journal, |_| async {
            tokio::time::sleep(KEPT_LEASE * 3).await;
            Ok(())
        });
        bed.start_with("group", handlers![plain], script, |app| app.lease(KEPT_LEASE))
    };
    let one = start("one").await?;
    let _two = start("two").await?;
    one.bus().publish(Happened::number(1)).await?;
    journal.reaches(1).await?;
    settled(one.broker(), &id_of_happened("group")).await?;
    ensure!(journal.len() == 1, "delivered {} times", journal.len());
    Ok(())
}

async fn outlives_its_lease(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = |who: &str, gate: &Arc<Gate>| {
        let gate = gate.clone();
        Script::new(who, &journal, move |_| {
            let gate = gate.clone();
            async move { gate.pass().await }
        })
    };
    let (slow_gate, other_gate) = (Gate::new(), Gate::new());
    let lease = |app: AppBuilder| app.lease(KEPT_LEASE);
    let slow =
        bed.start_bent(NoExtensions, "group", handlers![noting], script("slow", &slow_gate), lease).await?;
    slow.bus().publish(Happened::number(1)).await?;
    journal.reaches(1).await?;
    // It takes nothing more, and goes on with what it has.
    let slow = tokio::spawn(slow.stop());
    let other = bed.start_with("group", handlers![noting], script("other", &other_gate), lease).await?;
    wait::until("another one gets it", || journal.of("other").len() == 1).await?;
    slow_gate.open_wide();
    let stopped = slow.await??;
    ensure!(stopped.abandoned == 0, "the slow one did not end");
    let noted = everything(other.broker(), BusinessFacts, "conformance.noted").await?;
    ensure!(noted.is_empty(), "the slow one published after its lease");
    other_gate.open_wide();
    settled(other.broker(), &id_of_happened("group")).await?;
    let noted = everything(other.broker(), BusinessFacts, "conformance.noted").await?;
    ensure!(noted.len() == 1, "{} outputs, and not that of the holder", noted.len());
    ensure!(journal.len() == 2, "{} runs: the holder's settlement did not stand", journal.len());
    Ok(())
}

async fn outputs_then_killed(bed: Bed) -> anyhow::Result<()> {
    let inside = killed_before_ack(&bed).await?;
    ensure!(inside == 1, "stored {inside} times inside the dedup window");
    if bed.has(Need::DedupWindow).await? {
        let window = Duration::from_millis(500);
        let short = bed.elsewhere(|space| space.dedup_window = Some(window));
        let granted = short.broker().await?.capabilities().dedup_window;
        ensure!(granted == window, "a dedup window of {window:?} is said to be {granted:?}");
        // The lease is longer than the window, so the second run comes after it.
        let after = killed_before_ack(&short).await?;
        ensure!((1..=2).contains(&after), "stored {after} times after the dedup window");
    }
    Ok(())
}

/// How often the output is stored in the end.
async fn killed_before_ack(bed: &Bed) -> anyhow::Result<usize> {
    let journal = Journal::default();
    let lease = |app: AppBuilder| app.lease(KEPT_LEASE);
    let note = |who: &str| Script::note(who, &journal);
    let killed = bed.start_bent(NoAcks, "group", handlers![noting], note("killed"), lease).await?;
    killed.bus().publish(Happened::number(1)).await?;
    let reader = bed.broker().await?;
    let start = Instant::now();
    while everything(&*reader, BusinessFacts, "conformance.noted").await?.is_empty() {
        ensure!(start.elapsed() < PATIENCE, "the output was not published");
        tokio::time::sleep(LOOK).await;
    }
    killed.kill();
    let back = bed.start_with("group", handlers![noting], note("back"), lease).await?;
    wait::until("it comes back", || journal.of("back").len() == 1).await?;
    settled(back.broker(), &id_of_happened("group")).await?;
    Ok(everything(&*reader, BusinessFacts, "conformance.noted").await?.len())
}

/// What an hour does to the clock of a process it does to the time stamps of its events, and to nothing else that a
/// broker sees: leases, windows and delays are spans.
async fn clock_jumps(bed: Bed) -> anyhow::Result<()> {
    let hour = Duration::from_secs(3_600);
    let now = Timestamp::now();
    let journal = Journal::default();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let script = Script::new("tester", &journal, move |call: Call| {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
            if call.number() < 2 {
                // Long enough for the lease to be extended.
                tokio::time::sleep(LEASE / 2).await;
            }
            Ok(())
        }
    });
    let process = bed.start("tester", handlers![plain], script).await?;
    let past = now_less(hour)?;
    let mut delayed = Vec::new();
    for (number, timestamp) in (0_u32..).zip([past, now.after(hour), past, now.after(hour)]) {
        let mut event = contract::event("jumps", &Happened::number(number))?;
        event.timestamp = timestamp;
        let mut publication = publication(event);
        if number >= 2 && process.broker().capabilities().delay {
            publication.delay = Duration::from_secs(1);
            delayed.push((number, Instant::now()));
        }
        let stored = contract::publish(process.broker(), publication.clone()).await??;
        ensure!(!stored.duplicate, "an event from another hour was taken for a duplicate");
        let again = contract::publish(process.broker(), publication).await??;
        ensure!(again.duplicate, "an event from another hour was not recognised as a duplicate");
    }
    journal.covers(0..4).await?;
    settled(process.broker(), &id_of_happened("tester")).await?;
    ensure!(runs.load(Ordering::SeqCst) == 4, "{} runs for 4 events", runs.load(Ordering::SeqCst));
    for (number, published) in delayed {
        let heard = journal.entries().iter().find(|entry| entry.number == number).map(|entry| entry.at);
        let after = heard.map(|at| at - published).unwrap_or_default();
        let second = Duration::from_secs(1);
        ensure!(after >= second && after <= second + LATE, "a delay of a second took {after:?}");
    }
    Ok(())
}

fn now_less(span: Duration) -> anyhow::Result<Timestamp> {
    let then = std::time::SystemTime::now() - span;
    Ok(Timestamp::from(then))
}
