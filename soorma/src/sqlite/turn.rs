//! Whose turn it is to write: an advisory lock on a file beside the database.
//!
//! SQLite's own waiting is a loop of sleeps and is not fair: of four busy processes one may get no turn for seconds. The
//! kernel's lock has a line, and lets go when a process dies. The same file carries the news: whoever has written
//! something that others wait for writes a stamp into it, which is another each time.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use rustix::time::{ClockId, clock_gettime};

use super::place;

/// Who told last, and when: never twice the same.
pub(super) type Stamp = [u8; 16];

pub(super) struct Turn(File);

impl Turn {
    /// The file beside a database.
    pub(super) fn path_for(database: &Path) -> PathBuf {
        place::beside(database, "-turn")
    }

    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let turn = Self(file);
        if turn.stamp().is_err() {
            // It has its place on the disk from now on, however full that becomes.
            turn.tell(&stamp(0))?;
        }
        Ok(turn)
    }

    /// Waits for the turn, does something, and lets the next one have it.
    pub(super) fn take<T>(&self, then: impl FnOnce() -> T) -> io::Result<T> {
        while let Err(error) = self.0.lock() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(error);
            }
        }
        let done = then();
        self.0.unlock()?;
        Ok(done)
    }

    /// Tells all processes that there is something new.
    pub(super) fn tell(&self, stamp: &Stamp) -> io::Result<()> {
        self.0.write_all_at(stamp, 0)
    }

    /// What was told last.
    pub(super) fn stamp(&self) -> io::Result<Stamp> {
        let mut stamp = Stamp::default();
        self.0.read_exact_at(&mut stamp, 0)?;
        Ok(stamp)
    }
}

/// A new one; `handle` tells those of one process apart.
pub(super) fn stamp(handle: u32) -> Stamp {
    let now = clock_gettime(ClockId::Monotonic);
    let nanos = now.tv_sec.wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec);
    let mut stamp = Stamp::default();
    stamp[..8].copy_from_slice(&nanos.to_le_bytes());
    stamp[8..12].copy_from_slice(&std::process::id().to_le_bytes());
    stamp[12..].copy_from_slice(&handle.to_le_bytes());
    stamp
}
