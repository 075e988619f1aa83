//! A member of a subscription. A task of its own (`task`) talks with the server, so that `next` can be dropped at any time;
//! between the two lies a `buffer`.

use std::{cell::LazyCell, future::poll_fn, sync::Arc, task::Poll};

use super::{buffer::Buffer, item::Item, shared::Shared, task::Task};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Drifted, Kind, Subscription, SubscriptionSpec},
};

pub(super) struct Member {
    shared: Arc<Shared>,
    buffer: Arc<Buffer<Item>>,
    /// What was gone when it joined.
    missed: u64,
}

impl Member {
    pub(super) async fn join(shared: &Arc<Shared>, spec: &SubscriptionSpec) -> Result<Self, BrokerError> {
        let buffer = Arc::new(Buffer::new());
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
        poll_fn(|cx| {
            if self.shared.is_closed() {
                return Poll::Ready(Err(BrokerError::Closed));
            }
            // Looked at once for all of them.
            let now = LazyCell::new(|| self.shared.link.clock.now());
            let drawn = self.buffer.poll_draw(max, |item| item.into_delivery(*now), cx);
            drawn.map(|drawn| drawn.ok_or(BrokerError::Closed))
        })
        .await
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
        self.buffer.stop();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.buffer.leave();
    }
}
