//! Delayed events: the server keeps them, and stores them where they belong at their time.
//!
//! A stream with schedules must discard what is old, and a topic must not. So they wait in a stream of their own,
//! without limits, and each topic draws from it what is due.

use std::time::Duration;

use async_nats::header::{NATS_SCHEDULE, NATS_SCHEDULE_TARGET};
use serde::Deserialize;
use serde_json::json;
use soorma_common::{EventTopic, Timestamp};

use super::{outcome::failure, shared::Shared};
use crate::{broker::PublishError, nats::Message};

#[derive(Deserialize)]
struct ServerTime {
    #[serde(rename = "ts")]
    now: Option<Timestamp>,
}

/// The message as one that is stored at its subject after the delay, by the server's own clock: ours may be wrong.
///
/// The server keeps one schedule a subject, so each has its own.
pub(super) async fn scheduled(
    shared: &Shared,
    topic: EventTopic,
    message: Message,
    id: &str,
    delay: Duration,
) -> Result<Message, PublishError> {
    if delay >= shared.link.options.retention {
        return Err(PublishError::Unsupported("delay an event for longer than it keeps events"));
    }
    let asked = shared.link.clock.now();
    let endpoint = format!("STREAM.INFO.{}", shared.subjects.stream(topic));
    let ServerTime { now } =
        shared.link.api(&endpoint, &json!({})).await.map_err(|error| failure(error.into(), topic))?;
    let spent = shared.link.clock.now().saturating_duration_since(asked);
    let due = now.unwrap_or_else(Timestamp::now).after(delay.saturating_add(spent));
    let Message { subject, mut headers, payload } = message;
    headers.insert(NATS_SCHEDULE, format!("@at {due}").as_str());
    headers.insert(NATS_SCHEDULE_TARGET, shared.subjects.due(&subject).as_str());
    Ok(Message { subject: shared.subjects.waits(id).into(), headers, payload })
}
