//! The streams: made where they are missing, compared where they are there.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use soorma_common::{EventTopic, duration};

use super::shared::Shared;
use crate::{
    broker::{BrokerError, Drift, Drifted, Kind, SubscriptionSpec},
    nats::{ApiError, AskError, Code, differences, overlaid},
};

/// The server's error for a stream that somebody made in between, with other settings.
const NAME_IN_USE: Code = Code(10058);

#[derive(Deserialize)]
pub(super) struct StreamInfo {
    pub(super) config: Map<String, Value>,
    pub(super) state: StreamState,
}

#[derive(Deserialize)]
pub(super) struct StreamState {
    pub(super) first_seq: u64,
    pub(super) last_seq: u64,
}

impl Shared {
    /// Makes the stream of a topic, once in this process.
    pub(super) async fn ensure_topic(&self, topic: EventTopic) -> Result<(), BrokerError> {
        self.topics[place_of(topic)].get_or_try_init(|| self.restore_topic(topic)).await.map(drop)
    }

    /// Whether [`ensure_topic`](Self::ensure_topic) has nothing to do.
    pub(super) fn knows(&self, topic: EventTopic) -> bool {
        self.topics[place_of(topic)].initialized()
    }

    /// Makes the stream of a topic again, should it be gone.
    pub(super) async fn restore_topic(&self, topic: EventTopic) -> Result<(), BrokerError> {
        self.ensure_stream(self.later_settings(), Drifted::Keep).await?;
        self.ensure_stream(self.topic_settings(topic), Drifted::Keep).await.map(drop)
    }

    /// Makes the streams that these subscriptions need, and says what is not ours about them.
    pub(super) async fn provision_streams(
        &self,
        specs: &[SubscriptionSpec],
        drifted: Drifted,
    ) -> Result<Vec<Drift>, BrokerError> {
        let mut drifts = self.ensure_stream(self.later_settings(), drifted).await?;
        for topic in
            EventTopic::ALL.into_iter().filter(|topic| specs.iter().any(|spec| spec.id.topic == *topic))
        {
            drifts.extend(self.ensure_stream(self.topic_settings(topic), drifted).await?);
        }
        if specs.iter().any(|spec| matches!(spec.kind, Kind::Group { .. })) {
            drifts.extend(self.ensure_stream(self.letter_settings(), drifted).await?);
            drifts.extend(self.ensure_stream(self.position_settings(), drifted).await?);
        }
        Ok(drifts)
    }

    pub(super) async fn ensure_letters(&self) -> Result<(), BrokerError> {
        let make = || async { self.ensure_stream(self.letter_settings(), Drifted::Keep).await.map(drop) };
        self.letters.get_or_try_init(make).await.map(drop)
    }

    pub(super) async fn ensure_positions(&self) -> Result<(), BrokerError> {
        self.ensure_stream(self.position_settings(), Drifted::Keep).await.map(drop)
    }

    pub(super) async fn stream_info(&self, topic: EventTopic) -> Result<StreamInfo, ApiError> {
        let endpoint = format!("STREAM.INFO.{}", self.subjects.stream(topic));
        self.link.api(&endpoint, &json!({})).await
    }

    /// The server remembers no id for longer than its event.
    pub(super) fn dedup_window(&self) -> Duration {
        self.link.options.dedup.min(self.link.options.retention)
    }

    fn settings(&self, name: String, subjects: Vec<String>, kept: Duration) -> Map<String, Value> {
        let settings = json!({
            "name": name,
            "subjects": subjects,
            "storage": "file",
            "retention": "limits",
            // What was accepted never vanishes before its time.
            "discard": "new",
            "max_age": nanos(kept),
            "max_msgs": -1,
            "max_bytes": -1,
            "num_replicas": self.link.options.replicas,
            "allow_direct": true,
        });
        settings.as_object().cloned().unwrap_or_default()
    }

    fn topic_settings(&self, topic: EventTopic) -> Map<String, Value> {
        let options = &self.link.options;
        let subjects = self.subjects.of_topic(topic);
        let mut settings = self.settings(self.subjects.stream(topic), subjects, options.retention);
        for (setting, limit) in [("max_bytes", options.max_bytes), ("max_msgs", options.max_events)] {
            if let Some(limit) = limit {
                settings.insert(setting.to_owned(), limit.into());
            }
        }
        settings.insert("duplicate_window".to_owned(), nanos(self.dedup_window()).into());
        let due = self.subjects.due_on(topic).map(|(src, dest)| json!({ "src": src, "dest": dest }));
        let sources = json!([{ "name": self.subjects.later(), "subject_transforms": due }]);
        settings.insert("sources".to_owned(), sources);
        settings
    }

