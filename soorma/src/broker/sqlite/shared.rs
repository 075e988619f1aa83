//! What the handle, the members and the receipts of one broker share: the file, who waits, and whether it is closed.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{Notify, watch},
};

use super::{recent::Recent, seat::Seat};
use crate::{
    broker::BrokerError,
    clock::Clock,
    sqlite::{Database, FileClock},
};

/// The pause after trouble with the file.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Shared {
    pub(super) database: Arc<Database>,
    pub(super) recent: Arc<Mutex<Recent>>,
    pub(super) closed: watch::Sender<bool>,
    /// Who waits, or will, for what is written.
    seats: Mutex<Vec<Arc<Seat>>>,
    /// Tells the scout to look about: its timers are to be set anew, there is somebody to look for, or nobody any more.
    pub(super) kick: Arc<Notify>,
    /// How many things are still being written that nobody waits for.
    pub(super) aside: watch::Sender<usize>,
    /// A member may be dropped where no runtime is.
    runtime: Handle,
}

impl Shared {
    /// Inside a runtime.
    pub(super) fn new(database: Arc<Database>) -> Self {
        let recent = Recent::new(database.options().dedup);
        Self {
            recent: Arc::new(Mutex::new(recent)),
            database,
            closed: watch::Sender::new(false),
            seats: Mutex::default(),
            kick: Arc::default(),
            aside: watch::Sender::new(0),
            runtime: Handle::current(),
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        self.file_clock().clock()
    }

    pub(super) fn file_clock(&self) -> &FileClock {
        self.database.clock()
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    pub(super) fn check_open(&self) -> Result<(), BrokerError> {
        if self.is_closed() { Err(BrokerError::Closed) } else { Ok(()) }
    }

    pub(super) fn seats(&self) -> MutexGuard<'_, Vec<Arc<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take_seat(&self, seat: &Arc<Seat>) {
        self.seats().push(seat.clone());
        self.kick.notify_one();
    }

    pub(super) fn leave_seat(&self, seat: &Arc<Seat>) {
        self.seats().retain(|known| !Arc::ptr_eq(known, seat));
    }

    /// Does something that nobody waits for; [`close`](Self::close) does.
    pub(super) fn aside(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        self.aside.send_modify(|count| *count += 1);
        let done = Done(self.clone());
        self.runtime.spawn(async move {
            work.await;
            drop(done);
        });
    }

    /// Asks the file for a word, and writes nothing.
    pub(super) async fn health(&self) -> Result<(), BrokerError> {
        self.check_open()?;
        let path = self.database.options().path.clone();
        let there = self.database.read(move |file| {
            super::log::end(file)?;
            Ok(std::fs::metadata(&path).map(drop))
        });
        there.await?.map_err(|error| BrokerError::Unavailable(Box::new(error)))
    }

    pub(super) async fn close(&self) {
        self.closed.send_replace(true);
        for seat in self.seats().iter() {
            seat.told.notify_one();
        }
        self.kick.notify_one();
        let mut aside = self.aside.subscribe();
        // The sender lives as long as this.
        drop(aside.wait_for(|count| *count == 0).await);
        // What was said before this is written before this.
        drop(self.database.write(|_| Ok(())).await);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The scout ends.
        self.kick.notify_one();
    }
}

/// Counts one thing less when it is dropped, however that comes.
struct Done(Arc<Shared>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.aside.send_modify(|count| *count = count.saturating_sub(1));
    }
}
