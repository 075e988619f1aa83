//! C41, C49, C57: how large, how much, how long.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use soorma::{
    broker::{Admission, Publication, PublishError, Start},
    handlers,
    prelude::*,
};

use super::{
    handlers::plain,
    support::{Gate, letters_reach},
};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{self, everything, group, id_of_happened, publication, publish_numbers, settled},
    journal::Journal,
    script::{Call, Happened, Script},
    tolerance::{LATE, PATIENCE},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C41", "largest event, and one byte more", largest_event, LargestEvent),
    case!("C49", "topic full", topic_full, Capacity),
    case!("C57", "group away for longer than the retention", away_for_too_long, Retention),
];

async fn largest_event(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = Script::new("reader", &journal, |call: Call| async move {
        ensure!(call.event.data.get().len() < 100, Reject::new("too much to read"));
        Ok(())
    });
    let process = bed.start("reader", handlers![plain], script).await?;
    let largest = process.broker().capabilities().largest_event.context("no largest event")?;
    let sized = |bytes: usize| -> anyhow::Result<Publication> {
        let mut event = contract::event("publisher", &Happened::number(1))?;
        event.data = serde_json::value::RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2)))?;
        Ok(publication(event))
    };
    let event = sized(largest)?;
    contract::publish(process.broker(), event.clone()).await?.context("the largest event")?;
    let letter = letters_reach(process.broker(), "reader", 1).await?.remove(0);
    let body = letter.body.event().context("the body is no event")?;
    ensure!(body.data.get() == event.event.data.get(), "its data changed");
    match contract::publish(process.broker(), sized(largest + 1)?).await? {
        Err(PublishError::TooLarge { bytes, limit }) => {
            ensure!(limit == largest && bytes == largest + 1, "{bytes} bytes are said to be over {limit}");
        }
        other => bail!("one byte more gave {other:?}"),
    }
    process.bus().publish(Happened::number(2)).await.context("the connection suffered")?;
    wait::until("the next event is handled", || journal.has(2)).await?;
    settled(process.broker(), &id_of_happened("reader")).await
}

async fn topic_full(bed: Bed) -> anyhow::Result<()> {
    // A topic that keeps what is settled has room again when it forgets.
    let full = bed.elsewhere(|space| {
        space.capacity = Some(20);
        space.retention = Some(PATIENCE / 2);
    });
    let journal = Journal::default();
    let gate = Gate::new();
    let held = gate.clone();
    let script = Script::new("slow", &journal, move |_| {
        let gate = held.clone();
        async move { gate.pass().await }
    });
    let process = full.start("slow", handlers![plain], script).await?;
    let publisher = full.broker().await?;
    let within = Duration::from_millis(300);
    let mut accepted = Vec::new();
    let mut refused = false;
    for number in 0..60 {
        let event = contract::event("publisher", &Happened::number(number))?;
        let asks = Publication { admission: Admission::Within(within), ..publication(event) };
        let start = Instant::now();
        match contract::publish(&*publisher, asks).await? {
            Ok(_) => accepted.push(number),
            Err(PublishError::Full { topic, .. }) => {
                ensure!(topic == BusinessFacts, "{topic} is said to be full");
                ensure!(start.elapsed() >= within, "it did not wait for room");
                ensure!(start.elapsed() <= within + LATE, "it waited for {:?}", start.elapsed());
                refused = true;
                break;
            }
            Err(other) => bail!("a full topic gave `{other}`"),
        }
    }
    ensure!(refused, "{} events went into a topic of 20", accepted.len());
    gate.open_wide();
    wait::until("what was accepted is handled", || accepted.iter().all(|number| journal.has(*number)))
        .await?;
    settled(process.broker(), &id_of_happened("slow")).await?;
    ensure!(journal.len() == accepted.len(), "{} runs for {} accepted", journal.len(), accepted.len());
    // And there is room again.
    let event = contract::event("publisher", &Happened::number(1_000))?;
    let asks = Publication { admission: Admission::Within(PATIENCE), ..publication(event) };
    wait::ends(PATIENCE, "publishing", publisher.publish(vec![asks])).await?.remove(0)?;
    wait::until("there is room again", || journal.has(1_000)).await?;
    settled(process.broker(), &id_of_happened("slow")).await?;
    Ok(())
}

async fn away_for_too_long(bed: Bed) -> anyhow::Result<()> {
    let short = bed.elsewhere(|space| space.retention = Some(Duration::from_secs(2)));
    let broker = short.broker().await?;
    let spec = group(id_of_happened("away"), Start::Now)?;
    drop(wait::ends(PATIENCE, "subscribing", broker.subscribe(&spec)).await??);
    publish_numbers(&*broker, 0..10).await?;
    let start = Instant::now();
    while !everything(&*broker, BusinessFacts, "conformance.happened").await?.is_empty() {
        ensure!(start.elapsed() < PATIENCE, "the topic does not forget");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    publish_numbers(&*broker, 10..13).await?;
    let mut back = wait::ends(PATIENCE, "subscribing", broker.subscribe(&spec)).await??;
    let mut numbers = Vec::new();
    for event in contract::draw(&mut *back, 3).await? {
        numbers.push(event.data_as::<Happened>()?.number);
    }
    ensure!(numbers == [10, 11, 12], "it went on with {numbers:?}");
    // The markers of this case's own looks may count, too: not every broker knows whose events are gone.
    ensure!(back.missed() >= 10, "it says that it missed {}, and not 10", back.missed());
    Ok(())
}
