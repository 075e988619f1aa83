//! What a member's task waits for besides deliveries. Kept from one wait to the next: to begin anew with each delivery costs more
//! than the delivery.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use super::shared::Shared;
use crate::{BoxFuture, clock::Sleep, nats::Link};

pub(super) struct Signals {
    closed: BoxFuture<'static, ()>,
    reconnected: BoxFuture<'static, ()>,
    timer: Option<(Instant, Sleep)>,
}

/// What has happened.
pub(super) enum Signal {
    Closed,
    Reconnected,
    Time,
}

impl Signals {
    /// Of this handle, and of connections after that of now.
    pub(super) fn new(shared: &Shared) -> Self {
        let mut closed = shared.closed.subscribe();
        Self {
            closed: Box::pin(async move { drop(closed.wait_for(|closed| *closed).await) }),
            reconnected: reconnected(&shared.link),
            timer: None,
        }
    }

    /// Ready when something has happened, at `wakes` at the latest; for time, it may be earlier.
    pub(super) fn poll(
        &mut self,
        shared: &Shared,
        wakes: Option<Instant>,
        cx: &mut Context<'_>,
    ) -> Poll<Signal> {
        if self.closed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Signal::Closed);
        }
        if self.reconnected.as_mut().poll(cx).is_ready() {
            self.reconnected = reconnected(&shared.link);
            return Poll::Ready(Signal::Reconnected);
        }
        if let Some(at) = wakes
            && self.timer.as_ref().is_none_or(|(armed, _)| at < *armed)
        {
            self.timer = Some((at, shared.link.clock.sleep_until(at)));
        }
        let timer = self.timer.as_mut().map(|(_, timer)| Pin::new(timer).poll(cx));
        if timer.is_some_and(|polled| polled.is_ready()) {
            self.timer = None;
            return Poll::Ready(Signal::Time);
        }
        Poll::Pending
    }
}

fn reconnected(link: &Arc<Link>) -> BoxFuture<'static, ()> {
    let (link, epoch) = (link.clone(), link.epoch());
    Box::pin(async move { link.reconnected(epoch).await })
}
