//! A member. Owns how it waits for deliveries; must not know what makes one ready.

use std::sync::Arc;

use soorma_common::EventTopic;
use tokio::sync::Notify;

use super::{queue::HandedOut, receipt::MemoryReceipt, shared::Shared};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Subscription, SubscriptionSpec},
    race::race,
};

pub(super) struct Member {
    shared: Arc<Shared>,
    topic: EventTopic,
    index: usize,
    arrivals: Arc<Notify>,
}

impl Member {
    pub(super) fn join(shared: &Arc<Shared>, spec: &SubscriptionSpec) -> Result<Self, BrokerError> {
        let mut topic = shared.topic(spec.id.topic);
        let index = match spec.kind.is_durable() {
            true => topic.provision(spec, shared.clock.now())?,
            false => topic.join(spec, shared.clock.now())?,
        };
        let queue = topic.queue(index).ok_or(BrokerError::Closed)?;
        queue.join();
        let arrivals = queue.arrivals.clone();
        Ok(Self { shared: shared.clone(), topic: spec.id.topic, index, arrivals })
    }

    async fn next(&self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        loop {
            let told = self.arrivals.notified();
            let now = self.shared.clock.now();
            self.shared.check_open()?;
            let (taken, again) = {
                let mut topic = self.shared.topic(self.topic);
                let (queue, stamps) = topic.queue_and_stamps(self.index).ok_or(BrokerError::Closed)?;
                let taken = queue.hand_out(max.max(1), now, stamps);
                let again = if taken.is_empty() { queue.look_again(now) } else { None };
                (taken, again)
            };
            if !taken.is_empty() {
                return Ok(taken.into_iter().map(|out| self.delivery(out)).collect());
            }
            race(self.shared.clock.look_again(again), told).await;
        }
    }

    fn delivery(&self, out: HandedOut) -> Delivery {
        let receipt = MemoryReceipt::new(self.shared.clone(), self.topic, self.index, out.ticket);
        Delivery::new(out.event, out.sequence, out.delivered, out.until, receipt)
    }
}

impl Subscription for Member {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        Box::pin(Member::next(self, max))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.shared.topic(self.topic).leave(self.index);
    }
}
