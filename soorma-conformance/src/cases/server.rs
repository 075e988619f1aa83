//! C31 to C34, C52: a server that goes away and comes back.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use soorma::{
    broker::{Broker, PublishError},
    handlers,
    prelude::*,
};

use super::handlers::plain;
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{self, everything, id_of_happened, publication, publish_numbers, settled},
    journal::Journal,
    script::{Happened, Script},
    tolerance::{PATIENCE, SOON},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C31", "broker restarted", restarted, Server, Durable),
    case!("C32", "broker away at start-up", away_at_start, Server),
    case!("C33", "consumer deleted on the server", consumer_deleted, Server),
    case!("C34", "idle for two heartbeats", idle, Server),
    case!("C52", "connection lost after a publish was sent", connection_lost, Server),
];

/// Publishes each until the broker says that it is stored, always under the same id.
pub(super) async fn publish_stubbornly(
    broker: &dyn Broker,
    numbers: std::ops::Range<u32>,
) -> anyhow::Result<()> {
    for number in numbers {
        let publication = publication(contract::event("stubborn", &Happened::number(number))?);
        let start = Instant::now();
        loop {
            match contract::publish(broker, publication.clone()).await? {
                Ok(_) => break,
                Err(PublishError::Unavailable(error)) if start.elapsed() > PATIENCE => {
                    bail!("not published within {PATIENCE:?}: {error}")
                }
                Err(PublishError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(other) => return Err(other.into()),
            }
        }
    }
    Ok(())
}

async fn restarted(bed: Bed) -> anyhow::Result<()> {
    let (bed, server) = bed.on_server().await?;
    let count = bed.size(600, 10_000);
    let journal = Journal::default();
    let one = bed.start("reader", handlers![plain], Script::note("one", &journal)).await?;
    let _two = bed.start("reader", handlers![plain], Script::note("two", &journal)).await?;
    let publisher = bed.broker().await?;
    let publishing = tokio::spawn(async move { publish_stubbornly(&*publisher, 0..count).await });
    for at in [count / 3, count / 2] {
        journal.reaches(at as usize).await?;
        server.kill().await?;
        server.start().await?;
    }
    publishing.await??;
    journal.covers(0..count).await?;
    settled(one.broker(), &id_of_happened("reader")).await
}

async fn away_at_start(bed: Bed) -> anyhow::Result<()> {
    let (bed, server) = bed.on_server().await?;
    let journal = Journal::default();
    server.kill().await?;
    let starting = {
        let (bed, journal) = (bed.clone(), journal.clone());
        tokio::spawn(async move {
            let connection = bed.connect().await?;
            // A handle that is there already says that it is not ready.
            anyhow::Ok((connection.broker.health().await.is_err(), connection, journal))
        })
    };
    tokio::time::sleep(SOON).await;
    let was_early = starting.is_finished();
    server.start().await?;
    let (unhealthy, connection, journal) = wait::ends(PATIENCE, "connecting", starting).await???;
    ensure!(!was_early || unhealthy, "a handle said that it is ready while the server was away");
    let start = Instant::now();
    while connection.broker.health().await.is_err() {
        ensure!(start.elapsed() < PATIENCE, "not ready {PATIENCE:?} after the server");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let process = bed.start("reader", handlers![plain], Script::note("reader", &journal)).await?;
    process.bus().publish(Happened::number(1)).await?;
    journal.covers(0..0).await?;
    wait::until("an event is handled", || journal.has(1)).await
}

async fn consumer_deleted(bed: Bed) -> anyhow::Result<()> {
    let (bed, server) = bed.on_server().await?;
    let journal = Journal::default();
    let process = bed.start("reader", handlers![plain], Script::note("reader", &journal)).await?;
    let publisher = bed.broker().await?;
    publish_numbers(&*publisher, 0..10).await?;
    journal.covers(0..10).await?;
    settled(process.broker(), &id_of_happened("reader")).await?;
    server.delete_durable(bed.space(), &id_of_happened("reader")).await?;
    publish_numbers(&*publisher, 10..20).await?;
    journal.covers(0..20).await?;
    let again = journal.counts().iter().filter(|(number, count)| **number < 10 && **count > 1).count();
    ensure!(again == 0, "{again} events that were acknowledged came again");
    Ok(())
}

async fn idle(bed: Bed) -> anyhow::Result<()> {
    let (bed, server) = bed.on_server().await?;
    let journal = Journal::default();
    let process = bed.start("reader", handlers![plain], Script::note("reader", &journal)).await?;
    process.bus().publish(Happened::number(0)).await?;
    wait::until("the first event", || journal.has(0)).await?;
    // A machine that stands still for a moment is not the broker's fault, three times in a row is.
    for number in 1..=3 {
        // To be idle is what this is about.
        tokio::time::sleep(server.heartbeat() * 2).await;
        process.bus().publish(Happened::number(number)).await?;
        if wait::within(SOON, "an event after silence", || journal.has(number)).await.is_ok() {
            return Ok(());
        }
    }
    bail!("an event after silence was not handled within {SOON:?}, three times")
}

async fn connection_lost(bed: Bed) -> anyhow::Result<()> {
    let (bed, server) = bed.on_server().await?;
    let broker = bed.broker().await?;
    let publishing = {
        let broker = broker.clone();
        tokio::spawn(async move {
            let mut tasks = tokio::task::JoinSet::new();
            for task in 0..10 {
                let broker = broker.clone();
                tasks.spawn(async move { publish_stubbornly(&*broker, task * 100..(task + 1) * 100).await });
            }
            while let Some(done) = tasks.join_next().await {
                done??;
            }
            anyhow::Ok(())
        })
    };
    while !publishing.is_finished() {
        server.cut().await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    publishing.await??;
    let mut stored: HashMap<u32, usize> = HashMap::new();
    for event in everything(&*bed.broker().await?, BusinessFacts, "conformance.happened").await? {
        *stored.entry(event.data_as::<Happened>()?.number).or_default() += 1;
    }
    let twice = stored.values().filter(|count| **count > 1).count();
    ensure!(
        stored.len() == 1_000 && twice == 0,
        "{} of 1000 are stored, {twice} of them twice",
        stored.len()
    );
    Ok(())
}
