//! A broker in front of another one, with hooks where the suite, and those who test it, want to interfere.

use std::{sync::Arc, time::Duration};

use soorma::{
    BoxFuture, EventEnvelope,
    broker::{
        Backlog, Broker, BrokerError, Capabilities, DeadLetter, DeadLetters, Delivery, Drift, Drifted,
        Handle, Publication, PublishError, Published, Receipt, SettleError, Subscription, SubscriptionId,
        SubscriptionSpec,
    },
};

/// What a hook is told of the delivery that is to be settled.
#[derive(Clone, Debug)]
pub struct About {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The event.
    pub event: Arc<EventEnvelope>,
    /// Its place in the topic.
    pub sequence: u64,
    /// How often it was handed out.
    pub delivered: u32,
}

/// What is done instead of what the good broker does; by default nothing.
#[allow(missing_docs)]
pub trait Hooks: Send + Sync + 'static {
    fn capabilities(&self, good: Capabilities) -> Capabilities {
        good
    }

    /// Before any call that goes over the wire: waits, or fails.
    fn admit(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    /// Why the broker is not there now, where it is not.
    fn away(&self) -> Option<String> {
        None
    }

    /// Ends when the connection breaks: whoever waits for deliveries waits anew.
    fn severed(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }

    fn spec(&self, spec: &SubscriptionSpec) -> SubscriptionSpec {
        spec.clone()
    }

    fn provisioned(&self, specs: &[SubscriptionSpec], drifted: Drifted, drift: Vec<Drift>) -> Vec<Drift> {
        let _ = (specs, drifted);
        drift
    }

    fn publish<'a>(
        &'a self,
        good: &'a Arc<dyn Broker>,
        batch: Vec<Publication>,
    ) -> BoxFuture<'a, Vec<Result<Published, PublishError>>> {
        good.publish(batch)
    }

    fn drawn<'a>(
        &'a self,
        good: &'a Arc<dyn Broker>,
        of: &'a SubscriptionSpec,
        deliveries: Vec<Delivery>,
    ) -> BoxFuture<'a, Vec<Delivery>> {
        let _ = (good, of);
        Box::pin(async move { deliveries })
    }

    fn missed(&self, of: &SubscriptionSpec) -> u64 {
        let _ = of;
        0
    }

    fn ack<'a>(&'a self, good: &'a dyn Receipt, about: &'a About) -> BoxFuture<'a, Result<(), SettleError>> {
        let _ = about;
        good.ack()
    }

    fn hand_back<'a>(
        &'a self,
        good: &'a dyn Receipt,
        about: &'a About,
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), SettleError>> {
        let _ = about;
        good.hand_back(delay)
    }

    fn extend<'a>(
        &'a self,
        good: &'a dyn Receipt,
        about: &'a About,
    ) -> BoxFuture<'a, Result<(), SettleError>> {
        let _ = about;
        good.extend()
    }

    fn dead_letter<'a>(
        &'a self,
        good: &'a dyn Receipt,
        about: &'a About,
        letter: DeadLetter,
    ) -> BoxFuture<'a, Result<(), SettleError>> {
        let _ = about;
        good.dead_letter(letter)
    }

    /// How many are drawn where so many are asked for.
    fn max(&self, asked: usize) -> usize {
        asked
    }

    fn replay<'a>(
        &'a self,
        good: &'a Arc<dyn Broker>,
        id: &'a str,
    ) -> BoxFuture<'a, Result<bool, BrokerError>> {
        good.dead_letters().replay(id)
    }

    fn close<'a>(&'a self, good: &'a Arc<dyn Broker>) -> BoxFuture<'a, ()> {
        good.close()
    }

    fn listed(&self, letters: Vec<DeadLetter>) -> Vec<DeadLetter> {
        letters
    }
}

/// A broker in front of another one.
pub struct Front {
    good: Arc<dyn Broker>,
    hooks: Arc<dyn Hooks>,
    letters: Letters,
}

struct Letters {
    good: Arc<dyn Broker>,
    hooks: Arc<dyn Hooks>,
}

impl Front {
    /// This broker behind these hooks.
    #[must_use]
    pub fn new(good: Arc<dyn Broker>, hooks: Arc<dyn Hooks>) -> Self {
        Self { letters: Letters { good: good.clone(), hooks: hooks.clone() }, good, hooks }
    }
}

async fn admit(hooks: &dyn Hooks) -> Result<(), BrokerError> {
    hooks.admit().await.map_err(|why| BrokerError::Unavailable(why.into()))
}

