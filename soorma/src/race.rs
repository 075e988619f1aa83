//! The first of two futures to end.

use std::{future::poll_fn, pin::pin, task::Poll};

/// Which one ended first.
pub(crate) enum First<A, B> {
    Left(A),
    Right(B),
}

/// Waits for whichever ends first, and drops the other. The left one is asked first.
pub(crate) async fn race<A: Future, B: Future>(left: A, right: B) -> First<A::Output, B::Output> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|cx| {
        if let Poll::Ready(left) = left.as_mut().poll(cx) {
            return Poll::Ready(First::Left(left));
        }
        right.as_mut().poll(cx).map(First::Right)
    })
    .await
}
