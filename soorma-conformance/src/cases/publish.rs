//! C35, C36, C39, C40: what the publisher is told, and that it is so.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use soorma::{broker::PublishError, handlers, prelude::*};

use super::handlers::plain;
use crate::{
    Case, Need,
    bed::Bed,
    case::case,
    contract::{self, everything, id_of_happened, publication, settled},
    journal::Journal,
    script::{Happened, Script},
    tolerance::{LATE, PATIENCE},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C35", "publish is confirmed", confirmed),
    case!("C36", "same (source, id) published twice", twice),
    case!("C39", "delayed publish", delayed, Delay),
    case!("C40", "batch publish", batch),
];

const TYPE: &str = "conformance.happened";

async fn confirmed(bed: Bed) -> anyhow::Result<()> {
    let each = bed.size(50, 500);
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..20 {
        let client = bed.client("publisher").await?;
        tasks.spawn(async move {
            let mut confirmed = Vec::new();
            for n in 0..each {
                let number = task * each + n;
                if client.publish(Happened::number(number)).await.is_ok() {
                    confirmed.push(number);
                }
            }
            confirmed
        });
    }
    let mut confirmed = Vec::new();
    while let Some(done) = tasks.join_next().await {
        confirmed.extend(done?);
    }
    let mut stored = HashSet::new();
    for event in everything(&*bed.broker().await?, BusinessFacts, TYPE).await? {
        stored.insert(event.data_as::<Happened>()?.number);
    }
    let lost = confirmed.iter().filter(|number| !stored.contains(number)).count();
    ensure!(lost == 0, "{lost} of {} confirmed events are not there", confirmed.len());
    ensure!(confirmed.len() == (each * 20) as usize, "{} of {} were confirmed", confirmed.len(), each * 20);
    Ok(())
}

async fn twice(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let process = bed.start("reader", handlers![plain], Script::note("reader", &journal)).await?;
    let event = contract::event("one", &Happened::number(1))?;
    let first = contract::publish(process.broker(), publication(event.clone())).await??;
    ensure!(!first.duplicate, "the first one is said to be a duplicate");
    // Another process sends it again.
    let other = bed.broker().await?;
    let again = contract::publish(&*other, publication(event.clone())).await??;
    ensure!(again.duplicate, "the publisher is not told of the duplicate");
    ensure!(again.sequence == first.sequence, "the duplicate is said to be another event");
    let mut another = event.clone();
    another.source = "two".into();
    another.data = serde_json::value::to_raw_value(&Happened::number(2))?;
    let from_elsewhere = contract::publish(&*other, publication(another)).await??;
    ensure!(!from_elsewhere.duplicate, "the same id from another source is taken for a duplicate");
    process.bus().publish(Happened::number(3)).await?;
    wait::until("a later event is handled", || journal.has(3)).await?;
    settled(process.broker(), &id_of_happened("reader")).await?;
    let had = journal.numbers_of("reader");
    ensure!(had == [1, 2, 3], "delivered were {had:?}");
    Ok(())
}

async fn delayed(bed: Bed) -> anyhow::Result<()> {
    one_delayed(&bed, None).await?;
    let durable = bed.has(Need::Durable).await?;
    if durable && bed.has(Need::Server).await? {
        let (bed, server) = bed.on_server().await?;
        one_delayed(&bed, Some(&*server)).await?;
    }
    Ok(())
}

async fn one_delayed(bed: &Bed, restarted: Option<&dyn crate::Server>) -> anyhow::Result<()> {
    let delay = Duration::from_secs(if restarted.is_some() { 3 } else { 1 });
    let journal = Journal::default();
    let process = bed.start("reader", handlers![plain], Script::note("reader", &journal)).await?;
    let client = bed.broker().await?;
    let mut later = publication(contract::event("gone", &Happened::number(1))?);
    later.delay = delay;
    let start = Instant::now();
    let first = contract::publish(&*client, later.clone()).await??;
    let again = contract::publish(&*client, later).await??;
    ensure!(!first.duplicate && again.duplicate, "a delayed event is not recognised as a duplicate");
    // Its publisher need not live.
    drop(client);
    process.bus().publish(Happened::number(2)).await?;
    wait::until("an event without a delay", || journal.has(2)).await?;
    if let Some(server) = restarted {
        server.kill().await?;
        server.start().await?;
    }
    wait::until("the delayed event", || journal.has(1)).await?;
    settled(process.broker(), &id_of_happened("reader")).await?;
    let heard = journal.entries().into_iter().find(|entry| entry.number == 1).context("not heard")?;
    let after = heard.at - start;
    ensure!(after >= delay, "a delay of {delay:?} was over after {after:?}");
    ensure!(after <= delay + LATE, "a delay of {delay:?} took {after:?}");
    ensure!(journal.len() == 2, "{} runs for two events", journal.len());
    Ok(())
}

async fn batch(bed: Bed) -> anyhow::Result<()> {
    let broker = bed.broker().await?;
    // Every other one has a key of its own; the rest share one, and are stored in the order of the batch.
    let mut batch = (0..100)
        .map(|number| match number % 2 {
            0 => Happened::number(number),
            _ => Happened::keyed(number, "shared"),
        })
        .map(|payload| contract::event("batch", &payload).map(publication))
        .collect::<anyhow::Result<Vec<_>>>()?;
    // One of them is there already.
    let there = contract::publish(&*broker, batch[20].clone()).await??;
    let results = wait::ends(PATIENCE, "publishing", broker.publish(batch.clone())).await?;
    ensure!(results.len() == 100, "{} results for 100 events", results.len());
    let mut sequences = Vec::new();
    for (place, result) in results.into_iter().enumerate() {
        let published = result.with_context(|| format!("event {place}"))?;
        ensure!(
            published.duplicate == (place == 20),
            "event {place}: a duplicate is {}",
            published.duplicate
        );
        ensure!(
            place != 20 || published.sequence == there.sequence,
            "the duplicate is said to be another event"
        );
        if place % 2 == 1 {
            sequences.push(published.sequence);
        }
    }
    ensure!(sequences.is_sorted(), "those of one key are stored in another order: {sequences:?}");
    let stored = everything(&*broker, BusinessFacts, TYPE).await?.len();
    ensure!(stored == 100, "{stored} are stored, and not 100");

    let atomic = bed.has(Need::Atomic).await?;
    let Some(largest) = broker.capabilities().largest_event else { return Ok(()) };
    // One that cannot be stored.
    batch = (100..110)
        .map(|number| contract::event("batch", &Happened::number(number)).map(publication))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut large = contract::event("batch", &Happened::number(105))?;
    large.data = serde_json::value::RawValue::from_string(format!("\"{}\"", "x".repeat(largest)))?;
    batch[5] = publication(large);
    let results = wait::ends(PATIENCE, "publishing", broker.publish(batch)).await?;
    ensure!(results.len() == 10, "{} results for 10 events", results.len());
    ensure!(
        matches!(results[5], Err(PublishError::TooLarge { .. })),
        "the one that is too large gave {:?}",
        results[5]
    );
    let good = results.iter().filter(|result| result.is_ok()).count();
    let stored = everything(&*broker, BusinessFacts, TYPE).await?.len() - 100;
    let expected = if atomic { 0 } else { 9 };
    ensure!(good == expected && stored == expected, "{good} of 10 were confirmed, and {stored} are stored");
    Ok(())
}
