//! What all agents of one process share: broker, store, clock, state, inbox.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Notify, watch};

use crate::{
    broker::Broker, bus::Inbox, clock::Clock, handler::StateMap, registry::Registry, settings::Settings,
    store::Store, task::Answers,
};

/// What all agents of one process share.
pub(crate) struct Services {
    pub(crate) broker: Arc<dyn Broker>,
    /// Whether the broker was opened for this app, and is closed with it.
    owns_broker: bool,
    /// Set at the end: handles that are left publish nothing more.
    closed: AtomicBool,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    pub(crate) clock: Clock,
    pub(crate) state: StateMap,
    pub(crate) settings: Settings,
    pub(crate) inbox: Inbox,
    pub(crate) answers: Answers,
    /// True once somebody has asked the app to stop.
    pub(crate) stop: watch::Sender<bool>,
    /// Told whenever a delivery has been settled, or given up; a program has nobody who listens.
    activity: Option<Arc<Notify>>,
}

impl Services {
    pub(crate) fn new(
        (broker, owns_broker): (Arc<dyn Broker>, bool),
        store: Arc<dyn Store>,
        clock: Clock,
        state: StateMap,
        settings: Settings,
        activity: Option<Arc<Notify>>,
        name: &str,
    ) -> Self {
        let registry = Registry::new(store.clone(), clock.clone());
        let inbox = Inbox::new(name);
        let (stop, _) = watch::channel(false);
        Self {
            broker,
            owns_broker,
            closed: AtomicBool::new(false),
            store,
            registry,
            clock,
            state,
            settings,
            inbox,
            answers: Answers::default(),
            stop,
            activity,
        }
    }

    /// Says that deliveries have been settled, or given up.
    pub(crate) fn settled(&self) {
        if let Some(activity) = &self.activity {
            activity.notify_waiters();
        }
    }

    /// Ends all publishing and asking by this app.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.inbox.close();
        if self.owns_broker {
            self.broker.close().await;
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("settings", &self.settings).finish_non_exhaustive()
    }
}
