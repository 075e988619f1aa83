//! A worker: runs handlers, one after the other.

use std::{future::poll_fn, pin::pin};

use super::{attempt::Attempt, dispatcher::Work};
use crate::guard::caught;

/// Handles what is drawn until there is no more of it.
pub(super) async fn run(work: &Work, seat: usize) {
    while let Some(drawn) = work.prefetch.pop(seat).await {
        let attempt = pin!(Attempt::new(work, drawn).run());
        let mut attempt = pin!(caught(attempt));
        let mut waits = false;
        let ended = poll_fn(|cx| {
            let polled = attempt.as_mut().poll(cx);
            if polled.is_pending() && !waits {
                waits = true;
                // This thread has time for another one, from now on.
                work.prefetch.call();
            }
            polled
        });
        if let Err(error) = ended.await {
            let subscription = &work.handler.spec.id;
            tracing::error!(%subscription, %error, "outside the handler; the event will come again");
        }
    }
}
