//! What somebody does on a server with a client of their own: knows the names that soorma gives, and no more of it.

use anyhow::ensure;
use async_nats::jetstream::{
    Context,
    consumer::{Config, PullConsumer},
    stream::Stream,
};
use futures_util::TryStreamExt;
use soorma::{EventTopic, broker::SubscriptionId};
use soorma_conformance::Space;
use tokio::sync::OnceCell;

/// Somebody with a plain client.
pub(super) struct Admin {
    url: String,
    context: OnceCell<Context>,
}

impl Admin {
    /// Connects at its first use.
    pub(super) fn new(url: String) -> Self {
        Self { url, context: OnceCell::new() }
    }

    async fn context(&self) -> anyhow::Result<&Context> {
        let connect =
            || async { Ok(async_nats::jetstream::new(async_nats::connect(self.url.as_str()).await?)) };
        self.context.get_or_try_init(connect).await
    }

    /// Stores bytes where events to everyone without a key lie.
    pub(super) async fn put(
        &self,
        space: &Space,
        topic: EventTopic,
        event_type: &str,
        bytes: &[u8],
    ) -> anyhow::Result<()> {
        let subject = format!("{}.{topic}._._.{event_type}", space.name);
        self.context().await?.publish(subject, bytes.to_vec().into()).await?.await?;
        Ok(())
    }

    /// Deletes all streams of a space.
    pub(super) async fn delete_streams(&self, space: &Space) -> anyhow::Result<()> {
        let context = self.context().await?;
        let names: Vec<String> = context.stream_names().try_collect().await?;
        let start = format!("{}_", space.name);
        for name in names.iter().filter(|name| name.trim_start_matches("KV_").starts_with(&start)) {
            context.delete_stream(name).await?;
        }
        Ok(())
    }

    async fn stream(&self, space: &Space, topic: EventTopic) -> anyhow::Result<Stream> {
        Ok(self.context().await?.get_stream(format!("{}_{topic}", space.name)).await?)
    }

    /// Deletes the consumers that a durable consists of.
    pub(super) async fn delete_durable(&self, space: &Space, id: &SubscriptionId) -> anyhow::Result<()> {
        let stream = self.stream(space, id.topic).await?;
        let names: Vec<String> = stream.consumer_names().try_collect().await?;
        let durable = id.durable_name();
        // One that is ordered has one more a lane.
        let lane = |rest: &str| rest.strip_prefix('-').is_some_and(|lane| lane.len() == 2);
        let is_part =
            |name: &&String| name.strip_prefix(&durable).is_some_and(|rest| rest.is_empty() || lane(rest));
        let parts: Vec<&String> = names.iter().filter(is_part).collect();
        ensure!(!parts.is_empty(), "no consumer `{durable}` among {names:?}");
        for name in parts {
            stream.delete_consumer(name).await?;
        }
        Ok(())
    }

    /// Lets the server give up on a delivery by itself.
    pub(super) async fn limit_deliveries(&self, space: &Space, id: &SubscriptionId) -> anyhow::Result<()> {
        let stream = self.stream(space, id.topic).await?;
        let consumer: PullConsumer =
            stream.get_consumer(&id.durable_name()).await.map_err(anyhow::Error::from_boxed)?;
        let config = Config { max_deliver: 3, ..consumer.cached_info().config.clone() };
        stream.update_consumer(config).await?;
        Ok(())
    }
}
