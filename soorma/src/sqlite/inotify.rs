//! What the kernel tells of the files (inotify): that one of them is gone, and that the file of the turns was written to.
//! Must not know what is in them.

use std::{
    mem::MaybeUninit,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::{
    fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags},
    io::{self, Errno},
};

/// Attributes: how many names a file has is one, so whoever waits is told when it is deleted.
const GONE: WatchFlags = WatchFlags::ATTRIB.union(WatchFlags::MOVE_SELF);

/// Watches both files.
pub(super) fn watch(database: &Path, turn: &Path) -> io::Result<(Heard, Ear, Watched)> {
    let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
    inotify::add_watch(&*inotify, database, GONE)?;
    let watch = inotify::add_watch(&*inotify, turn, GONE | WatchFlags::MODIFY)?;
    let ear = Ear { inotify: inotify.clone(), turn: turn.to_owned(), rests: false };
    Ok((Heard(inotify.clone()), ear, Watched { inotify, watch }))
}

/// Ends the watching when it is dropped.
pub(super) struct Watched {
    inotify: Arc<OwnedFd>,
    watch: i32,
}

impl Drop for Watched {
    fn drop(&mut self) {
        // The kernel says so to whoever reads. It fails where the watch has ended by itself.
        let _ = inotify::remove_watch(&*self.inotify, self.watch);
    }
}

/// Whether the kernel tells of what is written, which wakes a thread each time. That a file is gone it tells always.
pub(super) struct Ear {
    inotify: Arc<OwnedFd>,
    turn: PathBuf,
    rests: bool,
}

impl Ear {
    pub(super) fn attend(&mut self) {
        if self.rests {
            // It fails where the file is gone, which whoever looks finds out.
            self.rests = inotify::add_watch(&*self.inotify, &self.turn, GONE | WatchFlags::MODIFY).is_err();
        }
    }

    pub(super) fn rest(&mut self) {
        self.rests = self.rests || inotify::add_watch(&*self.inotify, &self.turn, GONE).is_ok();
    }

    #[cfg(test)]
    pub(super) fn rests(&self) -> bool {
        self.rests
    }
}

/// What is heard.
pub(super) struct Heard(Arc<OwnedFd>);

impl Heard {
    /// Passes on what the kernel tells, until the watching has ended: whether it is only that something was written. What
    /// has come together is passed on once.
    pub(super) fn each(&self, mut hear: impl FnMut(bool)) -> io::Result<()> {
        let mut buffer = [MaybeUninit::uninit(); 4_096];
        let mut told = inotify::Reader::new(&self.0, &mut buffer);
        let mut together = ReadFlags::empty();
        loop {
            match told.next() {
                Ok(event) => {
                    together |= event.events();
                    let ended = together.contains(ReadFlags::IGNORED);
                    if told.is_buffer_empty() || ended {
                        hear(together == ReadFlags::MODIFY);
                        together = ReadFlags::empty();
                    }
                    if ended {
                        return Ok(());
                    }
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
