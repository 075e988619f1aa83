//! A plain client of the server: what is asked of JetStream, in JSON. Knows the names of streams and subjects, and
//! nothing else of the framework.

use anyhow::Context;
use async_nats::{Client, jetstream};
use serde_json::{Value, json};

/// Every stream that an order goes through.
pub(crate) const STREAMS: [&str; 3] =
    ["soorma_business-facts", "soorma_action-requests", "soorma_action-results"];

/// The agents that are started here and must have nothing left to do at the end.
const AGENTS: [&str; 4] = ["orders", "payments", "inventory", "audit"];

/// The one that only listens: what it hears twice leads to nothing.
const LISTENER: &str = "audit";

/// A plain client.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) client: Client,
    pub(crate) jetstream: jetstream::Context,
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
}

/// Whose consumer it is.
fn agent(consumer: &Value) -> &str {
    consumer["config"]["metadata"]["soorma_agent"].as_str().unwrap_or_default()
}
