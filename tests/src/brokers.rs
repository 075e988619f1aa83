//! Brokers that misbehave on purpose, in front of a good one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    BoxFuture,
    broker::{
        Backlog, Broker, BrokerError, Capabilities, DeadLetter, DeadLetters, Delivery, Drift, Drifted,
        Handle, Publication, PublishError, Published, Receipt, SettleError, Subscription, SubscriptionId,
        SubscriptionSpec,
    },
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The first so many acknowledgements are lost on the way.
    LoseAcks(u32),
    /// Acknowledgements are taken, and never confirmed.
    NeverConfirms,
    /// The first acknowledgement panics.
    PanicOnAck,
    /// No lease is ever extended.
    RefuseExtensions,
    /// Drawing panics.
    PanicOnNext,
    /// The first so many events of this type are not stored.
    RefusePublish(&'static str, u32),
    /// The last event of this type that is published in one go with others is not stored, once; the others are.
    RefuseEvent(&'static str),
    /// Events of this type are taken, and never confirmed.
    NeverStores(&'static str),
    /// It knows no delay.
    NoDelay,
    /// So many events were gone before each subscription came to them.
    Forgot(u64),
}

/// A good broker behind a bad connection, which may take its time.
pub struct Faulty {
    inner: Arc<dyn Broker>,
    fault: Fault,
    acks: Arc<AtomicU32>,
    extensions: Arc<AtomicU32>,
    refused: AtomicU32,
}

impl Faulty {
    /// This broker with this fault.
    #[must_use]
    pub fn new(inner: Arc<dyn Broker>, fault: Fault) -> Self {
        Self { inner, fault, acks: Arc::default(), extensions: Arc::default(), refused: AtomicU32::new(0) }
    }
}

impl Faulty {
    /// How often a lease was to be extended.
    #[must_use]
    pub fn extensions(&self) -> Arc<AtomicU32> {
        self.extensions.clone()
    }
}

impl Broker for Faulty {
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        capabilities.durable = true;
        capabilities
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

    fn publish(&self, mut batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<Published, PublishError>>> {
        let first_of = |event_type: &str| {
            batch.iter().position(|publication| publication.event.event_type == event_type)
        };
        let away = || Err(PublishError::Unavailable("the broker is away".into()));
        match self.fault {
            Fault::RefusePublish(event_type, times)
                if first_of(event_type).is_some() && self.refused.fetch_add(1, Ordering::SeqCst) < times =>
            {
                return Box::pin(async move { batch.into_iter().map(|_| away()).collect() });
            }
            Fault::RefuseEvent(event_type) => {
                let last = batch.iter().rposition(|publication| publication.event.event_type == event_type);
                if let Some(last) = last.filter(|last| *last > 0)
                    && self.refused.fetch_add(1, Ordering::SeqCst) == 0
                {
                    batch.remove(last);
                    return Box::pin(async move {
                        let mut results = self.inner.publish(batch).await;
                        results.insert(last, away());
                        results
                    });
                }
            }
            Fault::NeverStores(event_type) if first_of(event_type).is_some() => {
                return Box::pin(std::future::pending());
            }
            _ => {}
        }
        if self.fault == Fault::NoDelay && batch.iter().any(|publication| !publication.delay.is_zero()) {
            let refused = |_| Err(PublishError::Unsupported("delay an event"));
            return Box::pin(async move { batch.into_iter().map(refused).collect() });
        }
        self.inner.publish(batch)
    }

    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>> {
        Box::pin(async move {
            let inner = self.inner.subscribe(spec).await?;
            let (acks, extensions) = (self.acks.clone(), self.extensions.clone());
            let faulty = FaultySubscription { inner, fault: self.fault, acks, extensions };
            Ok(Box::new(faulty) as Box<dyn Subscription>)
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

struct FaultySubscription {
    inner: Box<dyn Subscription>,
    fault: Fault,
    acks: Arc<AtomicU32>,
    extensions: Arc<AtomicU32>,
}

impl Subscription for FaultySubscription {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        Box::pin(async move {
            let deliveries = self.inner.next(max).await?;
            assert!(self.fault != Fault::PanicOnNext, "the broker panics");
            let faulty = |delivery| {
                let Delivery { event, sequence, delivered, until, receipt: inner, .. } = delivery;
                let (acks, extensions) = (self.acks.clone(), self.extensions.clone());
                let receipt = FaultyReceipt { inner, fault: self.fault, acks, extensions };
                Delivery::new(event, sequence, delivered, until, receipt)
            };
            Ok(deliveries.into_iter().map(faulty).collect())
        })
    }

    fn missed(&self) -> u64 {
        match self.fault {
            Fault::Forgot(missed) => missed,
            _ => self.inner.missed(),
        }
    }

    fn stop(&mut self) {
        self.inner.stop();
    }
}

struct FaultyReceipt {
    inner: Handle,
    fault: Fault,
    acks: Arc<AtomicU32>,
    extensions: Arc<AtomicU32>,
}

impl Receipt for FaultyReceipt {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        match self.fault {
            Fault::NeverConfirms => Box::pin(std::future::pending()),
            Fault::PanicOnAck if self.acks.fetch_add(1, Ordering::SeqCst) == 0 => {
                Box::pin(async { panic!("the broker panics") })
            }
            Fault::LoseAcks(lost) if self.acks.fetch_add(1, Ordering::SeqCst) < lost => {
                Box::pin(async { Err(SettleError::Unavailable("the acknowledgement was lost".into())) })
            }
            _ => self.inner.ack(),
        }
    }

    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        self.inner.hand_back(delay)
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        self.extensions.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Fault::RefuseExtensions => {
                Box::pin(async { Err(SettleError::Unavailable("the extension was lost".into())) })
            }
            _ => self.inner.extend(),
        }
    }

    fn dead_letter(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        self.inner.dead_letter(letter)
    }
}
