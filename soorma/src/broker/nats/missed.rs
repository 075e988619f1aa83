//! What a group has missed because it was away for longer than the topic keeps its events.

use super::{consumer::Part, shared::Shared};
use crate::{broker::SubscriptionSpec, nats::ApiError};

impl Shared {
    /// Says how many events of the topic are gone that the group had not settled. Not all of them were its own.
    pub(super) async fn report_missed(
        &self,
        spec: &SubscriptionSpec,
        parts: &[Part],
    ) -> Result<(), ApiError> {
        let first = self.stream_info(spec.id.topic).await?.state.first_seq;
        for part in parts {
            let Some(position) = self.position(&part.consumer).await? else { continue };
            let missed = first.saturating_sub(position.floor + 1);
            if missed > 0 {
                tracing::warn!(
                    subscription = %spec.id,
                    missed,
                    "so many events of the topic ran out before this group had settled all; it goes on with what is left"
                );
            }
        }
        Ok(())
    }
}
