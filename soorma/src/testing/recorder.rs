//! A broker that remembers what went through it, in front of another one.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use soorma_common::EventEnvelope;

use crate::{
    BoxFuture,
    broker::{
        Backlog, Broker, BrokerError, Capabilities, DeadLetters, Drift, Drifted, Publication, PublishError,
        Published, Subscription, SubscriptionId, SubscriptionSpec,
    },
};

/// Remembers every event that was stored, for as long as the test runs.
pub(super) struct Recorder {
    inner: Arc<dyn Broker>,
    events: Mutex<Vec<Arc<EventEnvelope>>>,
}

impl Recorder {
    pub(super) fn new(inner: Arc<dyn Broker>) -> Self {
        Self { inner, events: Mutex::default() }
    }

    pub(super) fn events(&self) -> Vec<Arc<EventEnvelope>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<EventEnvelope>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("events", &self.lock().len()).finish_non_exhaustive()
    }
}

impl Broker for Recorder {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn provision<'a>(
        &'a self,
        specs: &'a [SubscriptionSpec],
        drifted: Drifted,
    ) -> BoxFuture<'a, Result<Vec<Drift>, BrokerError>> {
        self.inner.provision(specs, drifted)
    }

    fn durables(&self) -> BoxFuture<'_, Result<Vec<SubscriptionId>, BrokerError>> {
        self.inner.durables()
    }

    fn remove<'a>(&'a self, id: &'a SubscriptionId) -> BoxFuture<'a, Result<bool, BrokerError>> {
        self.inner.remove(id)
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<Published, PublishError>>> {
        Box::pin(async move {
            let events: Vec<_> = batch.iter().map(|publication| publication.event.clone()).collect();
            let results = self.inner.publish(batch).await;
            let stored = events.into_iter().zip(&results);
            let new = stored.filter(|(_, result)| matches!(result, Ok(published) if !published.duplicate));
            self.lock().extend(new.map(|(event, _)| event));
            results
        })
    }

    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>> {
        self.inner.subscribe(spec)
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        self.inner.dead_letters()
    }

    fn backlog<'a>(&'a self, of: &'a [SubscriptionId]) -> BoxFuture<'a, Result<Backlog, BrokerError>> {
        self.inner.backlog(of)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BrokerError>> {
        self.inner.health()
    }

    /// One app ends; the test goes on.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
