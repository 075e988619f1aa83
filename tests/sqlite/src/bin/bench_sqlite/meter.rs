//! What is measured of a run: a window of time, the events in it, and the CPU of this process.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::commits;

/// Events that are done.
pub(crate) static DONE: AtomicU64 = AtomicU64::new(0);

/// How long each took, in nanoseconds.
static TIMES: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// What a run says.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Events a second.
    pub(crate) rate: f64,
    /// Microseconds of CPU an event.
    pub(crate) cpu: f64,
    /// Of them, on the thread that writes; by ticks of 10 ms.
    pub(crate) writing: f64,
    /// Events a synced commit.
    pub(crate) together: f64,
    /// Events a commit that is not synced by itself.
    pub(crate) together_light: f64,
    /// Of how long each took, in milliseconds.
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) longest: f64,
}

pub(crate) struct Mark {
    at: Instant,
    done: u64,
    cpu: f64,
    writing: f64,
    commits: [u64; 3],
}

impl Mark {
    pub(crate) fn now() -> Self {
        Self {
            at: Instant::now(),
            done: DONE.load(Ordering::Relaxed),
            cpu: cpu(),
            writing: writing(),
            commits: commits::counted(),
        }
    }

    /// From this to now.
    pub(crate) fn measured(&self) -> Measured {
        let end = Self::now();
        let events = end.done.saturating_sub(self.done).max(1) as f64;
        let [synced, _, light] = [0, 1, 2].map(|i| (end.commits[i] - self.commits[i]) as f64);
        let mut times = std::mem::take(&mut *TIMES.lock().unwrap_or_else(PoisonError::into_inner));
        let [median, p99, longest] = places(&mut times);
        Measured {
            rate: events / (end.at - self.at).as_secs_f64(),
            cpu: (end.cpu - self.cpu) / events * 1e6,
            writing: (end.writing - self.writing) / events * 1e6,
            together: events / synced.max(1.0),
            together_light: events / light.max(1.0),
            median,
            p99,
            longest,
        }
    }
}

/// Median, p99 and longest, in milliseconds.
pub(crate) fn places(nanos: &mut [u64]) -> [f64; 3] {
    nanos.sort_unstable();
    let last = nanos.len().saturating_sub(1) as f64;
    [0.5, 0.99, 1.0].map(|share| nanos.get((last * share) as usize).map_or(0.0, |n| *n as f64 / 1e6))
}

/// One is done, that was begun then.
pub(crate) fn took(nanos: u64) {
    TIMES.lock().unwrap_or_else(PoisonError::into_inner).push(nanos);
    DONE.fetch_add(1, Ordering::Relaxed);
}

/// Waits for the first event, lets a quarter of the time pass, and measures; ends early where all is done.
pub(crate) fn window(seconds: f64, all: u64) -> Measured {
    let step = Duration::from_millis(2);
    while DONE.load(Ordering::Relaxed) == 0 {
        thread::sleep(step);
    }
    let warm = Instant::now();
    while warm.elapsed().as_secs_f64() < seconds / 4.0 && DONE.load(Ordering::Relaxed) < all / 4 {
        thread::sleep(step);
    }
    TIMES.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let begin = Mark::now();
    while begin.at.elapsed().as_secs_f64() < seconds && DONE.load(Ordering::Relaxed) < all {
        thread::sleep(step);
    }
    begin.measured()
}

/// Seconds of CPU of this process.
pub(crate) fn cpu() -> f64 {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9
}

/// Those of the writer's thread.
fn writing() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let writer = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok());
    let ticks = writer.filter(|stat| stat.contains("(soorma-sqlite-w")).filter_map(|stat| {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    });
    ticks.sum::<f64>() / 100.0
}

/// Nanoseconds since 1970: one clock for all processes of the machine.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
