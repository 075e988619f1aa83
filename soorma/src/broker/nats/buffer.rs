//! What lies between the server and a member: deliveries that were not drawn yet, and how many more there is room for.
//! Knows who waits on either side; must not know how deliveries are asked for.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

use soorma_common::EventEnvelope;

use super::{
    pull::runs_low,
    receipt::{Hold, InboxReceipt, NatsReceipt},
};
use crate::broker::Delivery;

/// What was delivered.
pub(super) struct Item {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) delivered: u32,
    pub(super) consumer: usize,
    pub(super) hold: Arc<Hold>,
    /// Whether it can be settled.
    pub(super) settles: bool,
}

/// Between the task and the member, which wake each other.
#[derive(Default)]
pub(super) struct Buffer(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    pub(super) ready: VecDeque<Item>,
    /// For how many the member has room besides.
    pub(super) wanted: usize,
    /// How many the server may still send; 0 where there are lanes.
    pub(super) asked: usize,
    /// The task is to look how many are wanted.
    demand: bool,
    /// The member draws no more.
    pub(super) stopped: bool,
    /// The member is gone.
    left: bool,
    /// Nothing more will come.
    over: bool,
    member: Option<Waker>,
    task: Option<Waker>,
}

impl State {
    fn runs_low(&self) -> bool {
        runs_low(self.asked, self.wanted.saturating_sub(self.ready.len()))
    }

    /// Has the task look.
    fn call(&mut self) -> Option<Waker> {
        self.demand = true;
        self.task.take()
    }
}

impl Buffer {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what has come.
    pub(super) fn push(&self, items: impl Iterator<Item = Item>) {
        let mut state = self.lock();
        state.ready.extend(items);
        wake(state.member.take());
    }

    /// What the member draws: ready once there is something; `None` once nothing more will come.
    pub(super) fn poll_draw(
        &self,
        max: usize,
        now: impl FnOnce() -> Instant,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Vec<Delivery>>> {
        let mut state = self.lock();
        if state.over {
            return Poll::Ready(None);
        }
        let mut taken = Vec::new();
        if !state.ready.is_empty() {
            let now = now();
            taken.reserve(max.min(state.ready.len()));
            while taken.len() < max
                && let Some(item) = state.ready.pop_front()
            {
                // What waited past its lease is somebody else's by now.
                if !item.settles || item.hold.is_ours_at(now) {
                    taken.push(item.into_delivery());
                }
            }
        }
        state.wanted = max - taken.len();
        if taken.is_empty() {
            note(&mut state.member, cx);
            if state.runs_low() {
                wake(state.call());
            }
            return Poll::Pending;
        }
        Poll::Ready(Some(taken))
    }

    /// For the task: ready when more is wanted, then true; or when the member draws no more, then false.
    pub(super) fn poll_demand(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.lock();
        if state.stopped {
            return Poll::Ready(false);
        }
        if std::mem::take(&mut state.demand) {
            return Poll::Ready(true);
        }
        note(&mut state.task, cx);
        Poll::Pending
    }

    /// For the task: ready when the member is gone.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.left {
            return Poll::Ready(());
        }
        note(&mut state.task, cx);
        Poll::Pending
    }

    /// The member draws no more; it may still settle.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        wake(state.task.take());
    }

    /// The member is gone.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.left = true;
        wake(state.task.take());
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        wake(state.member.take());
    }
}

impl Item {
    fn into_delivery(self) -> Delivery {
        let (sequence, until) = (self.hold.sequence, self.hold.ends());
        match self.settles {
            true => Delivery::new(self.event, sequence, self.delivered, until, NatsReceipt(self.hold)),
            false => Delivery::new(self.event, sequence, self.delivered, until, InboxReceipt),
        }
    }
}

fn note(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(known) => known.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

fn wake(waiting: Option<Waker>) {
    if let Some(waiting) = waiting {
        waiting.wake();
    }
}
