//! What is measured of one run: events a second and CPU an event once the first tenth is over, and how long each took.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore};

use crate::server::{self, Server, Tally};

static METER: OnceLock<Meter> = OnceLock::new();

pub(crate) struct Meter {
    start: Instant,
    events: usize,
    done: AtomicUsize,
    begin: OnceLock<Mark>,
    end: OnceLock<Mark>,
    finished: Notify,
    server: Server,
    /// When each was sent, and how long it took, in nanoseconds.
    times: Vec<(AtomicU64, AtomicU64)>,
    /// How many may be under way besides those that are.
    pub(crate) places: Semaphore,
}

struct Mark {
    at: Instant,
    cpu: f64,
    server: Tally,
}

/// What a run says.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Events a second.
    pub(crate) rate: f64,
    /// Microseconds of CPU an event, of the client's process.
    pub(crate) cpu: f64,
    /// The same of the server's.
    #[serde(default)]
    pub(crate) server_cpu: f64,
    /// Messages to the server, an event.
    #[serde(default)]
    pub(crate) to_server: f64,
    /// Messages from the server, an event.
    #[serde(default)]
    pub(crate) from_server: f64,
    /// The median of how long each took, in microseconds; zero where that says nothing.
    pub(crate) median: f64,
    /// 99 of 100 took no longer.
    pub(crate) p99: f64,
}

impl Meter {
    /// The meter of this process.
    pub(crate) fn install(events: usize, server: Server) -> &'static Self {
        METER.get_or_init(|| Self {
            start: Instant::now(),
            events,
            server,
            done: AtomicUsize::new(0),
            begin: OnceLock::new(),
            end: OnceLock::new(),
            finished: Notify::new(),
            times: (0..events).map(|_| Default::default()).collect(),
            places: Semaphore::new(0),
        })
    }

    /// The same, for handlers.
    pub(crate) fn get() -> &'static Self {
        Self::install(0, Server::default())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// This one is sent now.
    pub(crate) fn sent(&self, number: usize) {
        if let Some((sent, _)) = self.times.get(number) {
            sent.store(self.now(), Ordering::Relaxed);
        }
    }

    /// This one has come through.
    pub(crate) fn came(&self, number: usize) {
        if let Some((sent, took)) = self.times.get(number) {
            took.store(self.now() - sent.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.one();
    }

    /// One is done.
    pub(crate) fn one(&self) {
        let done = self.done.fetch_add(1, Ordering::AcqRel) + 1;
        if done == self.events / 10 {
            let server = self.server.tally();
            let _ = self.begin.set(Mark { server, ..Mark::now() });
        } else if done == self.events {
            let end = Mark::now();
            let _ = self.end.set(Mark { server: self.server.tally(), ..end });
            self.finished.notify_one();
        }
    }

    pub(crate) async fn finished(&self) {
        self.finished.notified().await;
    }

    pub(crate) fn measured(&self) -> anyhow::Result<Measured> {
        let (begin, end) = (self.begin.get(), self.end.get());
        let (begin, end) = (begin.context("it never began")?, end.context("it never ended")?);
        let events = (self.events - self.events / 10) as f64;
        let mut took: Vec<u64> = self.times.iter().map(|(_, took)| took.load(Ordering::Relaxed)).collect();
        took.sort_unstable();
        let place = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1e3;
        Ok(Measured {
            rate: events / end.at.duration_since(begin.at).as_secs_f64(),
            cpu: (end.cpu - begin.cpu) / events * 1e6,
            server_cpu: (end.server.cpu - begin.server.cpu) / events * 1e6,
            to_server: (end.server.received - begin.server.received) / events,
            from_server: (end.server.sent - begin.server.sent) / events,
            median: place(0.5),
            p99: place(0.99),
        })
    }
}

impl Mark {
    fn now() -> Self {
        let cpu = server::cpu_of(std::process::id()).unwrap_or_default();
        Self { at: Instant::now(), cpu, server: Tally::default() }
    }
}
