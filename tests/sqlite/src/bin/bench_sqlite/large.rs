//! A file with many settled events, beside one without: starting, publishing, consuming; and what retention leaves.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};
use soorma::Client;
use soorma_sqlite_tests::Place;

use crate::{
    child,
    meter::{self, Measured},
    options::Options,
    rates,
    table::{round, spread},
};

const WAITING: u64 = 100_000;

/// The settled ones are a day old.
const RETENTION: &str = "?retention=1h";
const KEPT: i64 = 3_600_000;

/// How long a caller is measured at a time, in seconds.
const WINDOW: f64 = 5.0;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let (small, large) = (Place::new("bench-small")?, Place::new("bench-large")?);
    rates::make(&small.file(), 0, WAITING)?;
    let filling = Instant::now();
    rates::make(&large.file(), options.settled, WAITING)?;
    eprintln!("filled in {:.0} s", filling.elapsed().as_secs_f64());
    let mut start = [Vec::new(), Vec::new()];
    let mut publish = [Vec::new(), Vec::new()];
    let mut consume = [Vec::new(), Vec::new()];
    for _ in 0..options.rounds.min(5) {
        for (place, file) in [&small, &large].into_iter().enumerate() {
            let file = file.file();
            start[place].push(child::measure::<f64>("prepare", &file, &[])?);
            let measured: Measured = child::measure("publish", &file, &[16.0, options.seconds])?;
            publish[place].push(measured.rate);
            let measured: Measured =
                child::measure("consume", &file, &[16.0, options.seconds, WAITING as f64 / 8.0])?;
            consume[place].push(measured.rate);
        }
    }
    println!("\n| | {WAITING} waiting | and {} settled | ratio of each round |", options.settled);
    println!("| --- | --- | --- | --- |");
    for (what, [small, large]) in [
        ("from opening to ready, ms", start),
        ("published/s, 16 callers", publish),
        ("handled/s, 16 at once", consume),
    ] {
        let ratios = large.iter().zip(&small).map(|(large, small)| large / small);
        let ratios = spread(ratios.collect::<Vec<_>>());
        println!("| {what} | {} | {} | {ratios} |", spread(small), spread(large));
    }
    retention(&large.file())
}

/// Lets go of the settled ones, while somebody publishes, and makes the file small by hand.
fn retention(file: &Path) -> anyhow::Result<()> {
    let size = || Ok::<_, anyhow::Error>(fs::metadata(file)?.len() / 1_000_000);
    let alone: Measured = child::measure("publish", file, &[1.0, WINDOW])?;
    let before = size()?;
    let mut forgetting = child::start("forget", file, RETENTION, &[])?;
    let (mut medians, mut p99, mut longest) = (Vec::new(), Vec::new(), 0.0_f64);
    while forgetting.try_wait()?.is_none() {
        let publisher = child::start("publish", file, RETENTION, &[1.0, WINDOW])?;
        let measured: Measured = child::said(publisher)?;
        medians.push(measured.median);
        p99.push(measured.p99);
        longest = longest.max(measured.longest);
    }
    let forgotten: f64 = child::said(forgetting)?;
    println!(
        "\nretention: the settled ones are gone after {forgotten:.0} s. One caller in another process meanwhile, windows \
         of {WINDOW} s: median {} ms, p99 {} ms, longest {} ms; before it: {} ms, {} ms, {} ms",
        spread(medians),
        spread(p99),
        round(longest),
        round(alone.median),
        round(alone.p99),
        round(alone.longest),
    );
    let left = size()?;
    let took = make_small(file)?;
    println!(
        "size: {before} MB before, {left} MB after, {} MB when `VACUUM` under the turn has taken {took:.1} s",
        size()?
    );
    Ok(())
}

/// As the documentation says that it is done by hand; in seconds.
fn make_small(file: &Path) -> anyhow::Result<f64> {
    let turn = File::open(format!("{}-turn", file.display()))?;
    turn.lock()?;
    let begin = Instant::now();
    Connection::open(file)?.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(begin.elapsed().as_secs_f64())
}

/// Has the file open until retention has done its work; in seconds.
pub(crate) async fn forget(url: &str) -> anyhow::Result<f64> {
    let path = url.trim_start_matches("sqlite:").trim_end_matches(RETENTION);
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    file.busy_timeout(Duration::from_secs(5))?;
    let client = Client::connect(url, "keeper").await?;
    let begin = Instant::now();
    let oldest = "SELECT at FROM log ORDER BY sequence LIMIT 1";
    let now = i64::try_from(meter::now() / 1_000_000)?;
    while file.query_row(oldest, [], |row| row.get::<_, i64>(0))? < now - KEPT {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let took = begin.elapsed().as_secs_f64();
    client.close().await;
    Ok(took)
}
