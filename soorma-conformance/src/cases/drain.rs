//! C28 to C30, C54: the end of a process that is given time.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use soorma::{
    AskError, BusError,
    broker::{BrokerError, Drifted, PublishError, Start, SubscriptionSpec},
    handlers,
};

use super::{
    handlers::{plain, tried_once},
    support::{Gate, hang, letters},
};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{self, backlog, group, id_of_happened, publication, publish_numbers, settled},
    journal::Journal,
    script::{Call, Double, Happened, Script},
    tolerance::{LATE, PATIENCE, SHORT_LEASE, SOON},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C28", "drain, also on the last attempt", drain),
    case!("C29", "acknowledged or published right before shutdown", right_before_shutdown),
    case!("C30", "handles used after shutdown", after_shutdown),
    case!("C54", "grace period over", grace_over),
];

async fn drain(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let broker = bed.broker().await?;
    // What comes within our patience does not come because a lease has ended.
    let spec = SubscriptionSpec { lease: PATIENCE * 2, ..group(id_of_happened("drained"), Start::Now)? };
    broker.provision(std::slice::from_ref(&spec), Drifted::Keep).await?;
    publish_numbers(&*broker, 0..24).await?;
    // Three times, so that some are handed back three times: whoever counts that gives them up.
    for round in 1..=3 {
        let gate = Gate::new();
        let script = {
            let gate = gate.clone();
            Script::new("drained", &journal, move |_: Call| {
                let gate = gate.clone();
                async move { gate.pass().await }
            })
        };
        let process =
            bed.start_with("drained", handlers![tried_once], script, |app| app.lease(spec.lease)).await?;
        wait::until("four run", || gate.inside() == 4).await?;
        let stopping = tokio::spawn(process.stop());
        // What had not started is there for others at once, while four still run. They hand it back as well.
        let mut member = broker.subscribe(&spec).await?;
        let mut drawn = Vec::new();
        let left = 24 - 4 * round;
        while drawn.len() < left {
            let what = format!("{} of {left} events that were to go back at once", drawn.len());
            drawn.extend(wait::ends(PATIENCE, &what, member.next(left - drawn.len())).await??);
        }
        for delivery in drawn {
            delivery.receipt.hand_back(Duration::ZERO).await?;
        }
        drop(member);
        ensure!(!stopping.is_finished(), "what runs was not waited for");
        gate.open_wide();
        let stopped = stopping.await??;
        ensure!(stopped.abandoned == 0, "{} were abandoned", stopped.abandoned);
        ensure!(gate.most() == 4, "{} ran at once, and not 4", gate.most());
        ensure!(journal.len() == 4 * round, "{} runs after {round} drains of 4", journal.len());
    }
    // As often as many restarts would: an event that was never begun has killed nobody.
    for round in 1..=25 {
        let mut member = broker.subscribe(&spec).await?;
        let mut returned = 0;
        while returned < 12 {
            let what = format!("{returned} of 12 events in hand, round {round}");
            for delivery in wait::ends(PATIENCE, &what, member.next(12 - returned)).await?? {
                delivery.receipt.hand_back(Duration::ZERO).await?;
                returned += 1;
            }
        }
    }
    let note = Script::note("rest", &journal);
    let rest = bed.start_with("drained", handlers![tried_once], note, |app| app.lease(spec.lease)).await?;
    journal.covers(0..24).await?;
    settled(rest.broker(), &id_of_happened("drained")).await?;
    ensure!(journal.len() == 24, "{} runs for 24 events", journal.len());
    let counted = journal.entries().iter().filter(|entry| entry.attempt > 1).count();
    ensure!(counted == 0, "{counted} hand-backs were counted as attempts");
    let letters = letters(&*broker, "drained").await?;
    ensure!(letters.is_empty(), "{} dead letters", letters.len());
    Ok(())
}

