//! A worker: runs handlers, one after the other, for as long as there are deliveries.
//!
//! It keeps its thread meanwhile, and the handler that comes next may block it. So the dispatcher is woken when the worker gives its
//! thread away, and not before: what a task wakes last waits for the thread of that task, and no other thread takes it from there.

use std::{future::poll_fn, pin::pin, time::Duration};

use tokio::task::yield_now;

use super::{attempt::Attempt, dispatcher::Work};
use crate::guard::caught;

/// What takes longer is followed by the turn of others on the thread: little beside any lease, and much for what is quick.
const LONG: Duration = Duration::from_millis(1);

/// Handles what is drawn until there is no more of it.
pub(super) async fn run(work: &Work, seat: usize) {
    let mut handles = pin!(handle_all(work, seat));
    poll_fn(|cx| {
        let polled = handles.as_mut().poll(cx);
        work.call_dispatcher();
        polled
    })
    .await;
}

async fn handle_all(work: &Work, seat: usize) {
    while let Some(drawn) = work.prefetch.pop(seat).await {
        if handle(work, Attempt::new(work, drawn)).await > LONG {
            yield_now().await;
        }
    }
}

/// How long the handler took.
async fn handle(work: &Work, attempt: Attempt<'_>) -> Duration {
    let attempt = pin!(attempt.run());
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
    ended.await.unwrap_or_else(|error| {
        let subscription = &work.handler.spec.id;
        tracing::error!(%subscription, %error, "outside the handler; the event will come again");
        Duration::ZERO
    })
}
