//! What is handed to a broker, and what it answers.

use std::{sync::Arc, time::Duration};

use soorma_common::{Address, EventEnvelope, id};

/// One event on its way into a broker.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The event.
    pub event: Arc<EventEnvelope>,
    /// Who may hear it.
    pub to: Address,
    /// Whether room must be free for it.
    pub admission: Admission,
    /// How long nobody hears it; zero for most. It is stored, and recognised as a duplicate, from now on.
    pub delay: Duration,
}

impl Publication {
    /// At once, room or not.
    #[must_use]
    pub fn new(event: Arc<EventEnvelope>, to: Address) -> Self {
        Self { event, to, admission: Admission::Always, delay: Duration::ZERO }
    }
}

/// Whether a publisher waits where a topic is full, or the broker is away.
///
/// A topic is full when the broker says so: by the events that some durable subscription has not settled, by bytes.
///
/// Room is asked only of publishers outside handlers. What a handler publishes is always admitted where handling events
/// is what makes room, or a cycle of agents would lock itself up. A broker with a hard limit may refuse it as
/// [`Full`](super::PublishError::Full), at once: then the event is handed back, and no attempt is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Admitted at once.
    Always,
    /// Waits for room as long as this, then fails with [`PublishError::Full`](super::PublishError::Full).
    Within(Duration),
}

/// A stored event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its place in the topic, from 1; that of the first one, where this is a duplicate.
    pub sequence: u64,
    /// Whether `(source, id)` was stored before, so that nothing was added.
    pub duplicate: bool,
}

/// How many lanes the keys of a topic share.
pub(crate) const LANES: u8 = 16;

/// The lane of a key, 0 to 15: the same in every process and every version.
#[must_use]
pub fn lane_of(partition_key: &str) -> u8 {
    (id::spread(partition_key.as_bytes()) % u64::from(LANES)) as u8
}
