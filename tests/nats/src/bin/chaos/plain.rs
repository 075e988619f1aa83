//! A plain client of the server: what is asked of JetStream, in JSON. Knows the names of streams and subjects, and
//! nothing else of the framework.

use anyhow::Context;
use async_nats::{
    Client,
    jetstream::{
        self,
        consumer::{AckPolicy, pull},
    },
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::broker::Stored;

/// Every stream that an order goes through.
pub(crate) const STREAMS: [&str; 3] =
    ["soorma_business-facts", "soorma_action-requests", "soorma_action-results"];

const LETTERS: &str = "soorma_dead-letters";
const BATCH: usize = 1_000;

/// The agents that are started here and must have nothing left to do at the end.
const AGENTS: [&str; 4] = ["orders", "payments", "inventory", "audit"];

/// The one that only listens: what it hears twice leads to nothing.
const LISTENER: &str = "audit";

/// A plain client.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) client: Client,
    jetstream: jetstream::Context,
}

impl Plain {
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        let client = async_nats::connect(url).await?;
        Ok(Self { jetstream: jetstream::new(client.clone()), client })
    }

    async fn api(&self, endpoint: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.client.request(format!("$JS.API.{endpoint}"), body.to_string().into()).await?;
        let answer: Value = serde_json::from_slice(&answer.payload)?;
        match answer.get("error") {
            Some(error) => anyhow::bail!("{endpoint}: {error}"),
            None => Ok(answer),
        }
    }

    async fn consumers(&self, stream: &str) -> anyhow::Result<Vec<Value>> {
        let list = self.api(&format!("CONSUMER.LIST.{stream}"), &json!({ "offset": 0 })).await?;
        Ok(list["consumers"].as_array().cloned().unwrap_or_default())
    }

    /// Has the server tell how often it had delivered what is acknowledged, where that leads to something.
    pub(crate) async fn sample_every_delivery(&self) -> anyhow::Result<()> {
        for stream in STREAMS {
            for consumer in self.consumers(stream).await? {
                if agent(&consumer) == LISTENER {
                    continue;
                }
                let name = consumer["name"].as_str().context("a consumer without a name")?;
                let mut config = consumer["config"].clone();
                config["sample_freq"] = "100%".into();
                let body = json!({ "stream_name": stream, "config": config, "action": "update" });
                self.api(&format!("CONSUMER.CREATE.{stream}.{name}"), &body).await?;
            }
        }
        Ok(())
    }

    /// How many outcomes are stored, those that are stored twice included.
    pub(crate) async fn outcomes(&self) -> anyhow::Result<usize> {
        let mut outcomes = 0;
        for event_type in ["completed", "refused"] {
            let filter = format!("soorma.business-facts.*.*.order.{event_type}");
            let body = json!({ "subjects_filter": filter });
            let info = self.api(&format!("STREAM.INFO.{}", STREAMS[0]), &body).await?;
            let counts = info["state"]["subjects"].as_object();
            outcomes += counts.into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum::<u64>();
        }
        Ok(usize::try_from(outcomes)?)
    }

    /// What is left to do for the agents that are started here, by consumer: deliveries still to be made or open.
    pub(crate) async fn backlog(&self) -> anyhow::Result<Vec<String>> {
        let mut backlog = Vec::new();
        for stream in STREAMS {
            for consumer in self.consumers(stream).await? {
                let count = |field: &str| consumer[field].as_u64().unwrap_or_default();
                let [waiting, open, pulls] = ["num_pending", "num_ack_pending", "num_waiting"].map(count);
                if AGENTS.contains(&agent(&consumer)) && waiting + open > 0 {
                    let name = consumer["name"].as_str().unwrap_or_default();
                    backlog.push(format!("{name}: {waiting} waiting, {open} open, {pulls} requests"));
                }
            }
        }
        Ok(backlog)
    }

    pub(crate) async fn events(
        &self,
        mut read: impl FnMut(Stored<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for (number, stream) in STREAMS.into_iter().enumerate() {
            self.each(stream, |message| {
                let info = message.info().map_err(|error| anyhow::anyhow!(error))?;
                let stored = info.published.unix_timestamp_nanos() as f64 / 1e9;
                let at = (number, info.stream_sequence);
                read(Stored { at, stored, envelope: &message.payload })
            })
            .await?;
        }
        Ok(())
    }

    pub(crate) async fn letters(&self) -> anyhow::Result<Vec<String>> {
        let mut letters = Vec::new();
        self.each(LETTERS, |message| {
            let headers = message.headers.as_ref();
            let note = headers.and_then(|headers| headers.get("Soorma-Dead-Letter"));
            letters.push(note.map_or_else(|| message.subject.to_string(), ToString::to_string));
            Ok(())
        })
        .await?;
        Ok(letters)
    }

    /// Reads a stream from its beginning to its end.
    async fn each(
        &self,
        stream: &str,
        mut read: impl FnMut(&jetstream::Message) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let stream = self.jetstream.get_stream(stream).await?;
        let config = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
        let mut consumer = stream.create_consumer(config).await?;
        let total = consumer.info().await?.num_pending;
        let mut seen = 0;
        while seen < total {
            let mut batch = consumer.fetch().max_messages(BATCH).messages().await?;
            let before = seen;
            while let Some(message) = batch.next().await {
                let message = message.map_err(|error| anyhow::anyhow!(error))?;
                read(&message).with_context(|| format!("message on {}", message.subject))?;
                seen += 1;
            }
            anyhow::ensure!(seen > before, "the stream ended after {seen} of {total} messages");
        }
        Ok(())
    }
}

/// Whose consumer it is.
fn agent(consumer: &Value) -> &str {
    consumer["config"]["metadata"]["soorma_agent"].as_str().unwrap_or_default()
}