async fn right_before_shutdown(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let process = bed
        .start_with("ends", handlers![plain], Script::note("first", &journal), |app| app.lease(SHORT_LEASE))
        .await?;
    for number in 0..50 {
        process.bus().publish(Happened::number(number)).await?;
    }
    journal.covers(0..50).await?;
    // The last thing that it does.
    process.bus().publish(Happened::number(50)).await?;
    process.stop().await?;
    let broker = bed.broker().await?;
    let left = backlog(&*broker, &id_of_happened("ends")).await?;
    // The last one may have been on its way to the first process, and count as in flight until the next one has it.
    ensure!(left.total() <= 1, "acknowledgements were lost: {left:?}");
    let note = Script::note("second", &journal);
    let next = bed.start("ends", handlers![plain], note).await?;
    journal.covers(0..51).await?;
    settled(next.broker(), &id_of_happened("ends")).await?;
    let twice = journal.counts().values().filter(|count| **count > 1).count();
    ensure!(twice == 0, "{twice} acknowledged events came again");
    Ok(())
}

async fn after_shutdown(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let process = bed.start("ends", handlers![plain], Script::note("ends", &journal)).await?;
    let bus = process.bus();
    process.stop().await?;
    match wait::ends(SOON, "publishing after the end", bus.publish(Happened::number(1))).await? {
        Err(BusError::Publish { source: PublishError::Closed, .. }) => {}
        other => bail!("publishing after the end gave {other:?}"),
    }
    let asked = wait::ends(SOON, "asking after the end", bus.ask(Double { number: 1 }).into_future()).await?;
    match asked {
        Err(AskError::Closed { .. } | AskError::Bus(_) | AskError::Inbox(_)) => {}
        other => bail!("asking after the end gave {other:?}"),
    }

    // In a space of its own, for it may be that all connections of one space are one broker.
    let other = bed.elsewhere(|_| ());
    let broker = other.broker().await?;
    let spec = group(id_of_happened("closed"), Start::Now)?;
    let mut member = broker.subscribe(&spec).await.context("subscribing")?;
    let waiting = tokio::spawn(async move { member.next(1).await.map(|drawn| drawn.len()) });
    tokio::task::yield_now().await;
    wait::ends(PATIENCE, "closing", broker.close()).await?;
    let event = publication(contract::event("publisher", &Happened::number(1))?);
    match wait::ends(SOON, "publish", broker.publish(vec![event])).await?.pop() {
        Some(Err(PublishError::Closed)) => {}
        other => bail!("`publish` on a closed handle gave {other:?}"),
    }
    let specs = [spec];
    let id = &specs[0].id;
    closed("next", async { waiting.await.unwrap_or(Err(BrokerError::Closed)) }).await?;
    closed("subscribe", broker.subscribe(&specs[0])).await?;
    closed("provision", broker.provision(&specs, Drifted::Keep)).await?;
    closed("durables", broker.durables()).await?;
    closed("remove", broker.remove(id)).await?;
    closed("backlog", broker.backlog(std::slice::from_ref(id))).await?;
    closed("health", broker.health()).await?;
    closed("dead letters", broker.dead_letters().list(1)).await?;
    closed("replay", broker.dead_letters().replay("none")).await?;
    Ok(())
}

async fn closed<T>(what: &str, call: impl Future<Output = Result<T, BrokerError>>) -> anyhow::Result<()> {
    match wait::ends(SOON, what, call).await? {
        Err(BrokerError::Closed) => Ok(()),
        Err(other) => bail!("`{what}` on a closed handle gave `{other}`, and not that it is closed"),
        Ok(_) => bail!("`{what}` on a closed handle gave no error"),
    }
}

async fn grace_over(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let hangs = Script::new("slow", &journal, |_| hang());
    let slow = bed
        .start_with("group", handlers![plain], hangs, |app| {
            app.lease(SHORT_LEASE).grace(Duration::from_millis(300))
        })
        .await?;
    slow.bus().publish(Happened::number(1)).await?;
    journal.reaches(1).await?;
    // The exit code of a generated main is made of this.
    let stopped = slow.stop().await?;
    ensure!(stopped.abandoned == 1, "{} were abandoned, and not one", stopped.abandoned);
    // With the same lease: a broker may keep one for the whole group, the longest.
    let note = Script::note("other", &journal);
    let other = bed.start_with("group", handlers![plain], note, |app| app.lease(SHORT_LEASE)).await?;
    let started = Instant::now();
    journal.reaches(2).await?;
    ensure!(started.elapsed() <= SHORT_LEASE + LATE, "it came back after {:?}", started.elapsed());
    let attempts: Vec<_> = journal.of("other").iter().map(|entry| entry.attempt).collect();
    ensure!(attempts == [1], "an abandoned run was counted: {attempts:?}");
    settled(other.broker(), &id_of_happened("group")).await
}
