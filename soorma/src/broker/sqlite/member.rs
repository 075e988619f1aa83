//! A member of a durable subscription. Owns what was taken in hand and not given out yet; the taking is a task of its
//! own, so that `next` can be dropped at any time.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use soorma_common::Timestamp;

use super::{
    draw::{Drawn, MOST, Request, Taken, draw},
    hearing::{Hearing, Known, Routes},
    receipt::SqliteReceipt,
    seat::{Place, Seat},
    settle::Ticket,
    shared::{PAUSE, Shared},
    subscriptions,
};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Receipt, Subscription, SubscriptionSpec, Unreadable},
    race::race,
    sqlite::{FileError, millis},
};

pub(super) struct Member {
    shared: Arc<Shared>,
    desk: Arc<Desk>,
}

/// What lies between the file and the member.
struct Desk {
    subscription: i64,
    spec: SubscriptionSpec,
    seat: Arc<Seat>,
    state: Mutex<State>,
    missed: AtomicU64,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Taken>,
    /// A draw is on its way.
    drawing: bool,
    /// The member draws no more.
    stopped: bool,
    /// What goes on failing.
    failed: Option<Failure>,
    again_first: bool,
    /// There was trouble, and it was told.
    troubled: bool,
}

enum Failure {
    Removed,
    File(FileError),
}

impl Member {
    pub(super) async fn join(shared: &Arc<Shared>, spec: &SubscriptionSpec) -> Result<Self, BrokerError> {
        let made = shared.provision(std::slice::from_ref(spec)).await?;
        let subscription = made
            .first()
            .copied()
            .ok_or_else(|| BrokerError::Refused(format!("`{}` is not durable", spec.id)))?;
        let hearing = Arc::new(Hearing { spec: spec.clone(), former: Vec::new() });
        let known = Known::new(Arc::new(Routes::none(hearing, 0)));
        let seat = Arc::new(Seat::new(Place::Durable(subscription), known, 0));
        let desk = Arc::new(Desk {
            subscription,
            spec: spec.clone(),
            seat: seat.clone(),
            state: Mutex::default(),
            missed: AtomicU64::new(0),
        });
        let member = Self { shared: shared.clone(), desk };
        shared.take_seat(&seat);
        member.desk.refresh(shared).await?;
        Ok(member)
    }

    async fn next(&self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        let max = max.clamp(1, MOST);
        loop {
            self.shared.check_open()?;
            let taken = self.take(max)?;
            if !taken.is_empty() {
                return Ok(taken);
            }
            self.ask(max);
            let mut closed = self.shared.closed.subscribe();
            race(self.desk.seat.told.notified(), closed.wait_for(|closed| *closed)).await;
        }
    }

    /// Has something taken in hand, where there may be something.
    fn ask(&self, max: usize) {
        let mut state = self.desk.lock();
        if state.drawing {
            return;
        }
        if !self.desk.seat.begin() {
            drop(state);
            self.shared.kick.notify_one();
            return;
        }
        state.drawing = true;
        state.again_first = !state.again_first;
        let request = Request {
            subscription: self.desk.subscription,
            max,
            lease: millis(self.desk.spec.lease),
            known: self.desk.seat.known.get(),
            again_first: state.again_first,
            first_end: self.desk.seat.flags().first_end,
        };
        drop(state);
        let (shared, desk) = (self.shared.clone(), self.desk.clone());
        self.shared.aside(async move { desk.draw(&shared, request).await });
    }

    fn take(&self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        let taken: Vec<Taken> = {
            let mut state = self.desk.lock();
            match &state.failed {
                Some(Failure::Removed) => {
                    return Err(BrokerError::Refused(format!("`{}` was removed", self.desk.spec.id)));
                }
                Some(Failure::File(error)) => return Err(error.clone().into()),
                None => {}
            }
            let many = max.min(state.ready.len());
            state.ready.drain(..many).collect()
        };
        let now = self.shared.file_clock().now();
        // What waited here past its lease is somebody else's by now.
        Ok(taken.into_iter().filter(|one| one.until > now).filter_map(|one| self.delivery(one)).collect())
    }

