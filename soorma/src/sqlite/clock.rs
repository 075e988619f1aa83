//! The time of a file: one clock for all processes that share it, which no change of the wall clock moves.
//!
//! Milliseconds since 1970, so that people can read them. They are the wall time at which the file was first opened
//! after the machine started, and what has passed since by the clock that counts from the start of the machine. So all
//! processes agree, a wall clock that jumps changes nothing, and after a restart of the machine time goes on from
//! where it was at the least: every so often the writer notes a time that is over.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, OptionalExtension};
use rustix::time::{ClockId, clock_gettime};

use crate::clock::Clock;

/// How far a restart of the machine can set the time back, where the wall clock is wrong then; in milliseconds.
const NOTED_EVERY: i64 = 10_000;

/// The time of one file.
#[derive(Clone)]
pub(crate) struct FileClock {
    clock: Clock,
    machine: Arc<dyn Machine>,
    /// To be added to what has passed since the machine started; `None` where the wall clock must do.
    offset: Option<i64>,
}

impl FileClock {
    /// Finds the clock of a file, or sets it where this is its first opening since the machine started. Inside a
    /// transaction that may write.
    pub(super) fn of(file: &Connection, clock: &Clock) -> rusqlite::Result<Self> {
        let machine = System { clock: clock.clone() };
        Self::by(file, clock, Arc::new(machine))
    }

