//! The news: that something was written which somebody may wait for, by this process or by another one.
//!
//! Whoever writes such a thing writes into the file of the turns, after its commit; the kernel tells all who watch that
//! file (inotify). Where it cannot, a thread reads the file every few milliseconds. What a handle has written itself it tells
//! its own members at once, and does not hear again.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use tokio::sync::watch;

#[cfg(target_os = "linux")]
use super::inotify;
use super::{
    place::Places,
    turn::{self, Stamp, Turn},
};

/// How often the file is read where the kernel does not tell: half a percent of a core, and 4 ms in the middle.
const ASKED_EVERY: Duration = Duration::from_millis(8);

/// How many handles there were in this process.
static HANDLES: AtomicU32 = AtomicU32::new(1);

/// The news of one handle. Clones are one.
#[derive(Clone)]
pub(super) struct News(Arc<Told>);

struct Told {
    listeners: watch::Sender<()>,
    /// Among the handles of this process.
    number: u32,
    /// What it wrote last into the file of the turns.
    own: Mutex<Stamp>,
    #[cfg(target_os = "linux")]
    ear: Mutex<Option<inotify::Ear>>,
}

/// What is read, with or without being told.
pub(super) struct Asked {
    pub(super) turn: Turn,
    pub(super) places: Places,
}

/// Hears of the other processes until it is dropped.
pub(super) struct Following {
    /// Dropped, it ends the asking.
    _asks: mpsc::Sender<()>,
    #[cfg(target_os = "linux")]
    _watched: Option<inotify::Watched>,
}

impl News {
    pub(super) fn new() -> Self {
        Self(Arc::new(Told {
            listeners: watch::Sender::new(()),
            number: HANDLES.fetch_add(1, Ordering::Relaxed),
            own: Mutex::default(),
            #[cfg(target_os = "linux")]
            ear: Mutex::default(),
        }))
    }

    /// Tells of what is committed: first the other handles, then this one. So whoever looks then finds all that was told of
    /// before this stamp, and where this stamp is the last one there is nothing more to hear.
    ///
    /// # Errors
    /// The others could not be told.
    pub(super) fn spread(&self, turn: &Turn) -> io::Result<()> {
        let stamp = turn::stamp(self.0.number);
        *lock(&self.0.own) = stamp;
        let told = turn.tell(&stamp);
        self.tell();
        told
    }

    fn tell(&self) {
        self.0.listeners.send_replace(());
    }

    /// Changes when there is news; what was told before has been seen.
    pub(super) fn listen(&self) -> watch::Receiver<()> {
        #[cfg(target_os = "linux")]
        let mut ear = lock(&self.0.ear);
        let listener = self.0.listeners.subscribe();
        #[cfg(target_os = "linux")]
        if let Some(ear) = &mut *ear {
            ear.attend();
        }
        listener
    }

    /// Asks the kernel not to tell, where nobody listens.
    #[cfg(target_os = "linux")]
    fn rest(&self) {
        let mut ear = lock(&self.0.ear);
        if self.0.listeners.receiver_count() == 0
            && let Some(ear) = &mut *ear
        {
            ear.rest();
        }
    }

    /// Tells of what the file of the turns says now, unless this handle has written it; of nothing that it says, too.
    fn hear(&self, stamp: Option<Stamp>) {
        if stamp.is_none_or(|stamp| stamp != *lock(&self.0.own)) {
            self.tell();
        }
    }

    /// Hears of the other processes from now on.
    pub(super) fn follow(&self, database: &Path, turn: &Path, asked: Asked) -> io::Result<Following> {
        #[cfg(target_os = "linux")]
        match inotify::watch(database, turn) {
            Ok((heard, ear, watched)) => {
                *lock(&self.0.ear) = Some(ear);
                let (news, (asks, stopped)) = (self.clone(), mpsc::channel());
                spawn(move || {
                    let hear = |written: bool| {
                        news.hear(written.then(|| asked.turn.stamp().ok()).flatten());
                        news.rest();
                    };
                    if let Err(error) = heard.each(hear) {
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

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
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
            news.hear(if wrong { None } else { stamp });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Instant};

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
            bed.turn.tell(&turn::stamp(0)).unwrap();
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

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn while_nobody_listens_the_kernel_does_not_tell() {
        let (bed, news) = (Bed::new("resting"), News::new());
        let file = bed.folder.join("a.db");
        let following = news.follow(&file, &place::beside(&file, "-turn"), bed.asked()).unwrap();
        let rests = || lock(&news.0.ear).as_ref().unwrap().rests();
        for _ in 0..3 {
            assert!(!rests());
            // It finds nobody.
            bed.turn.tell(&turn::stamp(0)).unwrap();
            let until = Instant::now() + PATIENCE;
            while !rests() && Instant::now() < until {
                tokio::task::yield_now().await;
            }
            assert!(rests());
            let mut told = news.listen();
            bed.turn.tell(&turn::stamp(0)).unwrap();
            tokio::time::timeout(PATIENCE, told.changed()).await.unwrap().unwrap();
        }
        drop(following);
    }

    #[tokio::test]
    async fn what_a_handle_has_written_itself_it_tells_once_and_what_others_have_always() {
        let (bed, news, other) = (Bed::new("own"), News::new(), News::new());
        let mut told = news.listen();
        let mut tells = |what: &dyn Fn()| {
            told.mark_unchanged();
            what();
            told.has_changed().unwrap()
        };
        let hear = || news.hear(bed.turn.stamp().ok());
        assert!(tells(&|| news.spread(&bed.turn).unwrap()));
        assert!(!tells(&hear));
        other.spread(&bed.turn).unwrap();
        assert!(tells(&hear));
        // The other one's was told of before.
        assert!(tells(&|| news.spread(&bed.turn).unwrap()));
        assert!(!tells(&hear));
        assert!(tells(&|| news.hear(None)));
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
