//! The durable subscriptions that exist: listed, measured, removed.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;
use soorma_common::EventTopic;

use super::{
    consumer::{ConsumerInfo, identified, is_durable, parts},
    shared::Shared,
};
use crate::{
    broker::{Backlog, BrokerError, SubscriptionId},
    nats::Code,
};

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    total: usize,
    /// Null where there are none.
    consumers: Option<Vec<ConsumerInfo>>,
}

impl Shared {
    pub(super) async fn durables(&self) -> Result<Vec<SubscriptionId>, BrokerError> {
        self.check_open()?;
        let mut ids = BTreeSet::new();
        for topic in EventTopic::ALL {
            let endpoint = format!("CONSUMER.LIST.{}", self.subjects.stream(topic));
            let mut offset = 0;
            loop {
                let page: Page = match self.link.api(&endpoint, &json!({ "offset": offset })).await {
                    Ok(page) => page,
                    Err(error) if error.code() == Some(Code::STREAM_NOT_FOUND) => break,
                    Err(error) => return Err(error.into()),
                };
                let consumers = page.consumers.unwrap_or_default();
                offset += consumers.len();
                let last = consumers.is_empty() || offset >= page.total;
                let durable = consumers.into_iter().filter(|info| is_durable(&info.config));
                ids.extend(durable.filter_map(|info| identified(&info.config, topic)));
                if last {
                    break;
                }
            }
        }
        Ok(ids.into_iter().collect())
    }

    pub(super) async fn remove(&self, id: &SubscriptionId) -> Result<bool, BrokerError> {
        self.check_open()?;
        let durable = id.durable_name();
        let there = self.there(id.topic, &durable).await?;
        if there.iter().any(|(_, info)| info.num_waiting > 0) {
            return Err(BrokerError::Refused(format!("`{id}` is in use")));
        }
        for part in parts(&durable, true) {
            self.forget_position(&part.consumer).await?;
        }
        for (part, _) in &there {
            self.delete_consumer(id.topic, &part.consumer).await?;
        }
        Ok(!there.is_empty())
    }

    pub(super) async fn backlog(&self, of: &[SubscriptionId]) -> Result<Backlog, BrokerError> {
        self.check_open()?;
        let mut sum = Backlog::default();
        for id in of {
            let durable = self.current_name(id.durable_name()).await?;
            let mut infos: Vec<ConsumerInfo> =
                self.there(id.topic, &durable).await?.into_iter().map(|(_, info)| info).collect();
            for consumer in self.ephemerals_of(id) {
                infos.extend(self.consumer_info(id.topic, &consumer).await?);
            }
            for info in infos {
                sum.waiting += info.num_pending;
                sum.in_flight += info.num_ack_pending;
            }
        }
        Ok(sum)
    }
}
