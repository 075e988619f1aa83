//! The time of a file: one clock for all processes that share it, which no change of the wall clock moves.
//!
//! Milliseconds since 1970, so that people can read them. They are the wall time at which the file was first opened
//! after the machine started, and what has passed since by the clock that counts from the start of the machine. So all
//! processes agree, a wall clock that jumps changes nothing, and after a restart of the machine time goes on from
//! where it was at the least.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension};
use rustix::time::{ClockId, clock_gettime};

use crate::clock::Clock;

/// The time of one file.
#[derive(Clone, Debug)]
pub(crate) struct FileClock {
    clock: Clock,
    /// To be added to what has passed since the machine started; `None` on a virtual clock, or where the system does
    /// not tell one start from another.
    offset: Option<i64>,
}

impl FileClock {
    /// Finds the clock of a file, or sets it where this is its first opening since the machine started. Inside a
    /// transaction that may write.
    pub(super) fn of(file: &Connection, clock: &Clock) -> rusqlite::Result<Self> {
        let Some(boot) = Boot::now().filter(|_| !clock.is_simulated()) else {
            return Ok(Self { clock: clock.clone(), offset: None });
        };
        let known = file
            .query_row("SELECT boot, offset, seen FROM clock", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let offset = match known {
            Some((id, offset, _)) if id == boot.id => offset,
            known => {
                let seen: i64 = known.map_or(0, |(_, _, seen)| seen);
                let offset = wall(clock).max(seen) - boot.elapsed;
                file.execute("DELETE FROM clock", [])?;
                let row = (&boot.id, offset, offset + boot.elapsed);
                file.execute("INSERT INTO clock (boot, offset, seen) VALUES (?1, ?2, ?3)", row)?;
                offset
            }
        };
        Ok(Self { clock: clock.clone(), offset: Some(offset) })
    }

    /// Milliseconds.
    pub(crate) fn now(&self) -> i64 {
        match self.offset {
            Some(offset) => offset + since_boot(),
            None => wall(&self.clock),
        }
    }

    /// That much from now on, never too early: a part of a millisecond is a whole one. A century is never.
    pub(crate) fn after(&self, duration: Duration) -> i64 {
        let millis = duration.as_nanos().div_ceil(1_000_000).min(3_155_760_000_000);
        self.now() + i64::try_from(millis).unwrap_or(i64::MAX / 2)
    }

    /// When a time of the file is on this process's clock; now where it is over.
    pub(crate) fn instant(&self, at: i64) -> Instant {
        let left = u64::try_from(at.saturating_sub(self.now())).unwrap_or(0);
        self.clock.now() + Duration::from_millis(left)
    }

    /// What timers go by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }
}

fn wall(clock: &Clock) -> i64 {
    let since = SystemTime::from(clock.timestamp()).duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX / 2)
}

/// One start of the machine.
struct Boot {
    id: String,
    /// Milliseconds since then.
    elapsed: i64,
}

impl Boot {
    /// `None` where the system does not tell one start from another: then the wall clock must do.
    fn now() -> Option<Self> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(Self { id: id.trim().to_owned(), elapsed: since_boot() })
    }
}

/// Milliseconds since the machine started, time asleep included where the system can tell: the same for all processes.
fn since_boot() -> i64 {
    #[cfg(target_os = "linux")]
    let id = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let id = ClockId::Monotonic;
    let now = clock_gettime(id);
    now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
}
