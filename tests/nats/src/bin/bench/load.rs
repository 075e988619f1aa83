//! Publishing much.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use soorma::{Bus, prelude::BusinessFacts};

use crate::hearers::{Item, event_type};

/// How many are on their way at once.
const IN_FLIGHT: usize = 256;

/// Publishes so many events of about so many bytes, in turn for each of `types`.
pub(crate) async fn publish(bus: &Bus, count: u64, bytes: usize, types: usize) -> anyhow::Result<()> {
    stream::iter(0..usize::try_from(count)?)
        .map(|number| bus.event(BusinessFacts, event_type(number % types)).data(Item::of(bytes)).publish())
        .buffer_unordered(IN_FLIGHT)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    Ok(())
}

/// The same, one at a time and evenly spread: for latencies.
pub(crate) async fn trickle(bus: &Bus, count: u64, bytes: usize, types: usize) -> anyhow::Result<()> {
    let mut beat = tokio::time::interval(Duration::from_millis(5));
    for number in 0..usize::try_from(count)? {
        beat.tick().await;
        let event_type = event_type(number % types);
        bus.event(BusinessFacts, event_type).data(Item::of(bytes)).publish().await?;
    }
    Ok(())
}
