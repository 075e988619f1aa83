//! What is left of journals and deliveries, as a plain client sees it.

use std::time::{Duration, Instant};

use anyhow::Context;
use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

const TICK: Duration = Duration::from_millis(500);

const STREAMS: [&str; 2] = ["soorma_action-requests", "soorma_action-results"];

/// What is left of journals.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Heads that say that their task is done, and end by themselves: the process died after it had acknowledged.
    pub(crate) done: usize,
    /// Anything else: subjects.
    pub(crate) other: Vec<String>,
    pub(crate) letters: u64,
}

/// Waits until every delivery is settled; false where that takes longer than `limit`.
pub(crate) async fn until_settled(url: &str, limit: Duration) -> anyhow::Result<bool> {
    let client = async_nats::connect(url).await?;
    let began = Instant::now();
    loop {
        let mut open = 0;
        for stream in STREAMS {
            let body = json!({ "offset": 0 }).to_string();
            let list = client.request(format!("$JS.API.CONSUMER.LIST.{stream}"), body.into()).await?;
            let list: Value = serde_json::from_slice(&list.payload)?;
            for consumer in list["consumers"].as_array().context("no consumers")? {
                let count = |field: &str| consumer[field].as_u64().unwrap_or_default();
                open += count("num_pending") + count("num_ack_pending");
            }
        }
        if open == 0 || began.elapsed() > limit {
            return Ok(open == 0);
        }
        tokio::time::sleep(TICK).await;
    }
}

pub(crate) async fn left(url: &str) -> anyhow::Result<Left> {
    let jetstream = jetstream::new(async_nats::connect(url).await?);
    let mut left = Left::default();
    let mut names = jetstream.stream_names();
    while let Some(name) = names.next().await {
        let name = name?;
        let mut stream = jetstream.get_stream(&name).await?;
        if name.ends_with("dead-letters") {
            left.letters = stream.info().await?.state.messages;
        }
        if !name.starts_with("KV_") {
            continue;
        }
        let config = pull::Config {
            ack_policy: AckPolicy::None,
            deliver_policy: DeliverPolicy::LastPerSubject,
            filter_subject: ">".to_owned(),
            ..pull::Config::default()
        };
        let mut consumer = stream.create_consumer(config).await?;
        let total = consumer.info().await?.num_pending;
        let mut seen = 0;
        while seen < total {
            let before = seen;
            let mut batch = consumer.fetch().max_messages(1_000).messages().await?;
            while let Some(message) = batch.next().await {
                let message = message.map_err(|error| anyhow::anyhow!(error))?;
                seen += 1;
                left.note(&message);
            }
            anyhow::ensure!(seen > before, "`{name}` ended after {seen} of {total}");
        }
    }
    Ok(left)
}

impl Left {
    fn note(&mut self, message: &jetstream::Message) {
        let gone = message.headers.as_ref().is_some_and(|headers| {
            headers.get("KV-Operation").is_some() || headers.get("Nats-Marker-Reason").is_some()
        });
        if gone || !message.subject.contains(".tasks.") {
            return;
        }
        let value: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
        match value["state"].get("done") {
            Some(_) => self.done += 1,
            None => self.other.push(message.subject.to_string()),
        }
    }
}
