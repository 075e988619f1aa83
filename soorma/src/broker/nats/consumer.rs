//! What a subscription is on the server: its consumers, their names and their settings.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use soorma_common::EventTopic;

use super::{shared::Shared, stream::nanos, subject::Lane};
use crate::{
    broker::{Kind, SubscriptionId, SubscriptionSpec},
    nats::{ApiError, Code},
};

/// The settings that make a subscription what the program says. They are taken over from it; the others may have
/// been chosen by somebody.
pub(super) const OURS: [&str; 5] =
    ["filter_subject", "filter_subjects", "ack_wait", "metadata", "max_ack_pending"];

/// The setting that is the lease.
pub(super) const LEASE: &str = "ack_wait";

/// How many requests of all members together the server keeps for one consumer.
const MAX_WAITING: u32 = 8192;

/// One consumer of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) consumer: String,
    pub(super) lane: Lane,
}

/// What the server says of a consumer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ConsumerInfo {
    pub(super) config: Map<String, Value>,
    pub(super) delivered: Place,
    pub(super) ack_floor: Place,
    pub(super) num_pending: u64,
    pub(super) num_ack_pending: u64,
    #[serde(default)]
    pub(super) num_waiting: u64,
}

impl ConsumerInfo {
    /// Whether somebody draws from it, or holds what it has given.
    fn is_in_use(&self) -> bool {
        self.num_waiting > 0 || self.num_ack_pending > 0
    }

    /// The lease of a group is one for all its members. While it is in use, a longer one than ours may be that of another
    /// version of the program, and stays: ours ends before it, by our own clock.
    pub(super) fn longer_lease(&self, chosen: &Map<String, Value>) -> Option<Value> {
        let found = self.config.get(LEASE)?;
        let longer = found.as_u64()? > chosen.get(LEASE)?.as_u64()?;
        (longer && self.is_in_use()).then(|| found.clone())
    }

