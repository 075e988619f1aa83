//! `sqlite:`: the broker in one file, shared by the processes of one machine.
//!
//! One log for all topics; a subscription is a cursor into it, and rows only for what is in hand, in backoff, or behind
//! another one with the same key. So publishing writes an event once, however many groups there are, and settling it
//! touches one small table. Every change is a transaction of [`crate::sqlite`]; who waits is woken by a task (`scout`)
//! that looks at the file when there is news. Owns how the contract is kept in the file; knows nothing of agents or
//! handlers.
//!
//! Invariant: an event of a subscription is in one place at a time: after its cursor, `held`, `delayed` or `behind`.

mod backlog;
mod dead_letters;
mod draw;
mod durables;
mod ephemeral;
mod hand;
mod hearing;
mod log;
mod member;
mod order;
mod publish;
mod receipt;
mod recent;
mod retention;
mod scheduled;
mod scout;
mod seat;
mod settle;
mod shared;
mod subscriptions;

use std::{fmt, sync::Arc};

use self::{ephemeral::Listener, member::Member, publish::LARGEST, receipt::settle_all, shared::Shared};
use super::{
    Backlog, Broker, BrokerError, Capabilities, DeadLetters, Drift, Drifted, Order, Publication,
    PublishError, Published, Receipt, SettleError, Subscription, SubscriptionId, SubscriptionSpec, ack_each,
    own,
};
use crate::{BoxFuture, sqlite::Database};

/// The broker in a file.
pub(crate) struct SqliteBroker {
    shared: Arc<Shared>,
}

impl SqliteBroker {
    /// Inside a runtime.
    pub(crate) fn new(database: Arc<Database>) -> Self {
        let shared = Arc::new(Shared::new(database));
        tokio::spawn(scout::run(Arc::downgrade(&shared)));
        Self { shared }
    }
}

impl fmt::Debug for SqliteBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBroker")
            .field("path", &self.shared.database.options().path)
            .finish_non_exhaustive()
    }
}

impl Broker for SqliteBroker {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dedup_window: self.shared.database.options().dedup,
            largest_event: Some(LARGEST),
            order: Order::Key,
            ..Capabilities::new("sqlite")
        }
    }

    fn provision<'a>(
        &'a self,
        specs: &'a [SubscriptionSpec],
        _drifted: Drifted,
    ) -> BoxFuture<'a, Result<Vec<Drift>, BrokerError>> {
        Box::pin(async move {
            self.shared.provision(specs).await?;
            // Settings are taken over, so none can be another.
            Ok(Vec::new())
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

    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>> {
        Box::pin(async move {
            Ok(match spec.kind.is_durable() {
                true => Box::new(Member::join(&self.shared, spec).await?) as Box<dyn Subscription>,
                false => Box::new(Listener::join(&self.shared, spec).await?),
            })
        })
    }

    fn ack_all<'a>(&'a self, receipts: &'a [&'a dyn Receipt]) -> BoxFuture<'a, Vec<Result<(), SettleError>>> {
        Box::pin(async move {
            if let Some(own) = own(receipts)
                && let Some(settled) = settle_all(&self.shared, &own).await
            {
                return settled;
            }
            ack_each(receipts).await
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
