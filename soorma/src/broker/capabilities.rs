//! What a broker can do.

use std::time::Duration;

/// What a broker can do, and within which limits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// The URL scheme, for example `memory`.
    pub name: &'static str,
    /// Whether what was stored survives the process.
    pub durable: bool,
    /// For how long a repeated `(source, id)` is recognised, at least; [`Duration::MAX`] for ever. Zero is never, and
    /// then outputs of a handler that runs again are published again.
    pub dedup_window: Duration,
    /// How many ids a topic the window holds at most; `None` where only time ends it.
    pub dedup_events: Option<usize>,
    /// Whether a publication can be delayed. Where not, one with a delay fails as
    /// [`PublishError::Unsupported`](super::PublishError::Unsupported).
    pub delay: bool,
    /// The largest event, in bytes of its data; `None` where there is no limit.
    pub largest_event: Option<usize>,
    /// What holds up what in an ordered subscription.
    pub order: Order,
    /// Whether a batch is stored whole or not at all. Where not, event by event.
    pub atomic: bool,
    /// Whether a full topic admits what handlers publish, all the same. Where it does not, their events are handed back
    /// until there is room, and no attempt is counted.
    pub overflow: bool,
}

/// What holds up what in an ordered subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// An event waits for those of its own key only.
    Key,
    /// An event waits for those of its [lane](super::lane_of), which other keys share.
    Lane,
}

impl Capabilities {
    /// A broker that is durable, has no limits, recognises a repetition within two minutes, keeps order by lane, stores
    /// a batch event by event, and always admits what handlers publish.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            durable: true,
            dedup_window: Duration::from_secs(120),
            dedup_events: None,
            delay: true,
            largest_event: None,
            order: Order::Lane,
            atomic: false,
            overflow: true,
        }
    }
}