    /// Whether it hands out again before ours thinks that the lease is over.
    pub(super) fn has_shorter_lease(&self, spec: &SubscriptionSpec) -> bool {
        self.config
            .get(LEASE)
            .and_then(Value::as_u64)
            .is_some_and(|found| found < nanos(ack_wait(spec.lease)))
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Place {
    pub(super) stream_seq: u64,
}

/// The consumers of a durable subscription.
pub(super) fn parts(durable: &str, ordered: bool) -> Vec<Part> {
    if !ordered {
        return vec![Part { consumer: durable.to_owned(), lane: Lane::Any }];
    }
    let part = |lane| {
        let consumer = match lane {
            Lane::Any | Lane::Keyless => durable.to_owned(),
            Lane::Number(number) => format!("{durable}-{number:02}"),
        };
        Part { consumer, lane }
    };
    Lane::all().map(part).collect()
}

/// Our own clock ends a lease a little before the server's does, so that what we think is ours is.
pub(super) fn ack_wait(lease: Duration) -> Duration {
    lease + (lease / 10).clamp(Duration::from_millis(50), Duration::from_secs(3))
}

impl Shared {
    /// What a consumer shall be, but for where it starts.
    pub(super) fn consumer_settings(&self, spec: &SubscriptionSpec, part: &Part) -> Map<String, Value> {
        let mut filters = self.subjects.filters(spec, part.lane);
        let pending = if matches!(part.lane, Lane::Number(_)) { 1 } else { -1 };
        let settings = json!({
            "name": part.consumer,
            "ack_policy": "explicit",
            "ack_wait": nanos(ack_wait(spec.lease)),
            // The framework counts, and its own demand is the flow control: the server never gives up or holds back.
            "max_deliver": -1,
            "max_ack_pending": pending,
            "max_waiting": MAX_WAITING,
            "backoff": [],
            "replay_policy": "instant",
            "num_replicas": 0,
            "metadata": identity(&spec.id, part.lane),
        });
        let mut settings = settings.as_object().cloned().unwrap_or_default();
        match &spec.kind {
            Kind::Group { .. } => {
                settings.insert("durable_name".to_owned(), part.consumer.clone().into());
            }
            Kind::Broadcast | Kind::Inbox(_) => {
                settings.insert("inactive_threshold".to_owned(), nanos(Duration::from_secs(120)).into());
                settings.insert("num_replicas".to_owned(), 1.into());
            }
        }
        if matches!(spec.kind, Kind::Inbox(_)) {
            // Whoever asked is here, or nowhere: nothing is handed out twice.
            settings.insert("ack_policy".to_owned(), "none".into());
            settings.insert("mem_storage".to_owned(), true.into());
            settings.remove("ack_wait");
            settings.remove("max_ack_pending");
        }
        match (filters.len(), filters.pop()) {
            (1, Some(only)) => settings.insert("filter_subject".to_owned(), only.into()),
            (_, last) => {
                filters.extend(last);
                settings.insert("filter_subjects".to_owned(), filters.into())
            }
        };
        settings
    }

    /// `None` where there is no such consumer, or no stream.
    pub(super) async fn consumer_info(
        &self,
        topic: EventTopic,
        consumer: &str,
    ) -> Result<Option<ConsumerInfo>, ApiError> {
        let endpoint = format!("CONSUMER.INFO.{}.{consumer}", self.subjects.stream(topic));
        match self.link.api(&endpoint, &json!({})).await {
            Ok(info) => Ok(Some(info)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `action` is `create` or `update`.
    pub(super) async fn write_consumer(
        &self,
        topic: EventTopic,
        consumer: &str,
        settings: &Map<String, Value>,
        action: &str,
    ) -> Result<ConsumerInfo, ApiError> {
        let stream = self.subjects.stream(topic);
        let endpoint = format!("CONSUMER.CREATE.{stream}.{consumer}");
        let body = json!({ "stream_name": stream, "config": settings, "action": action });
        self.link.api(&endpoint, &body).await
    }

    /// False where there is none.
    pub(super) async fn delete_consumer(&self, topic: EventTopic, consumer: &str) -> Result<bool, ApiError> {
        let endpoint = format!("CONSUMER.DELETE.{}.{consumer}", self.subjects.stream(topic));
        match self.link.api::<Value>(&endpoint, &json!({})).await {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn is_missing(error: &ApiError) -> bool {
    matches!(error.code(), Some(Code::CONSUMER_NOT_FOUND | Code::STREAM_NOT_FOUND))
}

/// What stands in a consumer's metadata: its whole id, of which its name has but a hash.
fn identity(id: &SubscriptionId, lane: Lane) -> Value {
    json!({
        "soorma_agent": id.agent,
        "soorma_pattern": id.pattern,
        "soorma_name": id.name,
        "soorma_lane": lane.token(),
    })
}

/// Whether it is the part of an ordered subscription.
pub(super) fn is_ordered(config: &Map<String, Value>) -> bool {
    let lane =
        config.get("metadata").and_then(|metadata| metadata.get("soorma_lane")).and_then(Value::as_str);
    lane.is_some_and(|lane| lane != Lane::Any.token())
}

/// Whose consumer it is, where it is one of ours.
pub(super) fn identified(config: &Map<String, Value>, topic: EventTopic) -> Option<SubscriptionId> {
    let metadata = config.get("metadata")?.as_object()?;
    let text = |name: &str| Some(metadata.get(name)?.as_str()?.to_owned());
    Some(SubscriptionId {
        agent: text("soorma_agent")?,
        topic,
        pattern: text("soorma_pattern")?,
        // The server leaves out what is empty.
        name: text("soorma_name").unwrap_or_default(),
    })
}

/// Whether it outlives its members.
pub(super) fn is_durable(config: &Map<String, Value>) -> bool {
    config.get("durable_name").and_then(Value::as_str).is_some_and(|name| !name.is_empty())
}
