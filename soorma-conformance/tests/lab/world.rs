//! The server: what it stores, and whether it is there.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use soorma::{
    Clock,
    broker::{
        SubscriptionId,
        memory::{MemoryBroker, MemoryLimits},
    },
    store::memory::MemoryStore,
};
use soorma_conformance::{Connection, Space, front::Front};
use tokio::{sync::watch, task::AbortHandle};

use super::{Fault, Shared, bench::Bench, lock};

pub(crate) struct World {
    pub(crate) fault: Fault,
    pub(crate) up: watch::Sender<bool>,
    /// How often connections were broken.
    pub(crate) cuts: watch::Sender<u64>,
    spaces: Shared<String, Stored>,
    pub(crate) drifted: Mutex<HashSet<SubscriptionId>>,
    pub(crate) deleted: Mutex<HashSet<SubscriptionId>>,
    /// Delayed events that are in the server's memory only.
    pub(crate) timers: Mutex<Vec<AbortHandle>>,
    connections: AtomicU64,
}

#[derive(Clone)]
struct Stored {
    connection: Connection,
    retention: Option<Duration>,
}

impl World {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            up: watch::channel(true).0,
            cuts: watch::channel(0).0,
            spaces: Mutex::new(HashMap::new()),
            drifted: Mutex::default(),
            deleted: Mutex::default(),
            timers: Mutex::default(),
            connections: AtomicU64::new(0),
        }
    }

    fn stored(&self, space: &Space) -> Stored {
        let name = if self.fault == Fault::OneNamespace { String::new() } else { space.name.clone() };
        let usual = MemoryLimits::default();
        let limits = MemoryLimits {
            capacity: space.capacity.unwrap_or(usual.capacity),
            dedup_window: space.dedup_window.unwrap_or(usual.dedup_window),
            ..usual
        };
        let open = || Stored {
            connection: Connection {
                broker: Arc::new(MemoryBroker::with_limits(Clock::system(), limits)),
                store: Arc::new(MemoryStore::new(Clock::system())),
                owned: false,
            },
            retention: space.retention,
        };
        lock(&self.spaces).entry(name).or_insert_with(open).clone()
    }

    /// What is stored, without a wire before it.
    pub(crate) fn good(&self, space: &Space) -> Connection {
        self.stored(space).connection
    }

    pub(crate) fn connect(self: &Arc<Self>, space: &Space) -> Connection {
        let Stored { connection, retention } = self.stored(space);
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        let bench = Bench::new(self.clone(), retention, number);
        Connection { broker: Arc::new(Front::new(connection.broker, Arc::new(bench))), ..connection }
    }

    pub(crate) fn forget(&self, space: &Space) {
        lock(&self.spaces).remove(&space.name);
    }

    pub(crate) fn kill(&self) {
        self.up.send_replace(false);
        self.cut();
        for timer in lock(&self.timers).drain(..) {
            timer.abort();
        }
    }

    pub(crate) fn start(&self) {
        self.up.send_replace(true);
    }

    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub(crate) fn delete(&self, id: &SubscriptionId) {
        lock(&self.deleted).insert(id.clone());
    }

    pub(crate) fn drift(&self, id: &SubscriptionId) {
        lock(&self.drifted).insert(id.clone());
    }
}
