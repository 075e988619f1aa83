//! A broker for tests of the suite: `memory:` as if it were a server, with every capability, and with a fault where
//! one is asked for.

mod bench;
mod bend;
mod fault;
mod world;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use soorma::{
    Address, BoxFuture, EventDraft, EventEnvelope, EventTopic, Timestamp,
    broker::{Admission, Publication, SubscriptionId},
};
use soorma_conformance::{Connection, Foreign, Server, Space, Target, Wishes};

pub(crate) use self::fault::{CAUGHT_BY, Fault};
use self::world::World;

/// The target.
pub(crate) struct Lab {
    fault: Fault,
    shared: Arc<World>,
}

impl Lab {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, shared: Arc::new(World::new(fault)) }
    }
}

impl Target for Lab {
    fn name(&self) -> String {
        match self.fault {
            Fault::None => "lab".to_owned(),
            fault => format!("{fault:?}"),
        }
    }

    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>> {
        Box::pin(async move { Ok(self.shared.connect(space)) })
    }

    fn grants(&self) -> Wishes {
        Wishes::ALL
    }

    fn server(&self) -> Option<BoxFuture<'_, anyhow::Result<Arc<dyn Server>>>> {
        Some(Box::pin(async move {
            let server: Arc<dyn Server> = Arc::new(OwnServer(Arc::new(World::new(self.fault))));
            Ok(server)
        }))
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        Some(&*self.shared)
    }

    fn forget<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.shared.forget(space) })
    }
}

struct OwnServer(Arc<World>);

impl Server for OwnServer {
    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>> {
        Box::pin(async move { Ok(self.0.connect(space)) })
    }

    fn kill(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async move {
            self.0.kill();
            Ok(())
        })
    }

    fn start(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async move {
            // As long as a quick server takes.
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.0.start();
            Ok(())
        })
    }

    fn cut(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async move {
            self.0.cut();
            Ok(())
        })
    }

    fn delete_durable<'a>(
        &'a self,
        _space: &'a Space,
        id: &'a SubscriptionId,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            self.0.delete(id);
            Ok(())
        })
    }

    fn change_setting<'a>(
        &'a self,
        _space: &'a Space,
        id: &'a SubscriptionId,
    ) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async move {
            self.0.drift(id);
            Ok(true)
        })
    }

    fn heartbeat(&self) -> Duration {
        Duration::from_millis(100)
    }
}

/// The mark of an event whose data are the bytes that somebody put there.
pub(crate) const RAW: &str = "raw_bytes";

impl Foreign for World {
    fn put<'a>(
        &'a self,
        space: &'a Space,
        topic: EventTopic,
        event_type: &'a str,
        bytes: &'a [u8],
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let draft = EventDraft::new(topic, event_type.to_owned(), &bytes)?;
            let mut event = EventEnvelope::root("foreign", draft, Timestamp::now());
            event.extensions.insert(RAW.to_owned(), true.into());
            let publication = Publication {
                event: Arc::new(event),
                to: Address::Everyone,
                admission: Admission::Always,
                delay: Duration::ZERO,
            };
            for result in self.good(space).broker.publish(vec![publication]).await {
                result?;
            }
            Ok(())
        })
    }
}

/// A map under a lock that nothing can poison for good.
pub(crate) type Shared<K, V> = Mutex<HashMap<K, V>>;

pub(crate) fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
