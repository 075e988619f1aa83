//! The client of the server: mends broken connections, and has the fault.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use soorma::{
    Address, BoxFuture,
    broker::{
        Admission, Broker, BrokerError, Capabilities, DeadLetter, Delivery, Drift, Drifted, Kind,
        Publication, PublishError, Published, Receipt, SettleError, Start, SubscriptionId, SubscriptionSpec,
    },
};
use soorma_conformance::front::{About, Hooks};

use super::{Fault, lock, world::World};

/// As much data as an event may have.
const LARGEST: usize = 64 * 1_024;

pub(crate) struct Bench {
    pub(super) world: Arc<World>,
    pub(super) retention: Option<Duration>,
    /// Which connection this is.
    pub(super) number: u64,
    /// How often connections had been broken when this one was made.
    born: u64,
    missed: Mutex<HashMap<SubscriptionId, u64>>,
    acked: AtomicBool,
    pub(super) published: AtomicU64,
    once_more: Mutex<HashSet<u64>>,
    ids: Mutex<HashSet<Arc<str>>>,
    /// Until when an event in backoff holds up the others.
    held_up: Mutex<Option<Instant>>,
    pub(super) last_drawn: Mutex<Instant>,
}

type Settled<'a> = BoxFuture<'a, Result<(), SettleError>>;

impl Bench {
    pub(crate) fn new(world: Arc<World>, retention: Option<Duration>, number: u64) -> Self {
        let born = *world.cuts.borrow();
        Self {
            world,
            retention,
            number,
            born,
            missed: Mutex::default(),
            acked: AtomicBool::new(false),
            published: AtomicU64::new(0),
            once_more: Mutex::default(),
            ids: Mutex::default(),
            held_up: Mutex::default(),
            last_drawn: Mutex::new(Instant::now()),
        }
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.world.fault == fault
    }

    async fn store(
        &self,
        good: &Arc<dyn Broker>,
        publication: Publication,
    ) -> Result<Published, PublishError> {
        let bytes = publication.event.data.get().len();
        if bytes > LARGEST {
            return Err(match self.world.fault {
                Fault::TooLargeIsNoAnswer => PublishError::Unavailable("connection reset".into()),
                _ => PublishError::TooLarge { bytes, limit: LARGEST },
            });
        }
        let made_up = Published { sequence: 1, duplicate: false };
        if self.has(Fault::ConfirmsTooEarly) && self.published.fetch_add(1, Ordering::SeqCst) % 10 == 9 {
            return Ok(made_up);
        }
        if self.has(Fault::DropsById) && !lock(&self.ids).insert(publication.event.id.clone()) {
            let mut results = good.publish(vec![publication]).await;
            return results
                .pop()
                .unwrap_or(Ok(made_up))
                .map(|stored| Published { duplicate: true, ..stored });
        }
        if self.has(Fault::ForgetsDelayed) && !publication.delay.is_zero() {
            let duplicate = !lock(&self.ids).insert(publication.event.id.clone());
            if !duplicate {
                let good = good.clone();
                let timer = tokio::spawn(async move {
                    tokio::time::sleep(publication.delay).await;
                    good.publish(vec![Publication { delay: Duration::ZERO, ..publication }]).await;
                });
                lock(&self.world.timers).push(timer.abort_handle());
            }
            return Ok(Published { duplicate, ..made_up });
        }
        for copy in self.copies(&publication) {
            good.publish(vec![copy]).await;
        }
        self.sent(good, self.bent(publication)).await
    }

    /// Sent, and sent again where the connection broke before the answer came.
    async fn sent(
        &self,
        good: &Arc<dyn Broker>,
        publication: Publication,
    ) -> Result<Published, PublishError> {
        let mut again = false;
        loop {
            let cuts = *self.world.cuts.borrow();
            let sent = if again { self.bent(publication.clone()) } else { publication.clone() };
            let stored = good.publish(vec![sent]).await.pop();
            tokio::task::yield_now().await;
            if *self.world.cuts.borrow() == cuts {
                let stored = stored.unwrap_or_else(|| Err(PublishError::Unavailable("no answer".into())));
                // What this client has sent twice is no duplicate of its user's.
                return stored.map(|stored| Published { duplicate: stored.duplicate && !again, ..stored });
            }
            again = true;
            if self.admit().await.is_err() {
                return Err(PublishError::Unavailable("the server is away".into()));
            }
        }
    }
}

