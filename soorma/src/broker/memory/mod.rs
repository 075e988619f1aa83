//! `memory:`: a broker inside the process, with the semantics of the others, gone with the process.
//!
//! Owns everything that was published; knows nothing of agents or handlers. Each topic is one lock over plain data
//! (`topic`): an event is routed when it is published, into the queue of each subscription that hears it, and
//! everything after that is the business of that queue. Whoever waits (members for deliveries, publishers for
//! room) does so outside the lock and looks again when told.
//!
//! Invariant: no lock is held across an await, and an item of a queue is in one place at a time.

mod dead_letters;
mod dedup;
mod in_flight;
mod lanes;
mod limits;
mod log;
mod publish;
mod queue;
mod receipt;
mod room;
mod routing;
mod shared;
mod subscription;
#[cfg(test)]
mod tests;
mod timers;
mod topic;

pub use self::limits::MemoryLimits;

use std::{fmt, sync::Arc};

use soorma_common::EventTopic;

use self::{shared::Shared, subscription::Member};
use super::{
    Backlog, Broker, BrokerError, Capabilities, DeadLetters, Drift, Drifted, Publication, PublishError,
    Published, Subscription, SubscriptionId, SubscriptionSpec,
};
use crate::{BoxFuture, clock::Clock, sorted::Sorted};

/// A broker inside the process.
///
/// What bounds it: a durable subscription holds [`MemoryLimits::capacity`] events, and what is published with
/// [`Admission::Always`](super::Admission::Always) beyond that; a broadcast or an inbox holds what its member has
/// not drawn yet; a topic holds the last [`MemoryLimits::retention`] events besides. Dead letters are all kept.
///
/// A subscription that is provisioned again with other patterns, addresses, lease or order takes these over for
/// what is published or handed out from then on. What is in flight or in backoff when a subscription becomes
/// ordered is not held back by its key.
///
/// A repeated `(source, id)` is recognised for the whole window and among the last
/// [`MemoryLimits::dedup_events`], and for a time beyond both.
pub struct MemoryBroker {
    shared: Arc<Shared>,
    limits: MemoryLimits,
}

impl MemoryBroker {
    /// A broker with the usual limits.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self::with_limits(clock, MemoryLimits::default())
    }

    /// A broker with limits of your own.
    #[must_use]
    pub fn with_limits(clock: Clock, limits: MemoryLimits) -> Self {
        Self { shared: Arc::new(Shared::new(clock, limits)), limits }
    }

    fn backlog_of(&self, of: &[SubscriptionId]) -> Result<Backlog, BrokerError> {
        self.shared.check_open()?;
        let now = self.shared.clock.now();
        let mut sum = Backlog::default();
        for topic in EventTopic::ALL {
            let of: Vec<_> = of.iter().filter(|id| id.topic == topic).collect();
            for one in self.shared.topic(topic).backlog(&of, now) {
                sum.waiting += one.waiting;
                sum.in_flight += one.in_flight;
                sum.delayed += one.delayed;
                sum.scheduled += one.scheduled;
                sum.next_due = sum.next_due.into_iter().chain(one.next_due).min();
            }
        }
        Ok(sum)
    }
}

impl fmt::Debug for MemoryBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBroker").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Broker for MemoryBroker {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            durable: false,
            dedup_window: self.limits.dedup_window,
            dedup_events: Some(self.limits.dedup_events),
            ..Capabilities::new("memory")
        }
    }

    fn provision<'a>(
        &'a self,
        specs: &'a [SubscriptionSpec],
        _drifted: Drifted,
    ) -> BoxFuture<'a, Result<Vec<Drift>, BrokerError>> {
        Box::pin(async move {
            self.shared.check_open()?;
            for spec in specs.iter().filter(|spec| spec.kind.is_durable()) {
                self.shared.topic(spec.id.topic).provision(spec, self.shared.clock.now())?;
            }
            // Settings are taken over, so none can be another.
            Ok(Vec::new())
        })
    }

    fn durables(&self) -> BoxFuture<'_, Result<Vec<SubscriptionId>, BrokerError>> {
        Box::pin(async move {
            self.shared.check_open()?;
            let mut ids = Sorted::default();
            for topic in EventTopic::ALL {
                for id in self.shared.topic(topic).durables() {
                    ids.add(id);
                }
            }
            Ok(ids.into_keys())
        })
    }

    fn remove<'a>(&'a self, id: &'a SubscriptionId) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move {
            self.shared.check_open()?;
            self.shared.topic(id.topic).remove(id)
        })
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<Published, PublishError>>> {
        Box::pin(async move {
            let began = self.shared.clock.now();
            let mut results = Vec::with_capacity(batch.len());
            for publication in batch {
                results.push(self.shared.publish(publication, began).await);
            }
            results
        })
    }

    fn publish_one(&self, publication: Publication) -> BoxFuture<'_, Result<Published, PublishError>> {
        Box::pin(self.shared.publish(publication, self.shared.clock.now()))
    }

    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>> {
        Box::pin(async move {
            self.shared.check_open()?;
            Ok(Box::new(Member::join(&self.shared, spec)?) as Box<dyn Subscription>)
        })
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        &*self.shared
    }

    fn backlog<'a>(&'a self, of: &'a [SubscriptionId]) -> BoxFuture<'a, Result<Backlog, BrokerError>> {
        Box::pin(async move { self.backlog_of(of) })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BrokerError>> {
        Box::pin(async move { self.shared.check_open() })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.shared.close() })
    }
}
