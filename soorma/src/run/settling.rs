//! Events that were handled and are not settled yet, of one subscription. They are settled in one task, that of the dispatcher:
//! their acknowledgements go out together, and whoever draws learns at once of the places that they give back. A worker goes
//! on with the next event meanwhile; what bounds this are the places.
//!
//! Futures are kept in slots that are used again, each with a waker of its own: only what has news is looked at.

use std::{
    convert::Infallible,
    future::poll_fn,
    mem::{replace, take},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

use super::{attempt::Handled, dispatcher::Work};
use crate::guard::caught;

/// What is handed in by workers, and settled by whoever runs it.
#[derive(Default)]
pub(super) struct Settling(Arc<Desk>);

#[derive(Default)]
struct Desk(Mutex<State>);

#[derive(Default)]
struct State {
    fresh: Vec<Handled>,
    /// Slots whose future has news.
    woken: Vec<usize>,
    /// How many were handed in and have not ended.
    open: usize,
    runner: Option<Waker>,
    /// It was woken, and has not looked yet.
    called: bool,
}

/// Has its future looked at.
struct Bell {
    desk: Arc<Desk>,
    slot: usize,
}

struct Slot<F> {
    future: Pin<Box<Option<F>>>,
    waker: Waker,
}

impl Settling {
    /// Hands one in; whoever does calls once it has no more.
    pub(super) fn push(&self, handled: Handled) {
        let mut state = self.0.lock();
        state.fresh.push(handled);
        state.open += 1;
    }

    /// Wakes whoever runs this, if anything was handed in.
    pub(super) fn call(&self) {
        let mut state = self.0.lock();
        let runner = if state.fresh.is_empty() { None } else { state.call() };
        drop(state);
        if let Some(runner) = runner {
            runner.wake();
        }
    }

    /// How many have not ended.
    pub(super) fn open(&self) -> usize {
        self.0.lock().open
    }

    /// Settles what is handed in, for as long as it is awaited.
    pub(super) async fn run(&self, work: &Work) -> Infallible {
        let mut slots = Vec::new();
        let mut free = Vec::new();
        poll_fn(|cx| {
            loop {
                let (fresh, mut woken) = self.0.news(cx);
                for handled in fresh {
                    let slot = free.pop().unwrap_or(slots.len());
                    if slot == slots.len() {
                        let bell = Arc::new(Bell { desk: self.0.clone(), slot });
                        slots.push(Slot { future: Box::pin(None), waker: bell.into() });
                    }
                    slots[slot].future.set(Some(settle(work, handled)));
                    woken.push(slot);
                }
                if woken.is_empty() {
                    return Poll::Pending;
                }
                for slot in woken {
                    if slots[slot].poll() {
                        free.push(slot);
                        self.0.lock().open -= 1;
                    }
                }
            }
        })
        .await
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is to do; whoever runs is woken for more.
    fn news(&self, cx: &Context<'_>) -> (Vec<Handled>, Vec<usize>) {
        let mut state = self.lock();
        if !state.runner.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            state.runner = Some(cx.waker().clone());
        }
        state.called = false;
        (take(&mut state.fresh), take(&mut state.woken))
    }
}

impl State {
    /// Whom to wake, once for all that is new.
    fn call(&mut self) -> Option<Waker> {
        if replace(&mut self.called, true) { None } else { self.runner.clone() }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.desk.lock();
        state.woken.push(self.slot);
        let runner = state.call();
        drop(state);
        if let Some(runner) = runner {
            runner.wake();
        }
    }
}

impl<F: Future<Output = ()>> Slot<F> {
    /// Whether it has ended now. One that had ended before may have been woken once more.
    fn poll(&mut self) -> bool {
        let Some(future) = self.future.as_mut().as_pin_mut() else { return false };
        let ended = future.poll(&mut Context::from_waker(&self.waker)).is_ready();
        if ended {
            self.future.set(None);
        }
        ended
    }
}

async fn settle(work: &Work, handled: Handled) {
    if let Err(error) = caught(pin!(handled.settle(work))).await {
        let subscription = &work.handler.spec.id;
        tracing::error!(%subscription, %error, "while it was settled; the event will come again");
    }
}
