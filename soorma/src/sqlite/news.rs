//! The news: that something was written which somebody may wait for, by this process or by another one.
//!
//! Whoever writes such a thing writes a byte into the file of the turns, after its commit; the kernel tells all who
//! watch that file (inotify). Where it cannot, a thread asks SQLite every few milliseconds.

use std::{
    io,
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::watch;

/// How often the file is asked where the kernel does not tell.
#[allow(clippy::duration_suboptimal_units)]
const ASKED_EVERY: Duration = Duration::from_millis(2);

/// Clones are one.
#[derive(Clone)]
pub(crate) struct News(Arc<watch::Sender<()>>);

impl News {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }

    pub(super) fn tell(&self) {
        self.0.send_replace(());
    }

    /// Changes when there is news; what was told before has been seen.
    pub(super) fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }

    /// Hears of the other processes from now on, until the last `News` is gone.
    pub(super) fn follow(
        &self,
        turn: &Path,
        file: impl FnOnce() -> rusqlite::Result<Connection>,
    ) -> io::Result<()> {
        let told = Arc::downgrade(&self.0);
        let thread = std::thread::Builder::new().name("soorma-sqlite-news".to_owned());
        #[cfg(target_os = "linux")]
        match watched(turn) {
            Ok(watched) => return thread.spawn(move || hear(&watched, &told)).map(drop),
            Err(error) => tracing::debug!(%error, "the file is not watched, but asked"),
        }
        let file = file().map_err(io::Error::other)?;
        thread.spawn(move || ask(&file, &told)).map(drop)
    }
}

/// False where nobody listens any more.
fn pass_on(told: &Weak<watch::Sender<()>>) -> bool {
    told.upgrade().map(|told| told.send_replace(())).is_some()
}

#[cfg(target_os = "linux")]
fn watched(turn: &Path) -> rustix::io::Result<std::os::fd::OwnedFd> {
    use rustix::fs::inotify;
    let watched = inotify::init(inotify::CreateFlags::CLOEXEC)?;
    inotify::add_watch(&watched, turn, inotify::WatchFlags::MODIFY)?;
    Ok(watched)
}

#[cfg(target_os = "linux")]
fn hear(watched: &std::os::fd::OwnedFd, told: &Weak<watch::Sender<()>>) {
    // What has gathered is read at once.
    let mut buffer = [0_u8; 4_096];
    loop {
        match rustix::io::read(watched, &mut buffer) {
            Ok(_) if pass_on(told) => {}
            Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return,
            Err(error) => return tracing::error!(%error, "nothing more is heard of other processes"),
        }
    }
}

fn ask(file: &Connection, told: &Weak<watch::Sender<()>>) {
    let mut known = None;
    loop {
        std::thread::sleep(ASKED_EVERY);
        let version: rusqlite::Result<i64> = file.pragma_query_value(None, "data_version", |row| row.get(0));
        match version {
            Ok(version) if known == Some(version) => {
                if told.strong_count() == 0 {
                    return;
                }
            }
            Ok(version) => {
                known = Some(version);
                if !pass_on(told) {
                    return;
                }
            }
            Err(error) => return tracing::error!(%error, "nothing more is heard of other processes"),
        }
    }
}
