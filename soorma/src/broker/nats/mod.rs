//! `nats:`: the broker on NATS JetStream, server 2.12 or newer.
//!
//! One file-backed stream a topic; a subscription is a durable pull consumer of it (an ordered one seventeen: one a
//! lane, and one for what has no key); dead letters lie in a stream of their own. Owns how the contract is kept on a
//! server; the connection and the requests are those of [`crate::nats`]. Knows nothing of agents or handlers.
//!
//! What differs from `memory:`: a delivery handed back with a delay counts as in flight in the backlog; scheduled
//! events are not counted; a full topic (`max_bytes`, `max_events`) refuses what handlers publish, too, and the event is
//! handed back until there is room. Room comes when the retention of the oldest events is over, or with a larger limit:
//! not by handling events, so agents that wait for room do not wait for each other. A message whose header block the
//! client cannot parse is never a dead letter ([`crate::connect`]).

mod acks;
mod asking;
mod buffer;
mod close;
mod consumer;
mod dead_letters;
mod durables;
mod ephemeral;
mod existing;
mod item;
mod keys;
mod last_type;
mod letter;
mod member;
mod mend;
mod missed;
mod outcome;
mod overlap;
mod position;
mod publish;
mod pull;
mod receipt;
mod recent;
mod schedule;
mod shared;
mod signals;
mod stream;
mod subject;
mod task;
mod tidy;

use std::{fmt, sync::Arc};

use self::{
    member::Member,
    receipt::{Hold, NatsReceipt},
    shared::Shared,
};
use super::{
    Backlog, Broker, BrokerError, Capabilities, DeadLetters, Drift, Drifted, Kind, Publication, PublishError,
    Published, Receipt, SettleError, Subscription, SubscriptionId, SubscriptionSpec, ack_each, own,
};
use crate::{BoxFuture, at_once::try_at_once, nats::Link};

/// How many durables are made side by side: on a cluster each of them waits for an election.
const AT_ONCE: usize = 16;

/// The broker on NATS JetStream.
pub(crate) struct NatsBroker {
    shared: Arc<Shared>,
}

impl NatsBroker {
    pub(crate) fn new(link: Arc<Link>) -> Self {
        Self { shared: Arc::new(Shared::new(link)) }
    }
}

impl fmt::Debug for NatsBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsBroker")
            .field("namespace", &self.shared.link.options.namespace)
            .finish_non_exhaustive()
    }
}

impl Broker for NatsBroker {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dedup_window: self.shared.dedup_window(),
            largest_event: Some(self.shared.largest_event()),
            overflow: false,
            ..Capabilities::new("nats")
        }
    }

    fn provision<'a>(
        &'a self,
        specs: &'a [SubscriptionSpec],
        drifted: Drifted,
    ) -> BoxFuture<'a, Result<Vec<Drift>, BrokerError>> {
        Box::pin(async move {
            self.shared.check_open()?;
            let mut drifts = self.shared.provision_streams(specs, drifted).await?;
            let mut each: Vec<BoxFuture<'_, _>> = Vec::with_capacity(specs.len());
            for spec in specs.iter().filter(|spec| matches!(spec.kind, Kind::Group { .. })) {
                each.push(Box::pin(self.shared.provision(spec, drifted)));
            }
            drifts.extend(try_at_once(AT_ONCE, each).await?.into_iter().flat_map(|made| made.drifts));
            Ok(drifts)
        })
    }

    fn durables(&self) -> BoxFuture<'_, Result<Vec<SubscriptionId>, BrokerError>> {
        Box::pin(self.shared.durables())
    }

    fn remove<'a>(&'a self, id: &'a SubscriptionId) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(self.shared.remove(id))
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<Published, PublishError>>> {
        Box::pin(self.shared.publish_all(batch))
    }

    fn publish_one(&self, publication: Publication) -> BoxFuture<'_, Result<Published, PublishError>> {
        Box::pin(self.shared.publish(publication, self.shared.link.clock.now()))
    }

    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>> {
        Box::pin(async move {
            self.shared.check_open()?;
            Ok(Box::new(Member::join(&self.shared, spec).await?) as Box<dyn Subscription>)
        })
    }

    fn ack_all<'a>(&'a self, receipts: &'a [&'a dyn Receipt]) -> BoxFuture<'a, Vec<Result<(), SettleError>>> {
        Box::pin(async move {
            match own::<NatsReceipt>(receipts) {
                Some(own) => {
                    let holds: Vec<&Hold> = own.iter().map(|NatsReceipt(hold)| &**hold).collect();
                    acks::say_all(&self.shared.link, &holds).await
                }
                // Those of an inbox, of which nothing is to be said.
                None => ack_each(receipts).await,
            }
        })
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        &*self.shared
    }

    fn backlog<'a>(&'a self, of: &'a [SubscriptionId]) -> BoxFuture<'a, Result<Backlog, BrokerError>> {
        Box::pin(self.shared.backlog(of))
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BrokerError>> {
        Box::pin(self.shared.health())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.shared.close())
    }
}
