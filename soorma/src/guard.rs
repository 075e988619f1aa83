//! A user's call, with a limit on its time and a net under its panics.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use crate::{
    BoxFuture,
    clock::{Clock, Sleep},
};

/// A call that did not end by itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error("it panicked: {0}")]
    Panicked(String),
    #[error("it ran longer than its timeout of {0:?}")]
    TimedOut(Duration),
}

/// Runs a call, and looks at what it returns; the net is under both. Its future is dropped when the time is over or
/// when it panics.
///
/// A call that ends the first time it is polled pays for no timer. One that blocks its thread cannot be cut off;
/// what it returns then still counts.
pub(crate) async fn guarded<T, R>(
    clock: &Clock,
    limit: Duration,
    mut call: BoxFuture<'_, T>,
    look: impl Fn(T) -> R,
) -> Result<R, Interrupted> {
    let mut timer: Option<Sleep> = None;
    let ended = poll_fn(|cx| {
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx).map(&look))) {
            Err(panic) => return Poll::Ready(Err(Interrupted::Panicked(message(panic)))),
            Ok(Poll::Ready(value)) => return Poll::Ready(Ok(value)),
            Ok(Poll::Pending) => {}
        }
        let timer = timer.get_or_insert_with(|| clock.sleep(limit));
        Pin::new(timer).poll(cx).map(|()| Err(Interrupted::TimedOut(limit)))
    })
    .await;
    // Dropping a future that has panicked may panic again.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(call)));
    ended
}

/// Runs what is not a user's call, with the net and without the limit: a panic in somebody's broker or store must
/// not take along what waits behind it.
pub(crate) async fn caught<F: Future>(mut task: Pin<&mut F>) -> Result<F::Output, Interrupted> {
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(Interrupted::Panicked(message(panic)))),
    })
    .await
}

fn message(panic: Box<dyn Any + Send>) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".to_owned());
    // What was thrown may throw again when it is dropped.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
    text
}
