//! The broker of a process that dies.

use std::{sync::Arc, time::Duration};

use soorma::{
    BoxFuture,
    broker::{
        Backlog, Broker, BrokerError, Capabilities, DeadLetter, DeadLetters, Delivery, Drift, Drifted,
        Handle, Publication, PublishError, Published, Receipt, SettleError, Subscription, SubscriptionId,
        SubscriptionSpec,
    },
};

use super::Fuse;

/// A broker as a process sees it that dies.
pub struct FusedBroker {
    inner: Arc<dyn Broker>,
    fuse: Arc<Fuse>,
}

impl FusedBroker {
    /// This broker, until the fuse is blown.
    #[must_use]
    pub fn new(inner: Arc<dyn Broker>, fuse: Arc<Fuse>) -> Self {
        Self { inner, fuse }
    }
}

impl Broker for FusedBroker {
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
        Box::pin(self.fuse.effect(self.inner.publish(batch)))
    }

    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>> {
        Box::pin(async move {
            let inner = self.inner.subscribe(spec).await?;
            Ok(Box::new(Fused { inner, fuse: self.fuse.clone() }) as Box<dyn Subscription>)
        })
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

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

/// A subscription, or a receipt, of a process that dies.
struct Fused<T> {
    fuse: Arc<Fuse>,
    inner: T,
}

impl Subscription for Fused<Box<dyn Subscription>> {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        let Self { inner, fuse } = self;
        Box::pin(async move {
            let deliveries = fuse.look(inner.next(max)).await?;
            let fused = |delivery| {
                let Delivery { event, sequence, delivered, until, receipt, .. } = delivery;
                let receipt = Fused { inner: receipt, fuse: fuse.clone() };
                Delivery::new(event, sequence, delivered, until, receipt)
            };
            Ok(deliveries.into_iter().map(fused).collect())
        })
    }

    fn missed(&self) -> u64 {
        self.inner.missed()
    }

    fn stop(&mut self) {
        self.inner.stop();
    }
}

impl Receipt for Fused<Handle> {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.fuse.effect(self.inner.ack()))
    }

    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.fuse.effect(self.inner.hand_back(delay)))
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.fuse.look(self.inner.extend()))
    }

    fn dead_letter(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.fuse.effect(self.inner.dead_letter(letter)))
    }
}
