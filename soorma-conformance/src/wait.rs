//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::tolerance::{LOOK, PATIENCE};

/// Waits until it is so; fails after [`PATIENCE`], saying what was waited for and how it stands.
pub(crate) async fn until(what: &str, is_so: impl FnMut() -> bool) -> anyhow::Result<()> {
    within(PATIENCE, what, is_so).await
}

/// The same with a deadline of its own.
pub(crate) async fn within(
    limit: Duration,
    what: &str,
    mut is_so: impl FnMut() -> bool,
) -> anyhow::Result<()> {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > limit {
            bail!("{what}: not within {limit:?}");
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Waits until nothing is left; false where that stays the same for [`PATIENCE`]. How fast it goes is the machine's affair.
pub(crate) async fn used_up(left: impl Fn() -> usize) -> bool {
    let (mut known, mut since) = (left(), Instant::now());
    while known > 0 {
        if since.elapsed() > PATIENCE {
            return false;
        }
        tokio::time::sleep(LOOK).await;
        let now = left();
        if now != known {
            (known, since) = (now, Instant::now());
        }
    }
    true
}

/// What the future gives, if it ends in time.
pub(crate) async fn ends<T>(
    limit: Duration,
    what: &str,
    future: impl Future<Output = T>,
) -> anyhow::Result<T> {
    match tokio::time::timeout(limit, future).await {
        Ok(value) => Ok(value),
        Err(_) => bail!("{what}: not within {limit:?}"),
    }
}
