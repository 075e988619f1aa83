//! The way to settle one delivery. Owns the lease by our own clock: the server takes whatever is said under a
//! delivery's name, also when that is somebody else's by now, so what is not ours is never said.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_nats::Subject;
use bytes::Bytes;

use super::{
    acks::{self, ACK},
    consumer::Part,
    letter,
    recent::Recent,
    shared::Shared,
};
use crate::{
    BoxFuture,
    broker::{BrokerError, DeadLetter, Receipt, SettleError},
    nats::AskError,
};

/// The pause before something is said again.
const PAUSE: Duration = Duration::from_millis(50);

/// One answer, before it is asked for again.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// What all deliveries to one member share.
pub(super) struct Deliveries {
    pub(super) shared: Arc<Shared>,
    pub(super) lease: Duration,
    pub(super) recent: Recent,
}

/// A delivery of the server in our hands.
pub(super) struct Hold {
    deliveries: Arc<Deliveries>,
    pub(super) part: Arc<Part>,
    /// Under which name the server knows this delivery.
    name: Subject,
    pub(super) sequence: u64,
    /// When it was handed to us.
    came: Instant,
    /// When it ends, in nanoseconds after it came.
    until: AtomicU64,
    settled: AtomicBool,
    /// Where it was found, and what.
    pub(super) subject: Subject,
    pub(super) payload: Bytes,
}

impl Hold {
    pub(super) fn new(
        deliveries: Arc<Deliveries>,
        part: Arc<Part>,
        (name, sequence): (Subject, u64),
        came: Instant,
        subject: Subject,
        payload: Bytes,
    ) -> Self {
        let until = AtomicU64::new(nanos(deliveries.lease));
        let settled = AtomicBool::new(false);
        Self { deliveries, part, name, sequence, came, until, settled, subject, payload }
    }

    fn shared(&self) -> &Shared {
        &self.deliveries.shared
    }

    fn now(&self) -> Instant {
        self.shared().link.clock.now()
    }

    fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }

    /// When its lease ends.
    pub(super) fn ends(&self) -> Instant {
        self.came + Duration::from_nanos(self.until.load(Ordering::Acquire))
    }

    pub(super) fn is_ours(&self) -> bool {
        self.is_ours_at(self.now())
    }

    pub(super) fn is_ours_at(&self, now: Instant) -> bool {
        !self.is_settled() && now < self.ends()
    }

    /// Under which name the server knows this delivery.
    pub(super) fn name(&self) -> Subject {
        self.name.clone()
    }

    /// How long it has been here since its lease began.
    pub(super) fn age(&self) -> Duration {
        self.deliveries.lease.saturating_sub(self.ends().saturating_duration_since(self.now()))
    }

    /// How long it is ours still.
    pub(super) fn left(&self, now: Instant) -> Result<Duration, SettleError> {
        if self.shared().is_closed() {
            return Err(SettleError::Unavailable(Box::new(BrokerError::Closed)));
        }
        let left = self.ends().saturating_duration_since(now);
        match self.is_settled() || left.is_zero() {
            true => Err(SettleError::Lost),
            false => Ok(left),
        }
    }

    /// Says something of this delivery, until the server has heard it or the lease is over.
    ///
    /// A server that was killed may have forgotten that it made this delivery. It does not answer then, and makes it
    /// once more: it is of no use to go on.
    async fn say(&self, what: Bytes) -> Result<(), SettleError> {
        loop {
            let left = self.left(self.now())?;
            match self.shared().link.ask(self.name(), None, what.clone(), left.min(ANSWER)).await {
                Ok(_) => return Ok(()),
                Err(
                    error @ (AskError::TimedOut(_)
                    | AskError::Denied(_)
                    | AskError::TooLarge
                    | AskError::Client(_)),
                ) => {
                    return Err(SettleError::Unavailable(Box::new(error)));
                }
                Err(error) => {
                    if left <= PAUSE {
                        return Err(SettleError::Unavailable(Box::new(error)));
                    }
                    tracing::debug!(%error, "not confirmed yet; saying it again");
                }
            }
            self.shared().link.clock.sleep(PAUSE).await;
        }
    }

    /// Acknowledges it with a confirmation of its own.
    pub(super) async fn ack_alone(&self) -> Result<(), SettleError> {
        self.say(ACK).await
    }

    /// Notes what became of its acknowledgement.
    pub(super) fn acked(&self, said: &Result<(), SettleError>) {
        match said {
            Ok(()) => self.settled.store(true, Ordering::Release),
            // It is handled: should it come again, it is acknowledged again, and no more.
            Err(SettleError::Unavailable(_)) => {}
            Err(SettleError::Lost) => return,
        }
        self.deliveries.recent.add(self.sequence);
    }

    async fn ack(&self) -> Result<(), SettleError> {
        let said = acks::say_all(&self.shared().link, &[self]).await.pop();
        said.unwrap_or(Err(SettleError::Lost))
    }

    pub(super) async fn hand_back(&self, delay: Duration) -> Result<(), SettleError> {
        let what = match delay.is_zero() {
            true => Bytes::from_static(b"-NAK"),
            false => format!("-NAK {{\"delay\":{}}}", nanos(delay)).into(),
        };
        self.say(what).await?;
        self.settled.store(true, Ordering::Release);
        Ok(())
    }

    pub(super) async fn extend(&self) -> Result<(), SettleError> {
        let asked = self.now();
        self.say(Bytes::from_static(b"+WPI")).await?;
        let until = asked.saturating_duration_since(self.came) + self.deliveries.lease;
        self.until.fetch_max(nanos(until), Ordering::AcqRel);
        Ok(())
    }

    pub(super) async fn dead_letter(&self, letter: &DeadLetter) -> Result<(), SettleError> {
        if !self.is_ours() {
            return Err(SettleError::Lost);
        }
        let deadline = self.ends();
        letter::store(self.shared(), letter, &self.subject, &self.payload, deadline)
            .await
            .map_err(|error| SettleError::Unavailable(Box::new(error)))?;
        // A crash in between is mended by the next holder: the letter is there, and there is never a second.
        self.ack().await
    }
}

pub(super) struct NatsReceipt(pub(super) Arc<Hold>);

impl Receipt for NatsReceipt {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.0.ack())
    }

    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.0.hand_back(delay))
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.0.extend())
    }

    fn dead_letter(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async move { self.0.dead_letter(&letter).await })
    }
}

/// What an inbox hands out: nobody else can have it, so there is nothing to settle.
pub(super) struct InboxReceipt;

impl Receipt for InboxReceipt {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { Ok(()) })
    }

    fn hand_back(&self, _delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { Ok(()) })
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { Ok(()) })
    }

    fn dead_letter(&self, _letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async { Ok(()) })
    }
}

fn nanos(duration: Duration) -> u64 {
    // The server counts in signed 64 bits.
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).min(i64::MAX as u64)
}