    /// Where events wait for their time. Without a limit, so that nothing is discarded.
    fn later_settings(&self) -> Map<String, Value> {
        let subjects = self.subjects.of_later();
        let mut settings = self.settings(self.subjects.later(), subjects, self.link.options.retention);
        settings.insert("duplicate_window".to_owned(), nanos(self.dedup_window()).into());
        settings.insert("discard".to_owned(), "old".into());
        settings.insert("allow_msg_schedules".to_owned(), true.into());
        settings
    }

    fn letter_settings(&self) -> Map<String, Value> {
        let subjects = vec![self.subjects.of_letters()];
        self.settings(self.subjects.letters(), subjects, self.link.options.dead_letter_retention)
    }

    fn position_settings(&self) -> Map<String, Value> {
        let subjects = vec![self.subjects.of_positions()];
        let mut settings = self.settings(self.subjects.positions(), subjects, Duration::ZERO);
        settings.insert("max_msgs_per_subject".to_owned(), 1.into());
        // Of each position only the last is of use.
        settings.insert("discard".to_owned(), "old".into());
        settings
    }

    /// Makes a stream, or compares it.
    async fn ensure_stream(
        &self,
        chosen: Map<String, Value>,
        drifted: Drifted,
    ) -> Result<Vec<Drift>, BrokerError> {
        let name = chosen.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let found = match self.link.api::<StreamInfo>(&format!("STREAM.INFO.{name}"), &json!({})).await {
            Ok(info) => info.config,
            // Whoever may publish, but not look, takes it to be there.
            Err(ApiError::Ask(AskError::Denied(_))) => return Ok(Vec::new()),
            Err(error) if error.code() == Some(Code::STREAM_NOT_FOUND) => {
                match self.link.api::<StreamInfo>(&format!("STREAM.CREATE.{name}"), &chosen).await {
                    Ok(info) => return taken(&name, &chosen, &info.config).map(|()| Vec::new()),
                    Err(error) if error.code() == Some(NAME_IN_USE) => {
                        self.link.api::<StreamInfo>(&format!("STREAM.INFO.{name}"), &json!({})).await?.config
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        };
        let drifts = drifts(&name, &chosen, &found);
        if drifts.is_empty() {
            return Ok(drifts);
        }
        match drifted {
            Drifted::Keep if drifts.iter().any(|drift| drift.setting == "subjects") => {
                let found = found.get("subjects").cloned().unwrap_or_default();
                return Err(BrokerError::Refused(format!(
                    "stream `{name}` is there with other subjects: {found}; `provision` changes them"
                )));
            }
            Drifted::Keep => {}
            Drifted::Correct => {
                let changed = overlaid(&found, &chosen);
                let info: StreamInfo = self.link.api(&format!("STREAM.UPDATE.{name}"), &changed).await?;
                taken(&name, &chosen, &info.config)?;
            }
        }
        Ok(drifts)
    }
}

fn place_of(topic: EventTopic) -> usize {
    EventTopic::ALL.iter().position(|one| *one == topic).unwrap_or_default()
}

/// What the server echoed must be what it was asked for: older ones drop what they do not know.
pub(super) fn taken(
    of: &str,
    chosen: &Map<String, Value>,
    echoed: &Map<String, Value>,
) -> Result<(), BrokerError> {
    let missing: Vec<String> =
        differences(chosen, echoed).iter().map(|one| format!("{} = {}", one.setting, one.chosen)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(BrokerError::Refused(format!(
        "the server did not take the settings of `{of}`: {}",
        missing.join(", ")
    )))
}

pub(super) fn drifts(of: &str, chosen: &Map<String, Value>, found: &Map<String, Value>) -> Vec<Drift> {
    let readable = |setting: &str, value: &Value| match value.as_u64() {
        Some(nanos) if ["max_age", "ack_wait", "duplicate_window"].contains(&setting) => {
            duration::text(Duration::from_nanos(nanos))
        }
        _ => value.to_string(),
    };
    let all = differences(chosen, found).into_iter().map(|one| Drift {
        of: of.to_owned(),
        found: readable(&one.setting, &one.found),
        chosen: readable(&one.setting, &one.chosen),
        setting: one.setting,
    });
    all.collect()
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(i64::MAX as u64).min(i64::MAX as u64)
}