impl Broker for Front {
    fn capabilities(&self) -> Capabilities {
        self.hooks.capabilities(self.good.capabilities())
    }

    fn provision<'a>(
        &'a self,
        specs: &'a [SubscriptionSpec],
        drifted: Drifted,
    ) -> BoxFuture<'a, Result<Vec<Drift>, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            let bent: Vec<_> = specs.iter().map(|spec| self.hooks.spec(spec)).collect();
            let drift = self.good.provision(&bent, drifted).await?;
            Ok(self.hooks.provisioned(specs, drifted, drift))
        })
    }

    fn durables(&self) -> BoxFuture<'_, Result<Vec<SubscriptionId>, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            self.good.durables().await
        })
    }

    fn remove<'a>(&'a self, id: &'a SubscriptionId) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            self.good.remove(id).await
        })
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<Published, PublishError>>> {
        Box::pin(async move {
            if let Err(why) = self.hooks.admit().await {
                let away = |_| Err(PublishError::Unavailable(why.clone().into()));
                return batch.into_iter().map(away).collect();
            }
            self.hooks.publish(&self.good, batch).await
        })
    }

    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            let good = self.good.subscribe(&self.hooks.spec(spec)).await?;
            let member =
                Member { good, broker: self.good.clone(), hooks: self.hooks.clone(), spec: spec.clone() };
            Ok(Box::new(member) as Box<dyn Subscription>)
        })
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        &self.letters
    }

    fn backlog<'a>(&'a self, of: &'a [SubscriptionId]) -> BoxFuture<'a, Result<Backlog, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            self.good.backlog(of).await
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BrokerError>> {
        Box::pin(async move {
            match self.hooks.away() {
                Some(why) => Err(BrokerError::Unavailable(why.into())),
                None => self.good.health().await,
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.hooks.close(&self.good)
    }
}

impl DeadLetters for Letters {
    fn list(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            Ok(self.hooks.listed(self.good.dead_letters().list(limit).await?))
        })
    }

    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            self.hooks.replay(&self.good, id).await
        })
    }

    fn purge<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move {
            admit(&*self.hooks).await?;
            self.good.dead_letters().purge(id).await
        })
    }
}

struct Member {
    good: Box<dyn Subscription>,
    broker: Arc<dyn Broker>,
    hooks: Arc<dyn Hooks>,
    spec: SubscriptionSpec,
}

impl Subscription for Member {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        Box::pin(async move {
            loop {
                // Passing troubles are the broker's own to mend.
                if admit(&*self.hooks).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
                let drawn = tokio::select! {
                    drawn = self.good.next(self.hooks.max(max)) => drawn?,
                    () = self.hooks.severed() => continue,
                };
                let drawn = self.hooks.drawn(&self.broker, &self.spec, drawn).await;
                if !drawn.is_empty() {
                    return Ok(drawn.into_iter().map(|delivery| self.wrap(delivery)).collect());
                }
            }
        })
    }

    fn missed(&self) -> u64 {
        self.good.missed() + self.hooks.missed(&self.spec)
    }

    fn stop(&mut self) {
        self.good.stop();
    }
}

impl Member {
    fn wrap(&self, delivery: Delivery) -> Delivery {
        let about = About {
            subscription: self.spec.id.clone(),
            event: delivery.event.clone(),
            sequence: delivery.sequence,
            delivered: delivery.delivered,
        };
        let receipt = HookedReceipt { good: delivery.receipt, hooks: self.hooks.clone(), about };
        let Delivery { event, sequence, delivered, until, .. } = delivery;
        Delivery::new(event, sequence, delivered, until, receipt)
    }
}

struct HookedReceipt {
    good: Handle,
    hooks: Arc<dyn Hooks>,
    about: About,
}

impl HookedReceipt {
    async fn admit(&self) -> Result<(), SettleError> {
        self.hooks.admit().await.map_err(|why| SettleError::Unavailable(why.into()))
    }
}

impl Receipt for HookedReceipt {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move {
            self.admit().await?;
            self.hooks.ack(&*self.good, &self.about).await
        })
    }

    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move {
            self.admit().await?;
            self.hooks.hand_back(&*self.good, &self.about, delay).await
        })
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move {
            self.admit().await?;
            self.hooks.extend(&*self.good, &self.about).await
        })
    }

    fn dead_letter(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move {
            self.admit().await?;
            self.hooks.dead_letter(&*self.good, &self.about, letter).await
        })
    }
}
