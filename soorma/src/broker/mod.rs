//! The broker contract: what a broker must do for agents to talk over it.
//!
//! Owns the traits and the words; knows nothing of agents or handlers, and nothing of any one broker. To write a
//! broker, implement [`Broker`], [`Subscription`], [`Receipt`] and [`DeadLetters`], and have the crate
//! `soorma-conformance` say whether it does what it must.
//!
//! The division of labour: **the broker stores, addresses and leases; the framework counts attempts.** A broker
//! never gives up on a delivery by itself: it hands it out again when its lease ends, until somebody settles it.
//!
#![doc = include_str!("writing.md")]
//!
//! ```
#![doc = include_str!("example.rs")]
//! ```

mod body;
mod capabilities;
mod dead_letter;
mod delivery;
mod error;
pub mod memory;
#[cfg(feature = "nats")]
pub(crate) mod nats;
mod provision;
mod publication;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod subscription;

pub(crate) use self::delivery::Held;
pub use self::{
    body::{Body, Unreadable},
    capabilities::{Capabilities, Order},
    dead_letter::{DeadLetter, DeadLetterReason, DeadLetters},
    delivery::{Delivery, Handle, Receipt},
    error::{BrokerError, PublishError, SettleError},
    provision::{Drift, Drifted},
    publication::{Admission, Publication, Published, lane_of},
    subscription::{Backlog, Hears, Kind, Start, Subscription, SubscriptionId, SubscriptionSpec},
};

use self::delivery::ack_each;
#[cfg(any(feature = "nats", feature = "sqlite"))]
use self::delivery::own;
#[cfg(feature = "nats")]
use self::publication::LANES;
use crate::BoxFuture;

/// A broker: stores events by topic and hands each to every group that listens, once a group.
pub trait Broker: Send + Sync + 'static {
    /// What this broker can do. A broker that can do less says so here; it never pretends.
    fn capabilities(&self) -> Capabilities;

    /// Makes the durable subscriptions exist, with whatever they need, so that what is published from now on waits
    /// for them. Idempotent, also when several processes do it at once: what exists keeps its position, and takes
    /// over what is new in the spec. Ephemeral ones among `specs` are passed over.
    ///
    /// Gives the settings that are not what this version would choose. They are left as they are, or changed, as
    /// `drifted` says: somebody may have chosen them.
    ///
    /// # Errors
    /// [`BrokerError`] where the broker refuses one, did not take a setting, or is away.
    fn provision<'a>(
        &'a self,
        specs: &'a [SubscriptionSpec],
        drifted: Drifted,
    ) -> BoxFuture<'a, Result<Vec<Drift>, BrokerError>>;

    /// Every durable subscription that exists, whoever made it, sorted.
    ///
    /// # Errors
    /// [`BrokerError`] where the broker is away.
    fn durables(&self) -> BoxFuture<'_, Result<Vec<SubscriptionId>, BrokerError>>;

    /// Removes a durable subscription and its position; what waited for it waits no more. False where there is
    /// none of this id. Its dead letters stay.
    ///
    /// # Errors
    /// [`BrokerError::Refused`] while somebody uses it, where the broker can tell; others where it is away.
    fn remove<'a>(&'a self, id: &'a SubscriptionId) -> BoxFuture<'a, Result<bool, BrokerError>>;

    /// Stores events, and returns once they are stored: one result each, in their order.
    ///
    /// Events with one partition key are stored in the order of the calls, and of the batch. An event whose
    /// `(source, id)` was published on its topic within [`Capabilities::dedup_window`] is not stored again, and the
    /// result says so, with the sequence that it had.
    ///
    /// An event that cannot be stored costs the others nothing, unless the broker is [`Capabilities::atomic`].
    ///
    /// Cancelling the call leaves open which of them are stored; sending them again with the same ids is safe.
    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<Published, PublishError>>>;

    /// The same for a single event: for brokers to which a batch of one is more work than an event.
    fn publish_one(&self, publication: Publication) -> BoxFuture<'_, Result<Published, PublishError>> {
        Box::pin(async move {
            let stored = self.publish(vec![publication]).await.pop();
            stored.unwrap_or_else(|| Err(PublishError::Unavailable("the broker gave no result".into())))
        })
    }

    /// Joins a subscription as one more member; a durable one is provisioned if it does not exist. What is published
    /// once this has returned is heard.
    ///
    /// Cancelling the call leaves no member behind; a durable one may exist then.
    ///
    /// # Errors
    /// [`BrokerError`] where the broker refuses it or is away.
    fn subscribe<'a>(
        &'a self,
        spec: &'a SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Subscription>, BrokerError>>;

    /// Acknowledges deliveries of this broker, each as [`Receipt::ack`] does: one result each, in their order. For brokers to which
    /// several together are less work than one by one; they know their own receipts by [`Any`](std::any::Any).
    ///
    /// Cancelling the call leaves open which of them are acknowledged.
    fn ack_all<'a>(&'a self, receipts: &'a [&'a dyn Receipt]) -> BoxFuture<'a, Vec<Result<(), SettleError>>> {
        Box::pin(ack_each(receipts))
    }

    /// Where events go that nobody could handle.
    fn dead_letters(&self) -> &dyn DeadLetters;

    /// How much is not settled yet in the subscriptions of these ids: the durable ones, and the broadcasts and
    /// inboxes that were joined through this broker handle. An id that is not known counts nothing.
    ///
    /// May say too much for a moment, never too little: where [`Backlog::total`] is zero, all is settled that was
    /// published before the call.
    ///
    /// # Errors
    /// [`BrokerError`] where the broker is away.
    fn backlog<'a>(&'a self, of: &'a [SubscriptionId]) -> BoxFuture<'a, Result<Backlog, BrokerError>>;

    /// Whether the broker answers now: asks it, and waits for no mending.
    ///
    /// # Errors
    /// Why it does not.
    fn health(&self) -> BoxFuture<'_, Result<(), BrokerError>>;

    /// Ends this handle, and returns when everything that was accepted is stored. Every `next` that waits, and every
    /// later call, fails with `Closed`. May be called again.
    fn close(&self) -> BoxFuture<'_, ()>;
}
