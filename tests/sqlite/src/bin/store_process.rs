//! A process that does to the store of a URL what its first argument says.

use std::{fs::File, path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use soorma::{
    Clock,
    store::{Key, Store, StoreError},
};
use soorma_sqlite_tests::{How, Write, Written, key};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (does, url) = args.next().zip(args.next()).context("store_process <what> <url> [..]")?;
    if does == "hold" {
        return hold(&url);
    }
    let store = soorma::connect::store(&url, &Clock::system()).await?;
    match does.as_str() {
        "serve" => serve(&*store).await,
        "count" => count(store).await,
        "fill" => fill(&*store, args.next().map(PathBuf::from)).await,
        _ => bail!("nothing is called `{does}`"),
    }
}

/// Takes the turn of a file, and keeps it.
fn hold(turn: &str) -> anyhow::Result<()> {
    let turn = File::open(turn)?;
    turn.lock()?;
    println!("held");
    // For ever: nobody unparks it.
    loop {
        std::thread::park();
    }
}

/// Writes what it is told, line by line.
async fn serve(store: &dyn Store) -> anyhow::Result<()> {
    for line in std::io::stdin().lines() {
        let Write { how, key: segments, value, ttl } = serde_json::from_str(&line?)?;
        let at = key(&segments);
        let written = match how {
            How::Put => store.put(&at, value, ttl).await,
            How::Create => store.create(&at, value, ttl).await,
            How::Set(revision) => store.compare_and_set(&at, revision, value, ttl).await,
            How::Delete => store.delete(&at).await.map(u64::from),
        };
        let answer = match written {
            Ok(revision) => Written::Done(revision),
            Err(StoreError::Conflict(_)) => Written::Conflict,
            Err(error) => Written::Failed(error.to_string()),
        };
        println!("{}", serde_json::to_string(&answer)?);
    }
    Ok(())
}

/// Adds one to a counter, again and again, and says so each time.
async fn count(store: Arc<dyn Store>) -> anyhow::Result<()> {
    let at = Key::from(["counter"]);
    loop {
        let (revision, number) = match store.get(&at).await? {
            None => (None, 0_u64),
            Some(entry) => (Some(entry.revision), String::from_utf8(entry.value)?.parse()?),
        };
        let next = (number + 1).to_string().into_bytes();
        let written = match revision {
            None => store.create(&at, next, None).await,
            Some(revision) => store.compare_and_set(&at, revision, next, None).await,
        };
        match written {
            Ok(_) => println!("+"),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes until it fails, and says why; then makes room, where it is told how, and writes once more. Says how many were
/// written and how many are there.
async fn fill(store: &dyn Store, ballast: Option<PathBuf>) -> anyhow::Result<()> {
    let root = Key::from(["fill"]);
    let mut written = 0;
    let put = async |n: u32| store.put(&root.join(n.to_string()), vec![b'x'; 20_000], None).await;
    let error = loop {
        match put(written).await {
            Ok(_) => written += 1,
            Err(error) => break anyhow::Error::from(error),
        }
    };
    println!("{error:#}");
    println!("{written} {}", store.list(&root).await?.len());
    if let Some(ballast) = ballast {
        std::fs::remove_file(ballast)?;
        put(written).await?;
        println!("{} {}", written + 1, store.list(&root).await?.len());
    }
    Ok(())
}
