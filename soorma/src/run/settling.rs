//! Events that were handled and are not settled yet, of one subscription. They are settled in one task, that of the dispatcher:
//! what was handed in since it ran last is published together and acknowledged together, and whoever draws learns at once of the
//! places that are given back. A worker goes on with the next event meanwhile; what bounds this are the places.

use std::{
    convert::Infallible,
    future::poll_fn,
    mem::{replace, take},
    ops::ControlFlow::{Break, Continue},
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{
    attempt::{Attempt, Handled, Rest},
    dispatcher::Work,
    outcome::publish_all,
    past::Past,
};
use crate::{
    BoxFuture,
    at_once::{all_at_once, at_once},
    broker::{Receipt, SettleError},
    guard::caught,
    handler::Role,
};

/// What is handed in by workers, and settled by whoever runs it.
#[derive(Default)]
pub(super) struct Settling(Mutex<State>);

#[derive(Default)]
struct State {
    fresh: Vec<Handled>,
    /// How many were handed in and have not ended.
    open: usize,
    runner: Option<Waker>,
    /// It was woken, and has not looked yet.
    called: bool,
}

impl Settling {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands one in; whoever does calls once it has no more.
    pub(super) fn push(&self, handled: Handled) {
        let mut state = self.lock();
        state.fresh.push(handled);
        state.open += 1;
    }

    /// Wakes whoever runs this, if anything was handed in.
    pub(super) fn call(&self) {
        let mut state = self.lock();
        let is_new = !state.fresh.is_empty() && !replace(&mut state.called, true);
        let runner = if is_new { state.runner.clone() } else { None };
        drop(state);
        if let Some(runner) = runner {
            runner.wake();
        }
    }

    /// How many have not ended.
    pub(super) fn open(&self) -> usize {
        self.lock().open
    }

    /// Settles what is handed in, for as long as it is awaited.
    pub(super) async fn run(&self, work: &Work) -> Infallible {
        let mut under_way: Vec<BoxFuture<'_, ()>> = Vec::new();
        poll_fn(|cx| {
            // Who has returned nothing does not wait for those who have.
            let (silent, telling): (Vec<_>, Vec<_>) =
                self.fresh(cx).into_iter().partition(|handled| handled.rest.returned.is_empty());
            for handled in [silent, telling].into_iter().filter(|handled| !handled.is_empty()) {
                under_way.push(Box::pin(self.settle(work, handled)));
            }
            under_way.retain_mut(|one| one.as_mut().poll(cx).is_pending());
            Poll::Pending
        })
        .await
    }

    /// What is new; whoever runs is woken for more.
    fn fresh(&self, cx: &Context<'_>) -> Vec<Handled> {
        let mut state = self.lock();
        if !state.runner.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            state.runner = Some(cx.waker().clone());
        }
        state.called = false;
        take(&mut state.fresh)
    }

    /// With a net under the broker's panics.
    async fn settle(&self, work: &Work, handled: Vec<Handled>) {
        let count = handled.len();
        if let Err(error) = caught(pin!(settle_all(work, handled))).await {
            let subscription = &work.handler.spec.id;
            tracing::error!(%subscription, %error, "while they were settled; the events will come again");
        }
        self.lock().open -= count;
    }
}

/// Publishes what their handlers have returned, and acknowledges those of which all is stored.
async fn settle_all(work: &Work, handled: Vec<Handled>) {
    let now = work.services.clock.now();
    let (mut all, mut returned) = (Vec::with_capacity(handled.len()), Vec::with_capacity(handled.len()));
    for handled in handled {
        let (attempt, Rest { past, returned: outputs }) = handled.attempt(work);
        if attempt.hand.is_ours_at(now) {
            all.push((attempt, past));
            returned.push(outputs);
        } else {
            attempt.done(Err(SettleError::Lost));
        }
    }
    let mut each: Vec<BoxFuture<'_, ()>> = Vec::new();
    let mut stored = Vec::with_capacity(all.len());
    for ((attempt, past), failure) in all.into_iter().zip(publish_all(work, returned).await) {
        match failure {
            None => stored.push((attempt, past)),
            Some(failure) => each.push(Box::pin(async move {
                let settled = attempt.failed(past, failure).await;
                attempt.done(settled);
            })),
        }
    }
    each.push(Box::pin(acknowledge(work, stored)));
    at_once(usize::MAX, each).await;
}

/// Acknowledges those whose outputs are stored.
async fn acknowledge(work: &Work, mut stored: Vec<Stored<'_>>) {
    if work.handler.registration.role == Role::OnTask {
        stored = finished(stored).await;
    }
    if stored.is_empty() {
        return;
    }
    let receipts: Vec<&dyn Receipt> = stored.iter().map(|(attempt, _)| attempt.hand.receipt()).collect();
    let mut settled = work.services.broker.ack_all(&receipts).await.into_iter();
    drop(receipts);
    let none = || Err(SettleError::Unavailable("the broker gave no result".into()));
    let mut others: Vec<BoxFuture<'_, ()>> = Vec::new();
    for (attempt, past) in stored {
        let settled = settled.next().unwrap_or_else(none);
        match attempt.is_plain(past.as_deref()) {
            true => attempt.done(settled),
            false => others.push(Box::pin(async move {
                let settled = attempt.after_ack(past, settled).await;
                attempt.done(settled);
            })),
        }
    }
    at_once(usize::MAX, others).await;
}

type Stored<'a> = (Attempt<'a>, Option<Box<Past>>);

/// Those of these tasks that have said that they are done.
async fn finished(stored: Vec<Stored<'_>>) -> Vec<Stored<'_>> {
    let each = stored.into_iter().map(|(attempt, past)| -> BoxFuture<'_, Option<Stored<'_>>> {
        Box::pin(async move {
            match attempt.before_ack().await {
                Continue(()) => Some((attempt, past)),
                Break(settled) => {
                    attempt.done(settled);
                    None
                }
            }
        })
    });
    all_at_once(usize::MAX, each.collect()).await.into_iter().flatten().collect()
}
