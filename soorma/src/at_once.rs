//! Many small futures side by side, in one task.

use std::{future::poll_fn, pin::Pin, task::Poll};

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

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        pin::pin,
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
}
