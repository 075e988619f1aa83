//! Ephemeral subscriptions: broadcasts and inboxes. Each is a consumer of its own, gone with its member.

use std::sync::PoisonError;

use serde_json::Value;
use soorma_common::id;

use super::{consumer::Part, shared::Shared, stream::taken, subject::Lane};
use crate::{
    broker::{BrokerError, SubscriptionId, SubscriptionSpec},
    nats::Code,
};

/// The consumers of the ephemeral subscriptions that were joined here.
pub(super) type Ephemerals = Vec<(SubscriptionId, String)>;

impl Shared {
    /// Makes the consumer of an ephemeral subscription: from `after` on, or from now on. Gives the sequence after
    /// which it starts.
    pub(super) async fn make_ephemeral(
        &self,
        spec: &SubscriptionSpec,
        part: &Part,
        after: Option<u64>,
    ) -> Result<u64, BrokerError> {
        self.ensure_topic(spec.id.topic).await?;
        let chosen = self.consumer_settings(spec, part);
        let mut settings = chosen.clone();
        let last = self.stream_info(spec.id.topic).await?.state.last_seq;
        let policy = match after {
            Some(after) if after <= last => {
                settings.insert("opt_start_seq".to_owned(), (after + 1).into());
                "by_start_sequence"
            }
            // The stream was made anew.
            Some(_) => "all",
            None => "new",
        };
        settings.insert("deliver_policy".to_owned(), Value::from(policy));
        match self.write_consumer(spec.id.topic, &part.consumer, &settings, "create").await {
            Ok(info) => {
                taken(&part.consumer, &chosen, &info.config)?;
                Ok(info.delivered.stream_seq)
            }
            // The answer to the first try was lost.
            Err(error) if error.code() == Some(Code::CONSUMER_EXISTS) => Ok(after.unwrap_or(last)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn add_ephemeral(&self, spec: &SubscriptionSpec) -> Part {
        let consumer = format!("{}-{}", spec.id.durable_name(), id::short(&id::fresh()));
        let mut all = self.ephemerals.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((spec.id.clone(), consumer.clone()));
        Part { consumer, lane: Lane::Any }
    }

    pub(super) fn drop_ephemeral(&self, consumer: &str) {
        self.ephemerals.lock().unwrap_or_else(PoisonError::into_inner).retain(|(_, known)| known != consumer);
    }

    pub(super) fn ephemerals_of(&self, id: &SubscriptionId) -> Vec<String> {
        let all = self.ephemerals.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(known, _)| known == id).map(|(_, consumer)| consumer.clone()).collect()
    }
}
