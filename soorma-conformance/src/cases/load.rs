//! C24, C25, C45: how much is in hand at once.

use std::time::Instant;

use anyhow::ensure;
use soorma::handlers;

use super::{
    handlers::{noted, plain, tried_once},
    support::{Gate, letters},
};
use crate::{
    Case, Need,
    bed::Bed,
    case::case,
    contract::{backlog, id, id_of_happened, publish_all, publish_numbers, settled},
    journal::Journal,
    script::{Call, Happened, Noted, Script},
    tolerance::PATIENCE,
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C24", "concurrency limit n, per instance", concurrency),
    case!("C25", "slow handler, many waiting", slow_handler),
    case!("C45", "a cycle of two agents with short queues", cycle),
];

fn gated(who: &str, journal: &Journal, gate: &std::sync::Arc<Gate>) -> Script {
    let gate = gate.clone();
    Script::new(who, journal, move |_| {
        let gate = gate.clone();
        async move { gate.pass().await }
    })
}

async fn concurrency(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let (first, second) = (Gate::new(), Gate::new());
    let one = bed.start("group", handlers![tried_once], gated("one", &journal, &first)).await?;
    publish_numbers(&*bed.broker().await?, 0..60).await?;
    wait::until("n are in flight", || first.inside() == 4).await?;
    let _two = bed.start("group", handlers![tried_once], gated("two", &journal, &second)).await?;
    wait::until("n are in flight in each", || second.inside() == 4 && first.inside() == 4).await?;
    first.open_wide();
    second.open_wide();
    journal.covers(0..60).await?;
    settled(one.broker(), &id_of_happened("group")).await?;
    ensure!(first.most() == 4, "{} in flight at once in the first, and not 4", first.most());
    ensure!(second.most() == 4, "{} in flight at once in the second, and not 4", second.most());
    Ok(())
}

async fn slow_handler(bed: Bed) -> anyhow::Result<()> {
    let count = bed.size(2_000, 10_000);
    let journal = Journal::default();
    let gate = Gate::new();
    let process = bed.start("slow", handlers![tried_once], gated("slow", &journal, &gate)).await?;
    publish_numbers(&*bed.broker().await?, 0..count).await?;
    let start = Instant::now();
    let (mut most, mut opened) = (0, 0);
    // What the client holds is what is in flight: twice its concurrency of 4, and the rest waits at the broker.
    for open in [0, 1, 10, 100] {
        opened += open;
        gate.open(open);
        wait::until("some are handled", || journal.len() == 4 + opened && gate.inside() == 4).await?;
        most = most.max(backlog(process.broker(), &id_of_happened("slow")).await?.in_flight);
    }
    ensure!(most <= 8, "the client holds {most} events, and not 8 at the most");
    ensure!(start.elapsed() < PATIENCE, "it took {:?}", start.elapsed());
    gate.open_wide();
    journal.covers(0..count).await?;
    settled(process.broker(), &id_of_happened("slow")).await?;
    ensure!(journal.len() == count as usize, "{} runs for {count} events", journal.len());
    Ok(())
}

async fn cycle(bed: Bed) -> anyhow::Result<()> {
    let (balls, hops) = (bed.size(50, 100), bed.size(40, 100));
    let bed = match bed.has(Need::Capacity).await? && bed.has(Need::Overflow).await? {
        true => bed.elsewhere(|space| space.capacity = Some(16)),
        false => bed,
    };
    let journal = Journal::default();
    let ping = Script::new("ping", &journal, |call: Call| async move {
        if let Some(left) = call.number().checked_sub(1) {
            call.bus.publish(Noted { number: left, note: "ping".into() }).await?;
        }
        Ok(())
    });
    let pong = Script::new("pong", &journal, |call: Call| async move {
        if let Some(left) = call.number().checked_sub(1) {
            call.bus.publish(Happened::number(left)).await?;
        }
        Ok(())
    });
    let ping = bed.start("ping", handlers![plain], ping).await?;
    let pong = bed.start("pong", handlers![noted], pong).await?;
    // More than both queues hold, so that it stands still where a handler has to wait for room.
    let first = (0..balls).map(|_| Happened::number(hops - 1));
    publish_all(&*bed.broker().await?, first).await?;
    journal.reaches((balls * hops) as usize).await?;
    settled(ping.broker(), &id_of_happened("ping")).await?;
    settled(pong.broker(), &id("pong", soorma::EventTopic::BusinessFacts, "conformance.noted")).await?;
    ensure!(journal.len() == (balls * hops) as usize, "{} of {} hops", journal.len(), balls * hops);
    let letters = letters(ping.broker(), "ping").await?.len() + letters(ping.broker(), "pong").await?.len();
    ensure!(letters == 0, "{letters} dead letters");
    Ok(())
}