    fn by(file: &Connection, clock: &Clock, machine: Arc<dyn Machine>) -> rusqlite::Result<Self> {
        let clock = clock.clone();
        let Some(boot) = machine.boot() else {
            return Ok(Self { clock, machine, offset: None });
        };
        let known = file
            .query_row("SELECT boot, offset, seen FROM clock", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let offset = match known {
            Some((id, offset, _)) if id == boot => offset,
            known => {
                let seen: i64 = known.map_or(0, |(_, _, seen)| seen);
                let elapsed = machine.since_boot();
                let offset = machine.wall().max(seen) - elapsed;
                file.execute("DELETE FROM clock", [])?;
                let row = (&boot, offset, offset + elapsed);
                file.execute("INSERT INTO clock (boot, offset, seen) VALUES (?1, ?2, ?3)", row)?;
                offset
            }
        };
        Ok(Self { clock, machine, offset: Some(offset) })
    }

    /// Notes in the file that this time is over, where none was noted for a while. Inside a transaction that may write.
    pub(super) fn note(&self, file: &Connection, now: i64) -> rusqlite::Result<()> {
        let mut note = file.prepare_cached("UPDATE clock SET seen = ?1 WHERE seen <= ?1 - ?2")?;
        note.execute((now, NOTED_EVERY)).map(drop)
    }

    /// Milliseconds.
    pub(crate) fn now(&self) -> i64 {
        match self.offset {
            Some(offset) => offset + self.machine.since_boot(),
            None => self.machine.wall(),
        }
    }

    /// That much from now on, never too early: a part of a millisecond is a whole one. A century is never.
    pub(crate) fn after(&self, duration: Duration) -> i64 {
        self.now() + millis(duration)
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

impl fmt::Debug for FileClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileClock").field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// A part of a millisecond is a whole one. A century is never.
pub(crate) fn millis(duration: Duration) -> i64 {
    let millis = duration.as_nanos().div_ceil(1_000_000).min(3_155_760_000_000);
    i64::try_from(millis).unwrap_or(i64::MAX / 2)
}

/// What a machine says of the time.
trait Machine: Send + Sync {
    /// What tells one start of the machine from another; `None` on a virtual clock, or where the system does not tell.
    fn boot(&self) -> Option<String>;
    /// Milliseconds since the start, time asleep included where the system can tell: the same for all processes.
    fn since_boot(&self) -> i64;
    /// Milliseconds since 1970.
    fn wall(&self) -> i64;
}

struct System {
    clock: Clock,
}

impl Machine for System {
    fn boot(&self) -> Option<String> {
        if self.clock.is_simulated() {
            return None;
        }
        Some(std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
    }

    fn since_boot(&self) -> i64 {
        #[cfg(target_os = "linux")]
        let id = ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        let id = ClockId::Monotonic;
        let now = clock_gettime(id);
        now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
    }

    fn wall(&self) -> i64 {
        let since = SystemTime::from(self.clock.timestamp()).duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX / 2)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const HOUR: i64 = 3_600_000;
    /// Some day.
    const START: i64 = 1_700_000_000_000;

    /// A machine whose clocks a test sets.
    struct Fake {
        boot: &'static str,
        since_boot: AtomicI64,
        wall: AtomicI64,
    }

    impl Fake {
        fn new(boot: &'static str, since_boot: i64, wall: i64) -> Arc<Self> {
            Arc::new(Self { boot, since_boot: since_boot.into(), wall: wall.into() })
        }

        fn passes(&self, millis: i64) {
            self.since_boot.fetch_add(millis, Ordering::SeqCst);
            self.wall.fetch_add(millis, Ordering::SeqCst);
        }
    }

    impl Machine for Fake {
        fn boot(&self) -> Option<String> {
            Some(self.boot.to_owned())
        }

        fn since_boot(&self) -> i64 {
            self.since_boot.load(Ordering::SeqCst)
        }

        fn wall(&self) -> i64 {
            self.wall.load(Ordering::SeqCst)
        }
    }

    fn file() -> Connection {
        let file = Connection::open_in_memory().unwrap();
        crate::sqlite::schema::bring_up_to_date(&file).unwrap();
        file
    }

    fn of(file: &Connection, machine: &Arc<Fake>) -> FileClock {
        FileClock::by(file, &Clock::system(), machine.clone()).unwrap()
    }

    #[test]
    fn a_wall_clock_that_jumps_moves_nothing_and_processes_agree() {
        let (file, machine) = (file(), Fake::new("one", 5_000, START));
        let early = of(&file, &machine);
        assert_eq!(early.now(), START);
        machine.passes(HOUR);
        machine.wall.fetch_sub(HOUR * 5, Ordering::SeqCst);
        let late = of(&file, &machine);
        assert_eq!((early.now(), late.now()), (START + HOUR, START + HOUR));
        machine.wall.fetch_add(HOUR * 50, Ordering::SeqCst);
        assert_eq!((early.now(), of(&file, &machine).now()), (START + HOUR, START + HOUR));
    }

    #[test]
    fn after_a_restart_time_is_the_wall_clock_again() {
        let (file, machine) = (file(), Fake::new("one", 5_000, START));
        of(&file, &machine);
        let machine = Fake::new("two", 90, START + HOUR);
        assert_eq!(of(&file, &machine).now(), START + HOUR);
    }

    #[test]
    fn after_a_restart_with_a_wall_clock_set_back_time_goes_on_from_where_it_was() {
        let (file, machine) = (file(), Fake::new("one", 5_000, START));
        let clock = of(&file, &machine);
        machine.passes(HOUR);
        clock.note(&file, clock.now()).unwrap();
        machine.passes(NOTED_EVERY - 1);
        clock.note(&file, clock.now()).unwrap();
        let machine = Fake::new("two", 90, START - HOUR);
        let clock = of(&file, &machine);
        assert_eq!(clock.now(), START + HOUR);
        machine.passes(7);
        assert_eq!(of(&file, &machine).now(), START + HOUR + 7);
    }

    #[test]
    fn a_time_to_come_is_never_too_early() {
        let (file, machine) = (file(), Fake::new("one", 0, START));
        let clock = of(&file, &machine);
        assert_eq!(clock.after(Duration::from_nanos(1)), START + 1);
        assert!(clock.after(Duration::MAX) > START + HOUR * 24 * 365 * 99);
        assert!(clock.instant(START - 1) <= Instant::now());
        assert!(clock.instant(START + HOUR) > Instant::now() + Duration::from_mins(59));
    }
}
