//! So many at once, all in one task, as the loop by hand has them.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::try_join_all;

/// As many loops as there may be under way, each of which takes the next number when it is done with one.
///
/// Not `buffer_unordered`: that wakes itself, and another thread with it, whenever all that are under way wait.
pub(crate) async fn side_by_side<F>(
    in_flight: usize,
    events: usize,
    one: impl Fn(usize) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let next = AtomicUsize::new(0);
    let (next, one) = (&next, &one);
    let loops = (0..in_flight).map(|_| async move {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= events {
                return anyhow::Ok(());
            }
            one(number).await?;
        }
    });
    try_join_all(loops).await?;
    Ok(())
}
