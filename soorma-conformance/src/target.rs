//! What a broker's author writes once: how the suite gets at the broker. Knows no case.

use std::{sync::Arc, time::Duration};

use soorma::{
    BoxFuture, EventTopic,
    broker::{Broker, SubscriptionId},
    store::Store,
};

/// A broker as the suite gets at it.
///
/// What a target cannot do it does not pretend: the cases that need it are reported as `n/a`, with the
/// [`Need`](crate::Need) that is missing.
pub trait Target: Send + Sync + 'static {
    /// The head of its column, for example `memory:`.
    fn name(&self) -> String;

    /// Connects as one more process would: a fresh broker handle, and a store that all processes of this space share.
    /// What was stored in a space is there for every connection to it; another space sees nothing of it.
    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>>;

    /// The wishes of a [`Space`] that [`connect`](Self::connect) grants.
    fn grants(&self) -> Wishes {
        Wishes::NONE
    }

    /// A server for one case alone, that can be stopped and started; `None` where the broker has none.
    fn server(&self) -> Option<BoxFuture<'_, anyhow::Result<Arc<dyn Server>>>> {
        None
    }

    /// The way of a writer who is not soorma; `None` where there is none.
    fn foreign(&self) -> Option<&dyn Foreign> {
        None
    }

    /// The case of this space is over: what it has left may be removed.
    fn forget<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, ()> {
        let _ = space;
        Box::pin(async {})
    }
}

/// A namespace, and what a case wishes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Space {
    /// Letters, digits and `-`; unlike every other in this run and in others.
    pub name: String,
    /// How many events make a topic full for publishers who ask for room: unsettled ones, or all that it keeps.
    pub capacity: Option<usize>,
    /// For how long a topic keeps its events.
    pub retention: Option<Duration>,
    /// For how long a repeated `(source, id)` is recognised.
    pub dedup_window: Option<Duration>,
}

impl Space {
    /// A space with the broker's usual settings.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), capacity: None, retention: None, dedup_window: None }
    }
}

/// Which wishes of a [`Space`] a target grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// [`Space::capacity`].
    pub capacity: bool,
    /// [`Space::retention`].
    pub retention: bool,
    /// [`Space::dedup_window`].
    pub dedup_window: bool,
}

impl Wishes {
    /// None of them.
    pub const NONE: Self = Self { capacity: false, retention: false, dedup_window: false };
    /// All of them.
    pub const ALL: Self = Self { capacity: true, retention: true, dedup_window: true };
}

/// What one process has of the outside.
#[derive(Clone)]
pub struct Connection {
    /// The broker handle.
    pub broker: Arc<dyn Broker>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// Whether the handle is this process's own, and is closed when it stops.
    pub owned: bool,
}

/// A server that one case has for itself. Dropping it stops it and removes what it has stored.
pub trait Server: Send + Sync {
    /// Connects as one more process would. While the server is away this waits for it, or gives a handle that is not
    /// healthy yet; it does not fail.
    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>>;

    /// Stops it, without giving it time: what it has not stored is gone.
    fn kill(&self) -> BoxFuture<'_, anyhow::Result<()>>;

    /// Starts it again, under the address that it had; returns once it answers.
    fn start(&self) -> BoxFuture<'_, anyhow::Result<()>>;

    /// Breaks all connections; the server goes on.
    fn cut(&self) -> BoxFuture<'_, anyhow::Result<()>>;

    /// Removes a durable behind the back of those who use it.
    fn delete_durable<'a>(
        &'a self,
        space: &'a Space,
        id: &'a SubscriptionId,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Changes a setting of what this durable consists of, as somebody might by hand; false where there is none.
    fn change_setting<'a>(
        &'a self,
        space: &'a Space,
        id: &'a SubscriptionId,
    ) -> BoxFuture<'a, anyhow::Result<bool>>;

    /// After how much silence a connection is looked at.
    fn heartbeat(&self) -> Duration;
}

/// Writes into a broker past soorma.
pub trait Foreign: Send + Sync {
    /// Stores bytes where events of this topic and type are stored, to everyone.
    fn put<'a>(
        &'a self,
        space: &'a Space,
        topic: EventTopic,
        event_type: &'a str,
        bytes: &'a [u8],
    ) -> BoxFuture<'a, anyhow::Result<()>>;
}
