//! `memory:` as a target: the example to follow.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use soorma::{
    BoxFuture, Clock,
    broker::memory::{MemoryBroker, MemoryLimits},
    store::memory::MemoryStore,
};

use crate::{Connection, Space, Target, Wishes};

/// `memory:`, the broker inside the process. Its "processes" are apps that share one broker.
#[derive(Default)]
pub struct Memory {
    spaces: Mutex<HashMap<String, Connection>>,
}

impl Memory {
    /// No space has been used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn open(space: &Space) -> Connection {
        let usual = MemoryLimits::default();
        let limits = MemoryLimits {
            capacity: space.capacity.unwrap_or(usual.capacity),
            dedup_window: space.dedup_window.unwrap_or(usual.dedup_window),
            ..usual
        };
        let clock = Clock::system();
        Connection {
            broker: Arc::new(MemoryBroker::with_limits(clock.clone(), limits)),
            store: Arc::new(MemoryStore::new(clock)),
            owned: false,
        }
    }
}

impl Target for Memory {
    fn name(&self) -> String {
        "memory:".to_owned()
    }

    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>> {
        Box::pin(async move {
            let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(spaces.entry(space.name.clone()).or_insert_with(|| Self::open(space)).clone())
        })
    }

    fn grants(&self) -> Wishes {
        Wishes { retention: false, ..Wishes::ALL }
    }

    fn forget<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.spaces.lock().unwrap_or_else(PoisonError::into_inner).remove(&space.name);
        })
    }
}
