//! Many small futures side by side, in one task.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::Poll,
};

use crate::BoxFuture;

/// Runs them until all have ended, `limit` at once at the most.
pub(crate) async fn at_once<F: Future<Output = ()> + Unpin>(limit: usize, all: impl IntoIterator<Item = F>) {
    let mut rest = all.into_iter();
    let mut running: Vec<F> = Vec::new();
    poll_fn(|cx| {
        loop {
            while running.len() < limit
                && let Some(next) = rest.next()
            {
                running.push(next);
            }
            if running.is_empty() {
                return Poll::Ready(());
            }
            let before = running.len();
            running.retain_mut(|one| Pin::new(one).poll(cx).is_pending());
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
}

/// Runs them side by side, `limit` at once at the most: what they give, in their order.
pub(crate) async fn all_at_once<T: Send>(limit: usize, all: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut outcomes: Vec<Option<T>> = all.iter().map(|_| None).collect();
    let mut each: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(all.len());
    for (one, outcome) in all.into_iter().zip(&mut outcomes) {
        each.push(Box::pin(async move { *outcome = Some(one.await) }));
    }
    at_once(limit, each).await;
    outcomes.into_iter().flatten().collect()
}

/// The same; where one fails no more begin, those that have begun end, and the first error is given.
pub(crate) async fn try_at_once<T: Send, E: Send>(
    limit: usize,
    all: Vec<BoxFuture<'_, Result<T, E>>>,
) -> Result<Vec<T>, E> {
    let failed = &AtomicBool::new(false);
    let mut each: Vec<BoxFuture<'_, Option<Result<T, E>>>> = Vec::with_capacity(all.len());
    for one in all {
        each.push(Box::pin(async move {
            if failed.load(Relaxed) {
                return None;
            }
            let found = one.await;
            failed.fetch_or(found.is_err(), Relaxed);
            Some(found)
        }));
    }
    all_at_once(limit, each).await.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        pin::pin,
        sync::atomic::AtomicUsize,
        task::{Context, Waker},
    };

    use super::*;

    #[test]
    fn so_many_run_at_once_and_all_of_them_in_the_end() {
        let (started, open) = (&Cell::new(0), &Cell::new(false));
        let one = |_| {
            let mut first = true;
            poll_fn(move |_| {
                started.set(started.get() + u32::from(std::mem::take(&mut first)));
                if open.get() { Poll::Ready(()) } else { Poll::Pending }
            })
        };
        let mut all = pin!(at_once(3, (0..10).map(one)));
        let mut poll = || all.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending());
        assert_eq!(started.get(), 3);
        open.set(true);
        assert!(poll().is_ready());
        assert_eq!(started.get(), 10);
    }

    #[test]
    fn what_they_give_is_in_their_order_and_after_an_error_no_more_begin() {
        let (begun, open) = (&AtomicUsize::new(0), &AtomicBool::new(false));
        // The first of three ends last.
        let run = |fails: &'static [usize]| {
            let one = |n: usize| -> BoxFuture<'_, Result<usize, usize>> {
                Box::pin(async move {
                    begun.fetch_add(1, Relaxed);
                    let waits = |_: &mut Context<'_>| match n > 0 || open.load(Relaxed) {
                        true => Poll::Ready(()),
                        false => Poll::Pending,
                    };
                    poll_fn(waits).await;
                    if fails.contains(&n) { Err(n) } else { Ok(n) }
                })
            };
            begun.store(0, Relaxed);
            open.store(false, Relaxed);
            let mut all = pin!(try_at_once(3, (0..10).map(one).collect()));
            let mut poll = || all.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(poll().is_pending());
            open.store(true, Relaxed);
            let Poll::Ready(found) = poll() else { panic!("they wait for nothing") };
            (found, begun.load(Relaxed))
        };
        assert_eq!(run(&[]), (Ok((0..10).collect()), 10));
        assert_eq!(run(&[1]), (Err(1), 2));
        assert_eq!(run(&[0, 2]), (Err(0), 3), "the first by their order, not by the time");
    }
}
