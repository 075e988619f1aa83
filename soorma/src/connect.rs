//! From a URL to a broker or a store: the one place that knows which there are.
//!
//! | URL | parameters |
//! | --- | --- |
//! | `memory:` | `capacity`, `retention` (numbers of events), `dedup` (a duration) |
//! | `sqlite:orders.db` (feature `sqlite`) | `retention`, `dead_letters`, `dedup`, `max_bytes`: below |
//! | `nats://host:4222` (feature `nats`) | below |
//!
//! # `sqlite:`
//!
//! One file on a disk of this machine, broker and store, without a server: for real work on one machine. Any number of
//! processes of it open the file at the same time and share its events; what was acknowledged is on the disk and is
//! there after a power cut. Linux, and other Unixes.
//!
//! `sqlite:orders.db` is below the directory of the process, `sqlite:/var/lib/orders.db` is not; the file is made where
//! it does not exist, its folder is not. Durations are written `30s`, `5m`, `7d`.
//!
//! | parameter | says | without it |
//! | --- | --- | --- |
//! | `retention` | how long a topic keeps its events | `7d` |
//! | `dead_letters` | how long dead letters are kept | `30d` |
//! | `dedup` | for how long a repeated `(source, id)` is recognised, at least | `2m` |
//! | `max_bytes` | how large the file may become, in bytes, before publishing fails as full | no limit |
//!
//! Processes that name different parameters for one file each go by their own; what is over is removed by whichever
//! comes first, so of several times the shortest counts.
//!
//! Beside the file are `orders.db-wal` and `orders.db-shm`, where SQLite keeps what it has not moved into the file yet,
//! and `orders.db-turn`, by which processes take turns and wake each other. They belong together: who deletes, moves or
//! copies one of them alone loses data. All users of the file need the right to write it and its folder. A file that is
//! deleted or replaced while it is open is noticed: from then on every call fails.
//!
//! To copy it while it is in use: `sqlite3 orders.db ".backup copy.db"`, not `cp`. To read it: `sqlite3 orders.db`; the
//! store is `SELECT key, value FROM store WHERE value IS NOT NULL`. Whoever writes into it by hand tells nobody. A
//! transaction that is left open in the prompt holds writers up for 5 s each, who then fail, or keeps `-wal` growing.
//!
//! What retention frees is used again; the file does not become smaller by itself. While agents work, this makes it as
//! small as what is kept, and they wait for it as for one another (22 s where 600 MB are kept; where that is longer than a
//! lease, what they have in hand comes again):
//!
//! ```sh
//! flock orders.db-turn sqlite3 orders.db 'VACUUM; PRAGMA wal_checkpoint(TRUNCATE)'
//! ```
//!
//! A power cut loses nothing that was confirmed: none of 40 under load did, neither an event nor an acknowledgement, and the
//! file was sound after each, also on a disk that forgets what it was not told to flush.
//!
//! A process that is stopped (`SIGSTOP`, a debugger) in the middle of a commit holds all others up; one that dies does
//! not. A handle must not be taken across a `fork`.
//!
//! It is one machine's. On a network file system (NFS, SMB, 9P and others) it is refused, because locks and shared
//! memory do not work there; on FUSE, where nobody can tell, there is a warning, and on `tmpfs`, which a power cut
//! empties, too. Containers of one machine share a file through a volume or a bind mount. For several machines there is
//! `nats:`.
//!
#![doc = include_str!("sqlite/file.md")]
//!
//! # `nats:`
//!
//! `nats://user:password@h1:4222,h2:4222?namespace=prod&replicas=3` names several servers of one cluster; what is not
//! plain in user, password and values is written as `%40`. Durations are written `30s`, `5m`, `7d`.
//!
//! | parameter | says | without it |
//! | --- | --- | --- |
//! | `namespace` | what all streams, subjects and buckets begin with: two namespaces do not see each other | `soorma` |
//! | `replicas` | how many servers keep each stream, 1 to 5 | 1 |
//! | `retention` | how long a topic keeps its events | `7d` |
//! | `dead_letters` | how long dead letters are kept | `30d` |
//! | `dedup` | for how long a repeated `(source, id)` is recognised | `2m` |
//! | `max_bytes` | how large a topic may become before publishing fails as full | no limit |
//! | `max_events` | how many events a topic may hold, settled ones included, before that | no limit |
//! | `connect` | how long to wait for a server at the start | `60s` |
//! | `token`, `creds`, `nkey` | a token; a credentials file; a file with a seed | user and password, or nothing |
//! | `ca` | a file of certificates to trust, and that nothing goes in the clear | the system's |
//! | `tls` | `true`: nothing goes in the clear | as the server says |
//!
//! What a power cut loses is for the server to say, by `sync_interval` in the block `jetstream` of its configuration. As it
//! comes, it confirms what its kernel has, and has the disk take it every two minutes: a server that is killed loses nothing,
//! and one whose machine loses its power loses the last events that it has confirmed, handled or not. Of 20 cuts under load 19
//! lost events that somebody was still to handle: all that the agents were behind, some hundred. With `sync_interval: always`
//! none of 20 lost a confirmed event, and a tenth as many were confirmed a second, for each waits for the disk;
//! acknowledgements may be lost all the same, so some events come again that were settled. That is one server; several
//! (`replicas`) were not measured.
//!
//! Where a cluster loses the server that leads what is published with a delay, such events may come up to a minute late.
//!
//! What others publish to these subjects, and no event can be read from, becomes a dead letter, with one exception: a
//! message whose header block is none (no UTF-8, or a line without a colon). The client does not hand it over: it gives
//! up its connection there, and makes a new one. So each subscription that the message matches costs its process the
//! connection once in every lease; what was on its way just then comes when its lease is over. That ends when the
//! message's retention is over, or when somebody deletes it (`nats stream rmm <stream> <sequence>`). A library does not
//! send such messages; permissions on the server keep away whoever writes the protocol by hand.

