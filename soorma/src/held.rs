//! Deliveries in hand: how many there may be, whose lease is extended, and known to be lost when it is.

use std::{
    convert::Infallible,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use crate::{
    BoxFuture,
    at_once::at_once,
    broker::{Handle, Held, Receipt, SettleError},
    clock::Clock,
    race::race,
};

/// How many leases are extended at once.
const AT_ONCE: usize = 64;

/// One delivery in hand.
type Shared = Arc<Held<dyn Receipt>>;

/// All deliveries in hand of one subscription, from when they are drawn until they are settled.
pub(crate) struct HeldSet {
    clock: Clock,
    lease: Duration,
    /// How many there may be.
    places: usize,
    slots: Mutex<Slots>,
}

/// A slab: as many slots as were ever in hand at once.
#[derive(Default)]
struct Slots {
    held: Vec<Option<Shared>>,
    free: Vec<usize>,
    /// Whoever waits for room, and how many may be in hand by then.
    waits: Option<(usize, Waker)>,
}

impl Slots {
    fn in_hand(&self) -> usize {
        self.held.len() - self.free.len()
    }
}

impl HeldSet {
    pub(crate) fn new(clock: Clock, lease: Duration, places: usize) -> Self {
        Self { clock, lease, places, slots: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for so many; gives all the room that there is. Whoever has made room [calls](Self::call).
    /// Cancel safe; one waits at a time.
    pub(crate) async fn room(&self, least: usize) -> usize {
        poll_fn(|cx| {
            let mut slots = self.lock();
            let room = self.places.saturating_sub(slots.in_hand());
            if room >= least {
                return Poll::Ready(room);
            }
            slots.waits = Some((self.places.saturating_sub(least), cx.waker().clone()));
            Poll::Pending
        })
        .await
    }

    /// Wakes whoever waits for room, if there is as much.
    pub(crate) fn call(&self) {
        let mut slots = self.lock();
        let in_hand = slots.in_hand();
        let waits = slots.waits.take_if(|(most, _)| in_hand <= *most);
        drop(slots);
        if let Some((_, waker)) = waits {
            waker.wake();
        }
    }

    /// Takes a delivery in hand.
    pub(crate) fn take(self: &Arc<Self>, Handle(held): Handle) -> InHand {
        let mut slots = self.lock();
        let slot = slots.free.pop().unwrap_or(slots.held.len());
        match slots.held.get_mut(slot) {
            Some(free) => *free = Some(held.clone()),
            None => slots.held.push(Some(held.clone())),
        }
        drop(slots);
        InHand { lease: Lease { set: self.clone(), held }, slot }
    }

    /// Extends every lease each third of it, for as long as it is awaited.
    ///
    /// Side by side, and no longer than such a third: one that the broker does not answer must not cost the others
    /// theirs.
    pub(crate) async fn keep(&self) -> Infallible {
        let mut next = self.clock.now() + self.lease / 3;
        loop {
            self.clock.sleep_until(next).await;
            next = self.clock.now() + self.lease / 3;
            let all: Vec<Shared> = self.lock().held.iter().flatten().cloned().collect();
            let mut extensions: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(all.len());
            for held in &all {
                extensions.push(Box::pin(self.extend(held)));
            }
            let round = at_once(AT_ONCE, extensions);
            race(round, self.clock.sleep_until(next)).await;
        }
    }

    async fn extend(&self, held: &Held<dyn Receipt>) {
        let asked = self.clock.now();
        match held.receipt.extend().await {
            Ok(()) => held.extend_to(asked + self.lease),
            Err(SettleError::Lost) => held.lose(),
            // The next third may bring better luck; until then the own clock decides.
            Err(error) => tracing::warn!(%error, "a lease could not be extended"),
        }
    }
}

/// A delivery in hand; given up when it is dropped.
pub(crate) struct InHand {
    lease: Lease,
    slot: usize,
}

/// Whether a delivery is still ours: for whoever does not settle it.
#[derive(Clone)]
pub(crate) struct Lease {
    set: Arc<HeldSet>,
    held: Shared,
}

impl Lease {
    /// By our own clock.
    pub(crate) fn is_ours(&self) -> bool {
        self.held.is_ours(self.set.clock.now())
    }
}

impl InHand {
    /// Whether it is still ours, by our own clock.
    pub(crate) fn is_ours(&self) -> bool {
        self.lease.is_ours()
    }

    /// The same where the time is known.
    pub(crate) fn is_ours_at(&self, now: Instant) -> bool {
        self.lease.held.is_ours(now)
    }

    pub(crate) fn lease(&self) -> Lease {
        self.lease.clone()
    }

    pub(crate) fn receipt(&self) -> &dyn Receipt {
        &self.lease.held.receipt
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        let mut slots = self.lease.set.lock();
        slots.held[self.slot] = None;
        slots.free.push(self.slot);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        task::{Context, Wake},
    };

    use soorma_common::{EventDraft, EventEnvelope, EventTopic, Timestamp};

    use super::*;
    use crate::broker::{DeadLetter, Delivery};

    /// Answers to an extension, or never.
    struct Fake(bool);

    impl Receipt for Fake {
        fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
            Box::pin(async { Ok(()) })
        }

        fn hand_back(&self, _delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
            Box::pin(async { Ok(()) })
        }

        fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
            Box::pin(async move { if self.0 { Ok(()) } else { std::future::pending().await } })
        }

        fn dead_letter(&self, _letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
            Box::pin(async { Ok(()) })
        }
    }

    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn take(set: &Arc<HeldSet>, answers: bool, until: Instant) -> InHand {
        let draft = EventDraft::new(EventTopic::BusinessFacts, "order.placed", &()).unwrap();
        let event = Arc::new(EventEnvelope::root("shop", draft, Timestamp::now()));
        set.take(Delivery::new(event, 1, 1, until, Fake(answers)).receipt)
    }

    #[tokio::test]
    async fn a_lease_that_the_broker_does_not_answer_for_costs_no_other_its_own() {
        let clock = Clock::simulated();
        let set = Arc::new(HeldSet::new(clock.clone(), Duration::from_secs(30), AT_ONCE));
        let take = |answers| take(&set, answers, clock.now() + Duration::from_secs(30));
        let deaf: Vec<InHand> = (0..AT_ONCE - 1).map(|_| take(false)).collect();
        let kept = take(true);
        let (keeper, tracker) = (set.clone(), clock.tracker());
        let keeps = tokio::spawn(async move {
            let keep = std::pin::pin!(keeper.keep());
            tracker.run(keep).await;
        });
        clock.advance(Duration::from_secs(100)).await;
        assert!(kept.is_ours());
        assert!(deaf.iter().all(|one| !one.is_ours()));
        keeps.abort();
    }

    #[test]
    fn whoever_waits_for_room_is_woken_once_there_is_as_much_and_not_before() {
        let clock = Clock::system();
        let set = Arc::new(HeldSet::new(clock.clone(), Duration::from_secs(30), 4));
        let mut hands: Vec<InHand> = (0..4).map(|_| take(&set, true, clock.now())).collect();
        let woken = Arc::new(Woken(AtomicUsize::new(0)));
        let waker = Waker::from(woken.clone());
        let mut room = pin!(set.room(2));
        let mut poll = || room.as_mut().poll(&mut Context::from_waker(&waker));
        assert_eq!(poll(), Poll::Pending);
        hands.pop();
        set.call();
        assert_eq!((woken.0.load(Relaxed), poll()), (0, Poll::Pending));
        hands.truncate(1);
        set.call();
        assert_eq!((woken.0.load(Relaxed), poll()), (1, Poll::Ready(3)));
    }

    #[tokio::test]
    async fn a_lease_that_began_before_it_was_drawn_ends_when_the_broker_says() {
        let clock = Clock::simulated();
        let set = Arc::new(HeldSet::new(clock.clone(), Duration::from_secs(30), AT_ONCE));
        let hand = take(&set, true, clock.now() + Duration::from_secs(2));
        assert!(hand.is_ours());
        clock.advance(Duration::from_secs(2)).await;
        assert!(!hand.is_ours());
    }
}