impl Hooks for Bench {
    fn capabilities(&self, good: Capabilities) -> Capabilities {
        let mut capabilities = good;
        capabilities.name = "lab";
        capabilities.durable = true;
        capabilities.atomic = true;
        capabilities.largest_event = Some(LARGEST);
        capabilities
    }

    fn away(&self) -> Option<String> {
        let away = !*self.world.up.borrow() && !self.has(Fault::ReadyTooEarly);
        away.then(|| "the server is away".to_owned())
    }

    fn admit(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let mut up = self.world.up.subscribe();
            let back = tokio::time::timeout(Duration::from_secs(5), up.wait_for(|up| *up)).await;
            match back {
                Ok(Ok(_)) => Ok(()),
                _ => Err("the server is away".to_owned()),
            }
        })
    }

    fn severed(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut cuts = self.world.cuts.subscribe();
            if cuts.changed().await.is_err() || self.has(Fault::SilentAfterReconnect) {
                std::future::pending::<()>().await;
            }
        })
    }

    fn spec(&self, spec: &SubscriptionSpec) -> SubscriptionSpec {
        let mut bent = spec.clone();
        match self.world.fault {
            Fault::BroadcastsAreShared if spec.kind == Kind::Broadcast => {
                bent.kind = Kind::Group { start: Start::Now, ordered: false, was: None };
            }
            Fault::HearsEveryType => bent.patterns.extend(">".parse()),
            _ => {}
        }
        if let Kind::Group { start, ordered, was } = &mut bent.kind {
            match self.world.fault {
                Fault::LeaksOrder => *ordered = false,
                // Each process has a durable of its own, and takes its half of it.
                Fault::OrderWithinProcess if *ordered => bent.id.name = format!("of-{}", self.number),
                Fault::DurableOfOneProcess => bent.id.name = format!("of-{}", self.number),
                Fault::StartsNow => *start = Start::Now,
                Fault::ForgetsFormerNames => *was = None,
                Fault::GroupsShare => bent.id.agent = "everybody".to_owned(),
                _ => {}
            }
        }
        bent
    }

    fn provisioned(&self, specs: &[SubscriptionSpec], drifted: Drifted, mut drift: Vec<Drift>) -> Vec<Drift> {
        let mut changed = lock(&self.world.drifted);
        if self.has(Fault::TellsNoDrift) {
            return drift;
        }
        for spec in specs.iter().filter(|spec| changed.contains(&spec.id)) {
            drift.push(Drift {
                of: spec.id.durable_name(),
                setting: "patience".into(),
                found: "1".into(),
                chosen: "2".into(),
            });
        }
        if drifted == Drifted::Correct {
            changed.clear();
        }
        drift
    }

    fn publish<'a>(
        &'a self,
        good: &'a Arc<dyn Broker>,
        batch: Vec<Publication>,
    ) -> BoxFuture<'a, Vec<Result<Published, PublishError>>> {
        Box::pin(async move {
            let whole = self.has(Fault::ClaimsAtomic)
                || batch.iter().all(|publication| publication.event.data.get().len() <= LARGEST);
            let mut results = Vec::new();
            for publication in batch {
                let too_large = publication.event.data.get().len() > LARGEST;
                results.push(match whole || too_large {
                    true => self.store(good, publication).await,
                    false => Err(PublishError::Unavailable("one of the batch was refused".into())),
                });
            }
            if self.has(Fault::OneResultABatch) {
                results.truncate(1);
            }
            results
        })
    }

    fn drawn<'a>(
        &'a self,
        good: &'a Arc<dyn Broker>,
        of: &'a SubscriptionSpec,
        deliveries: Vec<Delivery>,
    ) -> BoxFuture<'a, Vec<Delivery>> {
        Box::pin(async move {
            if self.has(Fault::SilentAfterReconnect)
                && (*self.world.cuts.borrow() != self.born || lock(&self.world.deleted).contains(&of.id))
            {
                std::future::pending::<()>().await;
            }
            if self.has(Fault::SilentAfterSilence) && self.was_silent() {
                std::future::pending::<()>().await;
            }
            let held_up = lock(&self.held_up).take();
            if let Some(until) = held_up {
                tokio::time::sleep_until(until.into()).await;
            }
            let mut left = Vec::new();
            for delivery in deliveries {
                if self.has(Fault::AcksBeforeHandling) {
                    let _ = delivery.receipt.ack().await;
                }
                if self.is_gone(&delivery) {
                    *lock(&self.missed).entry(of.id.clone()).or_default() += 1;
                    let _ = delivery.receipt.ack().await;
                } else if !self.swallows(good, of, &delivery).await {
                    left.extend(self.read(of, delivery).await);
                }
            }
            left
        })
    }

    fn max(&self, asked: usize) -> usize {
        if self.has(Fault::DrawsWithoutLimit) { 1_000 } else { asked }
    }

    fn replay<'a>(
        &'a self,
        good: &'a Arc<dyn Broker>,
        id: &'a str,
    ) -> BoxFuture<'a, Result<bool, BrokerError>> {
        if !self.has(Fault::ReplaysToEveryone) {
            return good.dead_letters().replay(id);
        }
        Box::pin(async move {
            let letters = good.dead_letters().list(usize::MAX).await?;
            let letter = letters.iter().find(|letter| letter.id() == id);
            if let Some(event) = letter.and_then(|letter| letter.body.event()) {
                let mut event = (**event).clone();
                event.id = format!("{}-again", event.id).into();
                let (to, admission, delay) = (Address::Everyone, Admission::Always, Duration::ZERO);
                good.publish(vec![Publication { event: Arc::new(event), to, admission, delay }]).await;
            }
            good.dead_letters().purge(id).await
        })
    }

    fn close<'a>(&'a self, good: &'a Arc<dyn Broker>) -> BoxFuture<'a, ()> {
        if self.has(Fault::StaysOpen) {
            return Box::pin(async {});
        }
        good.close()
    }

    fn missed(&self, of: &SubscriptionSpec) -> u64 {
        if self.has(Fault::NeverMissed) {
            return 0;
        }
        lock(&self.missed).get(&of.id).copied().unwrap_or(0)
    }

    fn ack<'a>(&'a self, good: &'a dyn Receipt, _about: &'a About) -> Settled<'a> {
        if self.has(Fault::LosesAnAck) && !self.acked.swap(true, Ordering::SeqCst) {
            return Box::pin(async { Ok(()) });
        }
        good.ack()
    }

    fn hand_back<'a>(&'a self, good: &'a dyn Receipt, _about: &'a About, delay: Duration) -> Settled<'a> {
        let delay = match self.world.fault {
            Fault::IgnoresTheDelay => Duration::ZERO,
            Fault::IsLate if !delay.is_zero() => delay + Duration::from_secs(7),
            _ => delay,
        };
        if self.has(Fault::HoldsUp) && !delay.is_zero() {
            let hold = delay.min(Duration::from_secs(60)) + Duration::from_secs(1);
            *lock(&self.held_up) = Some(Instant::now() + hold);
        }
        good.hand_back(delay)
    }

    fn extend<'a>(&'a self, good: &'a dyn Receipt, _about: &'a About) -> Settled<'a> {
        if self.has(Fault::ShortLeases) {
            return Box::pin(async { Ok(()) });
        }
        good.extend()
    }

    fn dead_letter<'a>(&'a self, good: &'a dyn Receipt, about: &'a About, letter: DeadLetter) -> Settled<'a> {
        if self.has(Fault::OneAttemptTooMany) && lock(&self.once_more).insert(about.sequence) {
            return good.hand_back(Duration::ZERO);
        }
        if self.has(Fault::LosesDeadLetters) {
            return good.ack();
        }
        good.dead_letter(letter)
    }

    fn listed(&self, mut letters: Vec<DeadLetter>) -> Vec<DeadLetter> {
        if self.has(Fault::ForgetsFirstErrors) {
            letters.iter_mut().for_each(|letter| letter.first_errors.clone_from(&letter.errors));
        }
        let copies = if self.has(Fault::DeadLettersTwice) { 2 } else { 1 };
        letters.into_iter().flat_map(|letter| std::iter::repeat_n(letter, copies)).collect()
    }
}