use std::{sync::Arc, time::Duration};

use soorma_common::duration;

#[cfg(feature = "nats")]
use crate::{broker::nats::NatsBroker, nats::Link, store::nats::NatsStore};
#[cfg(feature = "sqlite")]
use crate::{broker::sqlite::SqliteBroker, sqlite::Database, store::sqlite::SqliteStore};
use crate::{
    broker::{
        Broker,
        memory::{MemoryBroker, MemoryLimits},
    },
    clock::Clock,
    error::ConnectError,
    store::{Store, memory::MemoryStore},
};

#[cfg(all(feature = "sqlite", feature = "nats"))]
const KNOWN: &str = "`memory:`, `sqlite:` and `nats:`";
#[cfg(all(feature = "sqlite", not(feature = "nats")))]
const KNOWN: &str = "`memory:` and `sqlite:`; `nats:` is there with the feature `nats` of the crate `soorma`";
#[cfg(all(not(feature = "sqlite"), feature = "nats"))]
const KNOWN: &str =
    "`memory:` and `nats:`; `sqlite:` is there with the feature `sqlite` of the crate `soorma`";
#[cfg(not(any(feature = "sqlite", feature = "nats")))]
const KNOWN: &str =
    "`memory:`; `sqlite:` and `nats:` are there with the features `sqlite` and `nats` of the crate `soorma`";

/// The broker behind a URL.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), soorma::ConnectError> {
/// let broker = soorma::connect::broker("memory:", &soorma::Clock::system()).await?;
/// assert_eq!(broker.capabilities().name, "memory");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ConnectError`] where the scheme is unknown, a parameter makes no sense, or the broker cannot be reached.
// Asynchronous for those that have a connection to make.
#[allow(clippy::unused_async)]
pub async fn broker(url: &str, clock: &Clock) -> Result<Arc<dyn Broker>, ConnectError> {
    match url.split_once(':') {
        Some(("memory", rest)) => {
            let limits = memory_limits(rest).map_err(|reason| ConnectError::Invalid {
                what: "broker",
                url: url.to_owned(),
                reason,
            })?;
            Ok(Arc::new(MemoryBroker::with_limits(clock.clone(), limits)))
        }
        #[cfg(feature = "nats")]
        Some(("nats", _)) => {
            let link = Link::connect("broker", url, clock).await?;
            Ok(Arc::new(NatsBroker::new(link)))
        }
        #[cfg(feature = "sqlite")]
        Some(("sqlite", _)) => {
            let file = Database::open("broker", url, clock).await?;
            Ok(Arc::new(SqliteBroker::new(file)))
        }
        _ => Err(ConnectError::UnknownScheme { what: "broker", url: url.to_owned(), known: KNOWN }),
    }
}

/// The store behind a URL.
///
/// # Errors
/// [`ConnectError`] where the scheme is unknown or the store cannot be reached.
#[allow(clippy::unused_async)]
pub async fn store(url: &str, clock: &Clock) -> Result<Arc<dyn Store>, ConnectError> {
    match url.split_once(':') {
        Some(("memory", _)) => Ok(Arc::new(MemoryStore::new(clock.clone()))),
        #[cfg(feature = "nats")]
        Some(("nats", _)) => {
            let link = Link::connect("store", url, clock).await?;
            Ok(Arc::new(NatsStore::open("store", link).await?))
        }
        #[cfg(feature = "sqlite")]
        Some(("sqlite", _)) => {
            let file = Database::open("store", url, clock).await?;
            Ok(Arc::new(SqliteStore::new(file)))
        }
        _ => Err(ConnectError::UnknownScheme { what: "store", url: url.to_owned(), known: KNOWN }),
    }
}

/// Broker and store behind one URL, over one connection where they have one.
///
/// # Errors
/// [`ConnectError`].
pub async fn both(url: &str, clock: &Clock) -> Result<(Arc<dyn Broker>, Arc<dyn Store>), ConnectError> {
    #[cfg(feature = "nats")]
    if url.starts_with("nats:") {
        let link = Link::connect("broker", url, clock).await?;
        let store = NatsStore::open("store", link.clone()).await?;
        return Ok((Arc::new(NatsBroker::new(link)), Arc::new(store)));
    }
    #[cfg(feature = "sqlite")]
    if url.starts_with("sqlite:") {
        let file = Database::open("broker", url, clock).await?;
        return Ok((Arc::new(SqliteBroker::new(file.clone())), Arc::new(SqliteStore::new(file))));
    }
    Ok((broker(url, clock).await?, store(url, clock).await?))
}

/// `?capacity=1000&retention=1000&dedup=2m`.
fn memory_limits(rest: &str) -> Result<MemoryLimits, String> {
    let mut limits = MemoryLimits::default();
    let parameters = match rest.split_once('?') {
        Some(("", parameters)) => parameters,
        None if rest.is_empty() => return Ok(limits),
        _ => return Err("nothing but parameters may follow `memory:`".to_owned()),
    };
    for parameter in parameters.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let number = || {
            value
                .parse::<usize>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or(format!("`{name}` must be a number from 1 on"))
        };
        let time = || -> Result<Duration, String> {
            duration::parse(value).ok_or(format!("`{name}` must be {}", duration::EXPECTED))
        };
        match name {
            "capacity" => limits.capacity = number()?,
            "retention" => limits.retention = number()?,
            "dedup" => limits.dedup_window = time()?,
            _ => return Err(format!("no parameter `{name}`; there are `capacity`, `retention` and `dedup`")),
        }
    }
    Ok(limits)
}
