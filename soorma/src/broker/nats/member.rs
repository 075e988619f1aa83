//! A member. Owns what was delivered and not drawn yet; a task of its own (`task`) talks with the server, so that
//! `next` can be dropped at any time.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use soorma_common::EventEnvelope;
use tokio::sync::Notify;

use super::{
    pull::runs_low,
    receipt::{Hold, InboxReceipt, NatsReceipt},
    shared::Shared,
    task::Task,
};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Drifted, Kind, Receipt, Subscription, SubscriptionSpec},
    race::race,
};

pub(super) struct Member {
    shared: Arc<Shared>,
    buffer: Arc<Buffer>,
    /// What was gone when it joined.
    missed: u64,
}

/// What lies between the server and the member.
#[derive(Default)]
pub(super) struct Buffer {
    state: Mutex<State>,
    /// Something has come.
    arrivals: Notify,
    /// More is wanted, or nothing any more.
    pub(super) demand: Notify,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) ready: VecDeque<Item>,
    /// For how many the member has room besides.
    pub(super) wanted: usize,
    /// How many the server may still send; 0 where there are lanes.
    pub(super) asked: usize,
    /// The member draws no more.
    pub(super) stopped: bool,
    /// The member is gone.
    pub(super) left: bool,
}

/// What was delivered.
pub(super) struct Item {
    pub(super) event: Arc<EventEnvelope>,
    pub(super) delivered: u32,
    pub(super) consumer: usize,
    pub(super) hold: Arc<Hold>,
    /// Whether it can be settled.
    pub(super) settles: bool,
}

impl Buffer {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is time to ask for more.
    fn runs_low(&self) -> bool {
        let state = self.lock();
        runs_low(state.asked, state.wanted.saturating_sub(state.ready.len()))
    }

    pub(super) fn push(&self, item: Item) {
        self.lock().ready.push_back(item);
        self.arrivals.notify_one();
    }
}

impl Member {
    pub(super) async fn join(shared: &Arc<Shared>, spec: &SubscriptionSpec) -> Result<Self, BrokerError> {
        let buffer = Arc::<Buffer>::default();
        let mut missed = 0;
        let task = match &spec.kind {
            Kind::Group { .. } => {
                let parts = shared.provision(spec, Drifted::Keep).await?.parts;
                missed = shared.missed(spec, &parts).await?;
                Task::new(shared, spec, &buffer, parts, 0).await?
            }
            Kind::Broadcast | Kind::Inbox(_) => {
                let part = shared.add_ephemeral(spec);
                let after = match shared.make_ephemeral(spec, &part, None).await {
                    Ok(after) => after,
                    Err(error) => {
                        shared.drop_ephemeral(&part.consumer);
                        return Err(error);
                    }
                };
                Task::new(shared, spec, &buffer, vec![part], after).await?
            }
        };
        tokio::spawn(task.run());
        Ok(Self { shared: shared.clone(), buffer, missed })
    }

    async fn next(&self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        let max = max.max(1);
        let mut closed = self.shared.closed.subscribe();
        loop {
            self.shared.check_open()?;
            let taken = self.take(max);
            if !taken.is_empty() {
                return Ok(taken);
            }
            if self.buffer.runs_low() {
                self.buffer.demand.notify_one();
            }
            race(self.buffer.arrivals.notified(), closed.wait_for(|closed| *closed)).await;
        }
    }

    fn take(&self, max: usize) -> Vec<Delivery> {
        let mut state = self.buffer.lock();
        let mut taken = Vec::with_capacity(max.min(state.ready.len()));
        while taken.len() < max
            && let Some(item) = state.ready.pop_front()
        {
            // What waited past its lease is somebody else's by now.
            if !item.settles || item.hold.is_ours() {
                taken.push(item.into_delivery());
            }
        }
        state.wanted = max - taken.len();
        taken
    }
}

impl Item {
    fn into_delivery(self) -> Delivery {
        let (sequence, until) = (self.hold.sequence, self.hold.ends());
        let receipt: Box<dyn Receipt> =
            if self.settles { Box::new(NatsReceipt(self.hold)) } else { Box::new(InboxReceipt) };
        Delivery::new(self.event, sequence, self.delivered, until, receipt)
    }
}

impl Subscription for Member {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        Box::pin(Member::next(self, max))
    }

    fn missed(&self) -> u64 {
        self.missed
    }

    fn stop(&mut self) {
        self.buffer.lock().stopped = true;
        self.buffer.demand.notify_one();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = self.buffer.lock();
        state.stopped = true;
        state.left = true;
        drop(state);
        self.buffer.demand.notify_one();
    }
}
