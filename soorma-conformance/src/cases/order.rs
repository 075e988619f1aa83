//! C10, C11: order by key, across processes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use soorma::{
    broker::{Order, lane_of},
    handlers,
};
use tokio::sync::Barrier;

use super::{
    handlers::ordered,
    support::{Gate, keys_in_lanes},
};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{id_of_happened, publish_all, settled},
    journal::Journal,
    script::{Call, Happened, Script},
    tolerance::SHORT_LEASE,
    wait,
};

pub(super) const CASES: &[Case] =
    &[case!("C10", "order by key", order_by_key), case!("C11", "one at a time by key", one_at_a_time)];

async fn order_by_key(bed: Bed) -> anyhow::Result<()> {
    stored_order(&bed).await?;
    in_lanes(&bed).await
}

/// Two processes, one killed in the middle, one event failing twice.
async fn stored_order(bed: &Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = |who: &str| {
        Script::new(who, &journal, |call: Call| async move {
            tokio::time::sleep(Duration::from_millis(u64::from(call.number() % 5))).await;
            ensure!(call.number() != 31 || call.attempt > 2, "not yet");
            Ok(())
        })
    };
    let start =
        |who: &str| bed.start_with("orderly", handlers![ordered], script(who), |app| app.lease(SHORT_LEASE));
    let killed = start("killed").await?;
    let stays = start("stays").await?;
    let things = (0..120).map(|number| Happened::keyed(number, format!("key-{}", number % 5)));
    publish_all(&*bed.broker().await?, things).await?;
    journal.reaches(30).await?;
    killed.kill();
    journal.covers(0..120).await?;
    settled(stays.broker(), &id_of_happened("orderly")).await?;
    for key in (0..5).map(|key| format!("key-{key}")) {
        let numbers: Vec<_> =
            journal.entries().iter().filter(|entry| entry.key == key).map(|entry| entry.number).collect();
        ensure!(numbers.is_sorted(), "{key} was handled in the order {numbers:?}");
    }
    let attempts: Vec<_> = journal.entries().into_iter().filter(|entry| entry.number == 31).collect();
    ensure!(attempts.last().is_some_and(|last| last.attempt == 3), "31 fails twice: {attempts:?}");
    Ok(())
}

/// Keys in four lanes are handled four at a time: each event waits until one of each other key is there, too. So they
/// take a quarter of the serial time, on whatever machine.
async fn in_lanes(bed: &Bed) -> anyhow::Result<()> {
    const EACH: u32 = 6;
    let journal = Journal::default();
    let (together, passed) = (Arc::new(Barrier::new(4)), Arc::new(AtomicU32::new(0)));
    let script = |who: &str| {
        let (together, passed) = (together.clone(), passed.clone());
        Script::new(who, &journal, move |_| {
            let (together, passed) = (together.clone(), passed.clone());
            async move {
                together.wait().await;
                passed.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        })
    };
    let one = bed.start("lanes", handlers![ordered], script("one")).await?;
    let _two = bed.start("lanes", handlers![ordered], script("two")).await?;
    let keys = keys_in_lanes(4);
    let of_round =
        |n: u32| (0_u32..).zip(keys.clone()).map(move |(place, key)| Happened::keyed(n * 4 + place, key));
    let things: Vec<_> = (0..EACH).flat_map(of_round).collect();
    publish_all(&*bed.broker().await?, things).await?;
    wait::until("keys in four lanes run at once", || passed.load(Ordering::SeqCst) == EACH * 4).await?;
    settled(one.broker(), &id_of_happened("lanes")).await?;
    ensure!(journal.len() == (EACH * 4) as usize, "{} runs for {} events", journal.len(), EACH * 4);
    Ok(())
}

async fn one_at_a_time(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let gate = Gate::new();
    let running: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
    let overlap = Arc::new(Mutex::new(None));
    let publisher = bed.broker().await?;
    let mut keys = keys_in_lanes(2);
    if publisher.capabilities().order == Order::Key {
        // Then one of the same lane waits for nobody either.
        let same = |key: &String| lane_of(key) == lane_of(&keys[0]);
        keys[1] = (0..).map(|n| format!("other-{n}")).find(same).context("16 lanes")?;
    }
    let script = |who: &str| {
        let (gate, running, overlap) = (gate.clone(), running.clone(), overlap.clone());
        Script::new(who, &journal, move |call: Call| {
            let (gate, running, overlap) = (gate.clone(), running.clone(), overlap.clone());
            async move {
                let key = call.event.partition_key.clone().unwrap_or_default();
                let change = |by: i64| {
                    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                    let count = running.entry(key.clone()).or_default();
                    *count = count.saturating_add_signed(i32::try_from(by).unwrap_or(0));
                    *count
                };
                if change(1) > 1 {
                    *overlap.lock().unwrap_or_else(PoisonError::into_inner) = Some(call.number());
                }
                if call.number() == 0 {
                    gate.pass().await?;
                } else {
                    tokio::task::yield_now().await;
                }
                change(-1);
                Ok(())
            }
        })
    };
    let one = bed.start("single", handlers![ordered], script("one")).await?;
    let _two = bed.start("single", handlers![ordered], script("two")).await?;
    publish_all(&*publisher, [Happened::keyed(0, &*keys[0])]).await?;
    wait::until("the first event of the key is in hand", || gate.inside() == 1).await?;
    for number in 1..30 {
        publish_all(&*publisher, [Happened::keyed(number, &*keys[0])]).await?;
    }
    // These come later and wait for nobody: when they are done, the others have had their chance.
    for number in 100..130 {
        publish_all(&*publisher, [Happened::keyed(number, &*keys[1])]).await?;
    }
    wait::until("another key goes on", || (100..130).all(|number| journal.has(number))).await?;
    ensure!(!(1..30).any(|number| journal.has(number)), "the next event of a key did not wait for the first");
    gate.open_wide();
    wait::until("the key goes on", || (1..30).all(|number| journal.has(number))).await?;
    settled(one.broker(), &id_of_happened("single")).await?;
    let overlap = *overlap.lock().unwrap_or_else(PoisonError::into_inner);
    ensure!(overlap.is_none(), "event {overlap:?} ran beside another one of its key");
    let numbers: Vec<_> = journal.entries().iter().map(|entry| entry.number).filter(|n| *n < 100).collect();
    ensure!(numbers.is_sorted(), "handled in the order {numbers:?}");
    Ok(())
}
