//! The news: that something was written which somebody may wait for, by this process or by another one.
//!
//! Whoever writes such a thing writes into the file of the turns, after its commit; the kernel tells all who watch that
//! file (inotify). Where it cannot, a thread reads the file every few milliseconds.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{
    place::Places,
    turn::{Stamp, Turn},
};

/// How often the file is read where the kernel does not tell: half a percent of a core, and 4 ms in the middle.
const ASKED_EVERY: Duration = Duration::from_millis(8);

/// Clones are one.
#[derive(Clone)]
pub(super) struct News(Arc<watch::Sender<()>>);

/// What is read where the kernel does not tell.
pub(super) struct Asked {
    pub(super) turn: Turn,
    pub(super) places: Places,
}

/// Hears of the other processes until it is dropped.
pub(super) struct Following {
    /// Dropped, it ends the asking.
    _asks: mpsc::Sender<()>,
    #[cfg(target_os = "linux")]
    _watched: Option<kernel::Watched>,
}

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

    /// Hears of the other processes from now on.
    pub(super) fn follow(&self, database: &Path, turn: &Path, asked: Asked) -> io::Result<Following> {
        #[cfg(target_os = "linux")]
        match kernel::watch(database, turn) {
            Ok((heard, watched)) => {
                let (news, (asks, stopped)) = (self.clone(), mpsc::channel());
                spawn(move || {
                    if let Err(error) = kernel::hear(&heard, &news) {
                        tracing::warn!(%error, "the file is watched no more, but asked");
                        ask(&asked, None, &news, &stopped);
                    }
                })?;
                return Ok(Following { _asks: asks, _watched: Some(watched) });
            }
            Err(error) => tracing::debug!(%error, "the file is not watched, but asked"),
        }
        let _ = (database, turn);
        self.follow_by_asking(asked)
    }

    fn follow_by_asking(&self, asked: Asked) -> io::Result<Following> {
        let (news, (asks, stopped)) = (self.clone(), mpsc::channel());
        let known = asked.turn.stamp().ok();
        spawn(move || ask(&asked, known, &news, &stopped))?;
        Ok(Following {
            _asks: asks,
            #[cfg(target_os = "linux")]
            _watched: None,
        })
    }
}

fn spawn(thread: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name("soorma-sqlite-news".to_owned()).spawn(thread).map(drop)
}

fn ask(asked: &Asked, mut known: Option<Stamp>, news: &News, stopped: &mpsc::Receiver<()>) {
    while stopped.recv_timeout(ASKED_EVERY) == Err(RecvTimeoutError::Timeout) {
        let stamp = asked.turn.stamp().ok();
        // Whoever looks finds out what is wrong with it.
        let wrong = stamp.is_none() || asked.places.check().is_err();
        if wrong || stamp != known {
            known = stamp;
            news.tell();
        }
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::{mem::MaybeUninit, os::fd::OwnedFd, path::Path, sync::Arc};

    use rustix::{
        fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags},
        io::Errno,
    };

    use super::News;

    /// Ends the watching when it is dropped.
    pub(super) struct Watched {
        inotify: Arc<OwnedFd>,
        turn: i32,
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            // The kernel says so to whoever reads. It fails where the watch has ended by itself.
            let _ = inotify::remove_watch(&*self.inotify, self.turn);
        }
    }

    pub(super) fn watch(database: &Path, turn: &Path) -> rustix::io::Result<(Arc<OwnedFd>, Watched)> {
        let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
        // Attributes: how many names a file has is one, so whoever waits is told when it is deleted.
        let gone = WatchFlags::ATTRIB | WatchFlags::MOVE_SELF;
        inotify::add_watch(&*inotify, database, gone)?;
        let turn = inotify::add_watch(&*inotify, turn, gone | WatchFlags::MODIFY)?;
        Ok((inotify.clone(), Watched { inotify, turn }))
    }

    /// Passes on what the kernel tells, until the watch of the turns has ended.
    pub(super) fn hear(inotify: &OwnedFd, news: &News) -> rustix::io::Result<()> {
        let mut buffer = [MaybeUninit::uninit(); 4_096];
        let mut told = inotify::Reader::new(inotify, &mut buffer);
        loop {
            match told.next() {
                Ok(event) => {
                    let ended = event.events().contains(ReadFlags::IGNORED);
                    // What has come together is passed on once.
                    if told.is_buffer_empty() || ended {
                        news.tell();
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::sqlite::place;

    const PATIENCE: Duration = Duration::from_secs(30);

    struct Bed {
        folder: PathBuf,
        turn: Turn,
    }

    impl Bed {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("soorma-news-{}-{name}", std::process::id()));
            drop(std::fs::remove_dir_all(&folder));
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("a.db"), "").unwrap();
            Self { turn: Turn::open(&folder.join("a.db-turn")).unwrap(), folder }
        }

        fn asked(&self) -> Asked {
            let (file, turn) = (self.folder.join("a.db"), self.folder.join("a.db-turn"));
            Asked { turn: Turn::open(&turn).unwrap(), places: Places::of([file, turn]).unwrap() }
        }
    }

    impl Drop for Bed {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }

    /// Hears of each commit, and its thread ends with it.
    async fn hears(bed: &Bed, news: News, following: Following) {
        let mut told = news.listen();
        for _ in 0..20 {
            told.mark_unchanged();
            bed.turn.tell().unwrap();
            tokio::time::timeout(PATIENCE, told.changed()).await.unwrap().unwrap();
        }
        drop(following);
        drop(news);
        // The thread has the last sender.
        let over = async { while told.changed().await.is_ok() {} };
        tokio::time::timeout(PATIENCE, over).await.unwrap();
    }

    #[tokio::test]
    async fn it_is_heard_by_watching() {
        let (bed, news) = (Bed::new("watching"), News::new());
        let file = bed.folder.join("a.db");
        let following = news.follow(&file, &place::beside(&file, "-turn"), bed.asked()).unwrap();
        #[cfg(target_os = "linux")]
        assert!(following._watched.is_some());
        hears(&bed, news, following).await;
    }

    #[tokio::test]
    async fn it_is_heard_by_asking() {
        let (bed, news) = (Bed::new("asking"), News::new());
        let following = news.follow_by_asking(bed.asked()).unwrap();
        hears(&bed, news, following).await;
    }

    #[tokio::test]
    async fn whoever_waits_is_told_that_the_file_is_deleted() {
        for by_asking in [false, true] {
            let (bed, news) = (Bed::new(&format!("deleted-{by_asking}")), News::new());
            let file = bed.folder.join("a.db");
            let _following = if by_asking {
                news.follow_by_asking(bed.asked()).unwrap()
            } else {
                news.follow(&file, &place::beside(&file, "-turn"), bed.asked()).unwrap()
            };
            let mut told = news.listen();
            std::fs::remove_file(&file).unwrap();
            tokio::time::timeout(PATIENCE, told.changed()).await.unwrap().unwrap();
        }
    }
}