    fn delivery(&self, taken: Taken) -> Option<Delivery> {
        let Desk { subscription, spec, .. } = &*self.desk;
        let ticket = taken.ticket(*subscription);
        let Taken { sequence, delivered, until, stored, .. } = taken;
        let receipt = SqliteReceipt { shared: self.shared.clone(), ticket, lease: spec.lease };
        let place = sequence.unsigned_abs();
        match Unreadable::read(&stored.bytes, spec.id.topic, &stored.event_type) {
            Ok(event) => {
                let until = self.shared.file_clock().instant(until);
                let delivered = u32::try_from(delivered).unwrap_or(u32::MAX);
                Some(Delivery::new(Arc::new(event), place, delivered, until, receipt))
            }
            Err(unreadable) => {
                tracing::warn!(subscription = %spec.id, sequence, error = %unreadable, "stored was no event");
                let letter =
                    unreadable.into_letter(spec.id.clone(), place, stored.bytes.into(), Timestamp::now());
                self.shared.aside(async move {
                    if let Err(error) = receipt.dead_letter(letter).await {
                        tracing::warn!(%error, sequence, "no dead letter yet; it will come again");
                    }
                });
                None
            }
        }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn draw(&self, shared: &Arc<Shared>, request: Request) {
        let drawn = shared.database.write_light(move |change| draw(change, &request)).await;
        let stale = matches!(&drawn, Ok(Some(Drawn { stale: true, .. })));
        let unused = self.put_down(shared, drawn);
        if !unused.is_empty() {
            give_back(shared, self.subscription, unused).await;
        }
        if stale && let Err(error) = self.refresh(shared).await {
            tracing::debug!(%error, "the routes are looked up again");
        }
    }

    /// Gives what the member does not take any more.
    fn put_down(&self, shared: &Shared, drawn: Result<Option<Drawn>, FileError>) -> Vec<Taken> {
        let mut state = self.lock();
        state.drawing = false;
        let mut unused = Vec::new();
        match drawn {
            Ok(Some(drawn)) => {
                state.troubled = false;
                self.missed.store(drawn.missed.unsigned_abs(), Ordering::Release);
                match state.stopped {
                    true => unused = drawn.taken,
                    false => state.ready.extend(drawn.taken),
                }
                let mut flags = self.seat.flags();
                flags.look |= drawn.more;
                flags.due = drawn.due;
                flags.first_end = drawn.first_end;
            }
            Ok(None) => state.failed = Some(Failure::Removed),
            Err(error) if error.is_final() => state.failed = Some(Failure::File(error)),
            Err(error) => {
                if !std::mem::replace(&mut state.troubled, true) {
                    tracing::warn!(subscription = %self.spec.id, %error, "nothing can be drawn for now");
                }
                self.seat.flags().due = shared.file_clock().after(PAUSE);
            }
        }
        drop(state);
        self.seat.told.notify_one();
        unused
    }

    /// Reads what the subscription hears, so that draws need not.
    async fn refresh(&self, shared: &Shared) -> Result<(), BrokerError> {
        let (subscription, known) = (self.subscription, self.seat.known.get());
        let read = shared.database.read(move |file| {
            let Some(position) = subscriptions::position(file, subscription)? else { return Ok(None) };
            let routes = subscriptions::routes(file, subscription, position.version, known)?;
            Ok(Some((routes, position.missed)))
        });
        if let Some((routes, missed)) = read.await? {
            self.seat.known.set(routes);
            self.missed.store(missed.unsigned_abs(), Ordering::Release);
        }
        Ok(())
    }

    /// Takes out what nobody has, for good.
    fn stop(&self) -> Vec<Taken> {
        let mut state = self.lock();
        state.stopped = true;
        state.ready.drain(..).collect()
    }
}

/// What was never given out goes back, and does not count.
async fn give_back(shared: &Shared, subscription: i64, unused: Vec<Taken>) {
    let tickets: Vec<Ticket> = unused.iter().map(|one| one.ticket(subscription)).collect();
    let back =
        shared.database.write(move |change| tickets.iter().try_for_each(|ticket| ticket.forget(change)));
    if let Err(error) = back.await {
        tracing::warn!(%error, "what was not begun comes back when its lease is over");
    }
}

impl Subscription for Member {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        Box::pin(Member::next(self, max))
    }

    fn missed(&self) -> u64 {
        self.desk.missed.load(Ordering::Acquire)
    }

    fn stop(&mut self) {
        let unused = self.desk.stop();
        if !unused.is_empty() {
            let (shared, subscription) = (self.shared.clone(), self.desk.subscription);
            self.shared.aside(async move { give_back(&shared, subscription, unused).await });
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.shared.leave_seat(&self.desk.seat);
        Subscription::stop(self);
    }
}
