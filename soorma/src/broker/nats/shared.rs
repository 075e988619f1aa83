//! What everything on one connection shares.

use std::sync::{Arc, Mutex};

use soorma_common::EventTopic;
use tokio::sync::{OnceCell, Semaphore, watch};

use super::{ephemeral::Ephemerals, keys::KeyOrder, subject::Subjects};
use crate::{broker::BrokerError, nats::Link};

/// How many publications of this process are on their way at once.
pub(super) const WINDOW: usize = 1024;

pub(super) struct Shared {
    pub(super) link: Arc<Link>,
    pub(super) subjects: Subjects,
    /// Which topics are known to exist, so that a publisher asks once.
    pub(super) topics: [OnceCell<()>; EventTopic::ALL.len()],
    pub(super) letters: OnceCell<()>,
    pub(super) keys: KeyOrder,
    pub(super) window: Semaphore,
    pub(super) ephemerals: Mutex<Ephemerals>,
    /// Becomes true when this handle is closed.
    pub(super) closed: watch::Sender<bool>,
    /// How many members still have something to tidy up.
    pub(super) members: watch::Sender<usize>,
}

impl Shared {
    pub(super) fn new(link: Arc<Link>) -> Self {
        let subjects = Subjects::new(&link.options.namespace);
        Self {
            link,
            subjects,
            topics: Default::default(),
            letters: OnceCell::new(),
            keys: KeyOrder::default(),
            window: Semaphore::new(WINDOW),
            ephemerals: Mutex::default(),
            closed: watch::Sender::new(false),
            members: watch::Sender::new(0),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    pub(super) fn check_open(&self) -> Result<(), BrokerError> {
        if self.is_closed() { Err(BrokerError::Closed) } else { Ok(()) }
    }
}
