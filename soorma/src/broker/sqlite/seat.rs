//! Where a member waits. Owns whether there may be something for it; must not know what.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{hand::Hand, hearing::Known};

/// Where one member waits, and the scout finds it.
pub(super) struct Seat {
    pub(super) place: Place,
    pub(super) known: Known,
    flags: Mutex<Flags>,
    /// Told when there may be something.
    pub(super) told: Notify,
}

/// From where on a member reads.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// From the cursor of this durable subscription.
    Durable(i64),
    /// From a place of its own; with what it has in hand.
    Ephemeral(Arc<Hand>),
}

pub(super) struct Flags {
    /// There may be something: it is of use to look.
    pub(super) look: bool,
    /// It has looked, and waits to be told.
    pub(super) waits: bool,
    /// When the first backoff is over.
    pub(super) due: i64,
    /// No lease of another member ends before that.
    pub(super) first_end: i64,
    /// Where an ephemeral one stands.
    pub(super) cursor: i64,
}

impl Seat {
    pub(super) fn new(place: Place, known: Known, cursor: i64) -> Self {
        let flags = Flags { look: true, waits: false, due: i64::MAX, first_end: 0, cursor };
        Self { place, known, flags: Mutex::new(flags), told: Notify::new() }
    }

    /// The durable subscription that it is of.
    pub(super) fn durable(&self) -> Option<i64> {
        match self.place {
            Place::Durable(subscription) => Some(subscription),
            Place::Ephemeral(_) => None,
        }
    }

    pub(super) fn flags(&self) -> MutexGuard<'_, Flags> {
        self.flags.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When there is something by itself, for a durable one that waits.
    pub(super) fn timer(&self) -> Option<i64> {
        let flags = self.flags();
        let timed = flags.waits && matches!(self.place, Place::Durable(_));
        timed.then(|| flags.due.min(flags.first_end))
    }

    /// Where it stands, if it waits.
    pub(super) fn waits_at(&self) -> Option<i64> {
        let flags = self.flags();
        flags.waits.then_some(flags.cursor)
    }

    /// There may be something.
    pub(super) fn tell(&self) {
        let mut flags = self.flags();
        flags.look = true;
        if std::mem::take(&mut flags.waits) {
            self.told.notify_one();
        }
    }

    /// Whether it is of use to look now; where not, it waits from now on.
    pub(super) fn begin(&self) -> bool {
        let mut flags = self.flags();
        let look = std::mem::take(&mut flags.look);
        flags.waits = !look;
        look
    }
}
