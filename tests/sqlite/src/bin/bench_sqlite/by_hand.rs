//! The same by hand with rusqlite: a loop on one connection, a write-ahead log, the same bytes, and as many events a
//! commit as soorma reached. One file a process: no turns, no news, no repetitions, no leases that end.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, TransactionBehavior};
use serde::Deserialize;

use crate::{
    child::Numbers,
    fill,
    meter::{self, Measured},
    order::Placed,
};

const SCHEMA: &str = "
    PRAGMA journal_mode = wal;
    CREATE TABLE event (sequence INTEGER PRIMARY KEY, type TEXT NOT NULL, envelope BLOB NOT NULL);
    CREATE TABLE claimed (sequence INTEGER PRIMARY KEY, until INTEGER NOT NULL);
    CREATE TABLE cursor (sequence INTEGER NOT NULL);
    INSERT INTO cursor VALUES (0);";

fn open(path: &str) -> anyhow::Result<Connection> {
    let file = Connection::open(path)?;
    file.busy_timeout(Duration::from_secs(5))?;
    file.pragma_update(None, "synchronous", "full")?;
    Ok(file)
}

/// Makes a file in which so many events wait.
pub(crate) fn make(path: &Path, waiting: u64) -> anyhow::Result<()> {
    let mut file = Connection::open(path)?;
    file.execute_batch(SCHEMA)?;
    let template = fill::Template::new()?;
    let change = file.transaction()?;
    let mut insert = change.prepare("INSERT INTO event (type, envelope) VALUES ('order.placed', ?1)")?;
    for number in 0..waiting {
        insert.execute([template.envelope(number).as_bytes()])?;
    }
    drop(insert);
    change.commit()?;
    Ok(())
}

/// `SECONDS TOGETHER`: so many events a commit.
pub(crate) fn publish(path: &str, numbers: &Numbers) -> anyhow::Result<Measured> {
    let (seconds, together) = (numbers.get(0)?, numbers.get(1)?.round().max(1.0) as u64);
    let mut file = open(path)?;
    let template = fill::Template::new()?;
    let window = std::thread::spawn(move || meter::window(seconds, u64::MAX));
    let mut number = 0;
    while !window.is_finished() {
        let begin = meter::now();
        let change = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for _ in 0..together {
            number += 1;
            let envelope = template.with(number, &Placed::new(number))?;
            change
                .prepare_cached("INSERT INTO event (type, envelope) VALUES (?1, ?2)")?
                .execute(("order.placed", envelope.as_bytes()))?;
        }
        change.commit()?;
        let took = meter::now() - begin;
        (0..together).for_each(|_| meter::took(took));
    }
    window.join().map_err(|_| anyhow::anyhow!("the window panicked"))
}

/// What is read of an event.
#[derive(Deserialize)]
struct Received {
    data: Placed,
}

/// `SECONDS EVENTS TOGETHER`: so many events are claimed in a commit, and settled in another.
pub(crate) fn consume(path: &str, numbers: &Numbers) -> anyhow::Result<Measured> {
    let (seconds, events) = (numbers.get(0)?, numbers.get(1)? as u64);
    let together = numbers.get(2)?.round().max(1.0) as usize;
    let mut file = open(path)?;
    let window = std::thread::spawn(move || meter::window(seconds, events));
    while !window.is_finished() {
        // A power cut takes the claim, and whoever has it.
        file.pragma_update(None, "synchronous", "normal")?;
        let claimed = claim_some(&mut file, together)?;
        if claimed.is_empty() {
            break;
        }
        for (_, envelope) in &claimed {
            let received: Received = serde_json::from_slice(envelope)?;
            anyhow::ensure!(received.data.customer == "customer-4711", "not the order that was sent");
        }
        file.pragma_update(None, "synchronous", "full")?;
        settle(&mut file, &claimed)?;
    }
    window.join().map_err(|_| anyhow::anyhow!("the window panicked"))
}

fn claim_some(file: &mut Connection, many: usize) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    let change = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let cursor: i64 =
        change.prepare_cached("SELECT sequence FROM cursor")?.query_row([], |row| row.get(0))?;
    let claimed: Vec<(i64, Vec<u8>)> = change
        .prepare_cached(
            "SELECT sequence, envelope FROM event WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
        )?
        .query_map((cursor, many as i64), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let until = (meter::now() / 1_000_000) as i64 + 30_000;
    for (sequence, _) in &claimed {
        change
            .prepare_cached("INSERT INTO claimed (sequence, until) VALUES (?1, ?2)")?
            .execute((sequence, until))?;
    }
    if let Some((last, _)) = claimed.last() {
        change.prepare_cached("UPDATE cursor SET sequence = ?1")?.execute([last])?;
    }
    change.commit()?;
    Ok(claimed)
}

fn settle(file: &mut Connection, claimed: &[(i64, Vec<u8>)]) -> rusqlite::Result<()> {
    let change = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (sequence, _) in claimed {
        change.prepare_cached("DELETE FROM claimed WHERE sequence = ?1")?.execute([sequence])?;
    }
    change.commit()?;
    claimed.iter().for_each(|_| meter::took(0));
    Ok(())
}
