//! One event in the hands of one member, and the ways to settle it.

use std::{
    any::Any,
    fmt,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use soorma_common::EventEnvelope;

use super::{DeadLetter, SettleError};
use crate::{BoxFuture, at_once::all_at_once};

/// One event in the hands of one member.
#[non_exhaustive]
pub struct Delivery {
    /// The event.
    pub event: Arc<EventEnvelope>,
    /// Its place in the topic.
    pub sequence: u64,
    /// How often it was handed out to this subscription, this time included, by whichever process: 1 the first time,
    /// and never again. It counts redeliveries for whatever reason, so it is no count of attempts.
    pub delivered: u32,
    /// When its lease ends unless it is extended, by the clock that the broker was made with. A broker that delivers ahead
    /// of [`Subscription::next`](super::Subscription::next) has begun it before.
    pub until: Instant,
    /// The way to settle it.
    pub receipt: Handle,
}

impl Delivery {
    /// What a broker hands out.
    #[must_use]
    pub fn new(
        event: Arc<EventEnvelope>,
        sequence: u64,
        delivered: u32,
        until: Instant,
        receipt: impl Receipt + 'static,
    ) -> Self {
        let receipt = Handle(Arc::new(Held::new(until, receipt)));
        Self { event, sequence, delivered, until, receipt }
    }
}

/// The [`Receipt`] of a delivery, in one place with what is known of its lease.
pub struct Handle(pub(crate) Arc<Held<dyn Receipt>>);

impl Deref for Handle {
    type Target = dyn Receipt;

    fn deref(&self) -> &Self::Target {
        &self.0.receipt
    }
}

/// Shared by whoever handles a delivery and whoever keeps its lease.
pub(crate) struct Held<R: ?Sized> {
    /// When the lease ended as it was handed out.
    until: Instant,
    /// By how many nanoseconds it was extended since.
    extended: AtomicU64,
    lost: AtomicBool,
    pub(crate) receipt: R,
}

impl<R> Held<R> {
    fn new(until: Instant, receipt: R) -> Self {
        Self { until, extended: AtomicU64::new(0), lost: AtomicBool::new(false), receipt }
    }
}

impl<R: ?Sized> Held<R> {
    /// Whether the delivery is still ours.
    pub(crate) fn is_ours(&self, now: Instant) -> bool {
        let extended = || Duration::from_nanos(self.extended.load(Ordering::Relaxed));
        !self.lost.load(Ordering::Relaxed) && (now < self.until || now < self.until + extended())
    }

    pub(crate) fn extend_to(&self, until: Instant) {
        let extended = until.saturating_duration_since(self.until).as_nanos();
        self.extended.store(u64::try_from(extended).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("event", &self.event.id)
            .field("sequence", &self.sequence)
            .field("delivered", &self.delivered)
            .finish_non_exhaustive()
    }
}

/// The way to settle one delivery.
///
/// Each method returns once the broker has taken note. A delivery that is never settled is handed out again when
/// its lease ends. After that, or after the first settlement, every method fails with [`SettleError::Lost`], where
/// the broker can tell; what is said under an old delivery never touches a later one of the same event.
///
/// Cancelling a call leaves open whether it happened. Dropping a receipt settles nothing.
pub trait Receipt: Any + Send + Sync {
    /// Handled: never to be handed out again.
    ///
    /// # Errors
    /// [`SettleError::Lost`] or [`SettleError::Unavailable`].
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>>;

    /// Not handled: to be handed out again, to any member, not before `delay` is over, at once where it is zero.
    /// In an ordered subscription it keeps its place before the others of its key.
    ///
    /// # Errors
    /// [`SettleError::Lost`] or [`SettleError::Unavailable`].
    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>>;

    /// Starts the lease anew, at its full length.
    ///
    /// # Errors
    /// [`SettleError::Lost`] or [`SettleError::Unavailable`].
    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>>;

    /// Never to be handled: into the dead letters, once, and never to be handed out again. The letter is stored
    /// before the event is taken out of its queue, and two of the same [`DeadLetter::id`] are one.
    ///
    /// # Errors
    /// [`SettleError::Lost`] or [`SettleError::Unavailable`].
    fn dead_letter(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>>;
}

/// Receipts of this type; `None` where one is of another.
#[cfg(any(feature = "nats", feature = "sqlite"))]
pub(crate) fn own<'a, T: Receipt>(receipts: &[&'a dyn Receipt]) -> Option<Vec<&'a T>> {
    let own = |receipt: &&'a dyn Receipt| {
        let any: &'a dyn Any = *receipt;
        any.downcast_ref()
    };
    receipts.iter().map(own).collect()
}

/// Acknowledges each by itself, side by side.
pub(crate) async fn ack_each(receipts: &[&dyn Receipt]) -> Vec<Result<(), SettleError>> {
    all_at_once(usize::MAX, receipts.iter().map(|receipt| receipt.ack()).collect()).await
}
