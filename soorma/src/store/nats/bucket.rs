//! The bucket: its stream, and what lies under its keys.

use std::sync::Arc;

use async_nats::HeaderMap;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::token::{key, tokens};
use crate::{
    nats::{ApiError, Code, Link, Read, differences},
    store::{Entry, Key, StoreError},
};

pub(super) struct Bucket {
    pub(super) link: Arc<Link>,
    /// The name of the stream, `KV_<bucket>`.
    pub(super) stream: String,
    /// `$KV.<bucket>.`
    pub(super) start: String,
}

/// The newest of a key.
pub(super) struct Last {
    /// `None` where it was deleted or has run out.
    pub(super) entry: Option<Entry>,
    pub(super) revision: u64,
}

/// How many keys are looked at side by side.
const AT_ONCE: usize = 64;

/// How long the trace of what was deleted is kept, for watchers that look away.
pub(super) const MARKERS: u64 = 3600;

#[derive(Deserialize)]
struct Info {
    config: Map<String, Value>,
}

#[derive(Deserialize)]
struct Created {
    created: String,
}

#[derive(Deserialize)]
struct Subjects {
    state: State,
    #[serde(default)]
    total: usize,
}

#[derive(Deserialize)]
struct State {
    subjects: Option<Map<String, Value>>,
}

impl Bucket {
    pub(super) async fn open(link: Arc<Link>) -> Result<Self, String> {
        let bucket = format!("{}_store", link.options.namespace);
        let stream = format!("KV_{bucket}");
        let settings = json!({
            "name": stream,
            "subjects": [format!("$KV.{bucket}.>")],
            "storage": "file",
            "discard": "new",
            "max_msgs_per_subject": 1,
            "num_replicas": link.options.replicas,
            "allow_rollup_hdrs": true,
            "deny_delete": true,
            "allow_direct": true,
            "allow_msg_ttl": true,
            // Watchers are told of what has run out.
            "subject_delete_marker_ttl": MARKERS * 1_000_000_000,
        });
        let settings = settings.as_object().cloned().unwrap_or_default();
        let found = match link.api::<Info>(&format!("STREAM.INFO.{stream}"), &json!({})).await {
            Err(error) if error.code() == Some(Code::STREAM_NOT_FOUND) => {
                link.api::<Info>(&format!("STREAM.CREATE.{stream}"), &settings).await
            }
            found => found,
        };
        let found = found.map_err(|error| format!("the bucket `{bucket}` cannot be used: {error}"))?;
        for one in differences(&settings, &found.config) {
            let needed = !["num_replicas", "storage", "allow_direct"].contains(&one.setting.as_str());
            if needed {
                let (setting, found, chosen) = (one.setting, one.found, one.chosen);
                return Err(format!("the bucket `{bucket}` has {setting} = {found}, and {chosen} is needed"));
            }
            tracing::warn!(bucket, setting = one.setting, found = %one.found, "a setting is not ours");
        }
        Ok(Self { link, stream, start: format!("$KV.{bucket}.") })
    }

    pub(super) fn subject(&self, key: &Key) -> String {
        format!("{}{}", self.start, tokens(key))
    }

    pub(super) fn key_of(&self, subject: &str) -> Option<Key> {
        key(subject.strip_prefix(self.start.as_str())?)
    }

    /// When it was made: another one under the same name counts its revisions anew.
    pub(super) async fn born(&self) -> Result<String, StoreError> {
        let endpoint = format!("STREAM.INFO.{}", self.stream);
        let Created { created } = self.link.api(&endpoint, &json!({})).await.map_err(unavailable)?;
        Ok(created)
    }

    pub(super) async fn last(&self, key: &Key) -> Result<Option<Last>, StoreError> {
        let read = self.link.last_of(&self.stream, &self.subject(key)).await.map_err(unavailable)?;
        let last = |Read { headers, payload, sequence, .. }| {
            let there = !is_gone(Some(&headers));
            let entry = there.then(|| Entry { value: payload.to_vec(), revision: sequence });
            Last { entry, revision: sequence }
        };
        Ok(read.map(last))
    }

    pub(super) async fn list(&self, prefix: &Key) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        let below = format!("{}.>", self.subject(prefix));
        for filter in [self.subject(prefix), below] {
            let mut offset = 0;
            loop {
                let body = json!({ "subjects_filter": filter, "offset": offset });
                let endpoint = format!("STREAM.INFO.{}", self.stream);
                let page: Subjects = self.link.api(&endpoint, &body).await.map_err(unavailable)?;
                let subjects = page.state.subjects.unwrap_or_default();
                offset += subjects.len();
                let last = subjects.is_empty() || offset >= page.total;
                keys.extend(subjects.keys().filter_map(|subject| self.key_of(subject)));
                if last {
                    break;
                }
            }
        }
        // The trace of what is gone is a message, too.
        let mut looks = futures_util::stream::iter(keys)
            .map(async |key| {
                let last = self.last(&key).await?;
                Ok(last.is_some_and(|last| last.entry.is_some()).then_some(key))
            })
            .buffer_unordered(AT_ONCE);
        let mut there = Vec::new();
        while let Some(found) = looks.next().await {
            there.extend(found?);
        }
        there.sort_unstable();
        Ok(there)
    }
}

/// Whether a message says that a key is gone.
pub(super) fn is_gone(headers: Option<&HeaderMap>) -> bool {
    headers.is_some_and(|headers| {
        let deleted =
            headers.get("KV-Operation").is_some_and(|what| ["DEL", "PURGE"].contains(&what.as_str()));
        deleted || headers.get("Nats-Marker-Reason").is_some()
    })
}

pub(super) fn unavailable(error: ApiError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
