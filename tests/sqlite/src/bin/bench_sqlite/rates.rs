//! Publishing, and consuming with acknowledgement, beside the loop by hand: interleaved, the ratio of each round.

use std::path::Path;

use anyhow::Context;
use rusqlite::Connection;
use soorma_sqlite_tests::Place;

use crate::{
    by_hand, child, fill,
    meter::Measured,
    options::Options,
    table::{median, round, spread},
};

const AT_ONCE: [usize; 3] = [1, 16, 256];

/// So many wait for those who consume, for each second.
const A_SECOND: f64 = 20_000.0;

/// Of one round.
type Pair = (Measured, Measured);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut publishing = AT_ONCE.map(|_| Vec::new());
    let mut consuming = AT_ONCE.map(|_| Vec::new());
    for number in 0..options.rounds {
        for (place, at_once) in AT_ONCE.into_iter().enumerate() {
            publishing[place].push(publish(at_once, options.seconds)?);
            consuming[place].push(consume(at_once, options.seconds)?);
        }
        eprintln!("round {} of {}", number + 1, options.rounds);
    }
    println!(
        "\n| | events/s by hand | soorma | ratio of each round | CPU an event by hand, us | soorma, us \
         | of it writing | events a synced commit | an unsynced one |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (what, all) in [("publish, callers", publishing), ("consume, handlers at once", consuming)] {
        for (at_once, pairs) in AT_ONCE.into_iter().zip(all) {
            row(&format!("{what}: {at_once}"), &pairs, what.starts_with("consume"));
        }
    }
    Ok(())
}

/// Those who publish make no commit that is not synced.
fn row(what: &str, pairs: &[Pair], draws: bool) {
    let soorma = |of: fn(&Measured) -> f64| median(pairs.iter().map(|(soorma, _)| of(soorma)));
    let hand = |of: fn(&Measured) -> f64| median(pairs.iter().map(|(_, hand)| of(hand)));
    println!(
        "| {what} | {} | {} | {} | {} | {} | {} | {} | {} |",
        round(hand(|m| m.rate)),
        round(soorma(|m| m.rate)),
        spread(pairs.iter().map(|(soorma, hand)| soorma.rate / hand.rate)),
        round(hand(|m| m.cpu)),
        round(soorma(|m| m.cpu)),
        round(soorma(|m| m.writing)),
        round(soorma(|m| m.together)),
        if draws { round(soorma(|m| m.together_light)) } else { String::new() },
    );
}

/// soorma first: by hand there are as many events a commit as it reached.
fn publish(callers: usize, seconds: f64) -> anyhow::Result<Pair> {
    let place = Place::new("bench-publish")?;
    make(&place.file(), 0, 0)?;
    let grown = Grown::new(&place.file())?;
    let soorma: Measured = child::measure("publish", &place.file(), &[callers as f64, seconds])?;
    drop((grown, place));
    let place = Place::new("bench-publish")?;
    by_hand::make(&place.file(), 0)?;
    let _grown = Grown::new(&place.file())?;
    let hand = child::measure("hand-publish", &place.file(), &[seconds, soorma.together])?;
    Ok((soorma, hand))
}

fn consume(at_once: usize, seconds: f64) -> anyhow::Result<Pair> {
    let events = (A_SECOND * seconds * 1.25).round();
    let place = Place::new("bench-consume")?;
    make(&place.file(), 0, events as u64)?;
    let grown = Grown::new(&place.file())?;
    let soorma: Measured = child::measure("consume", &place.file(), &[at_once as f64, seconds, events])?;
    drop((grown, place));
    let place = Place::new("bench-consume")?;
    by_hand::make(&place.file(), events as u64)?;
    let _grown = Grown::new(&place.file())?;
    let hand = child::measure("hand-consume", &place.file(), &[seconds, events, soorma.together])?;
    Ok((soorma, hand))
}

/// Keeps a file open whose write-ahead log is as long as it becomes: a file that still grows syncs several times slower,
/// and what writes fewer pages would be measured growing for longer.
struct Grown(#[expect(dead_code, reason = "the last connection removes the log")] Connection);

impl Grown {
    fn new(path: &Path) -> anyhow::Result<Self> {
        let file = Connection::open(path)?;
        file.execute_batch(
            "CREATE TABLE scratch (bytes); INSERT INTO scratch VALUES (zeroblob(5000000)); DROP TABLE scratch;",
        )?;
        file.query_row("PRAGMA wal_checkpoint(restart)", [], |_| Ok(()))?;
        Ok(Self(file))
    }
}

/// Makes a file with a subscription, and with events.
pub(crate) fn make(file: &Path, settled: u64, waiting: u64) -> anyhow::Result<()> {
    let _ready: f64 = child::measure("prepare", file, &[]).context("no subscription could be made")?;
    fill::fill(file, settled, waiting)
}
