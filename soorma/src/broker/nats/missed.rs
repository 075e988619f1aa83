//! What a group has missed because it was away for longer than the topic keeps its events.

use super::{consumer::Part, shared::Shared};
use crate::{broker::SubscriptionSpec, nats::ApiError};

impl Shared {
    /// How many events of the topic are gone since the group last settled one: at the most so many were its own. Of what
    /// type they were nobody knows any more, so a group that seldom hears anything counts what was not for it.
    pub(super) async fn missed(&self, spec: &SubscriptionSpec, parts: &[Part]) -> Result<u64, ApiError> {
        let first = self.stream_info(spec.id.topic).await?.state.first_seq;
        let mut missed = 0;
        for part in parts {
            let Some(position) = self.position(&part.consumer).await? else { continue };
            // The lanes of one group look at the same events.
            missed = missed.max(first.saturating_sub(position.floor + 1));
        }
        Ok(missed)
    }
}
