//! Durable subscriptions: made where they are missing, compared where they are there, taken over from a former name.

use serde_json::{Map, Value};
use soorma_common::EventTopic;

use super::{
    consumer::{ConsumerInfo, LEASE, OURS, Part, identified, is_ordered, parts},
    position::Position,
    shared::Shared,
    stream::{drifts, taken},
    subject::Lane,
};
use crate::{
    broker::{BrokerError, Drift, Drifted, Kind, Start, SubscriptionSpec},
    nats::{ApiError, Code, overlaid},
};

/// A durable subscription that exists now.
pub(super) struct Provisioned {
    pub(super) drifts: Vec<Drift>,
    /// Its consumers: those of another name, where that took its position over.
    pub(super) parts: Vec<Part>,
}

/// Where a consumer that is made starts.
#[derive(Clone, Copy)]
enum From {
    Policy(Start),
    /// After what is settled.
    Floor(u64),
}

impl Shared {
    /// Makes a durable subscription exist.
    pub(super) async fn provision(
        &self,
        spec: &SubscriptionSpec,
        drifted: Drifted,
    ) -> Result<Provisioned, BrokerError> {
        let Kind::Group { ordered, was, .. } = &spec.kind else {
            return Err(BrokerError::Refused(format!("`{}` is not durable", spec.id)));
        };
        check(spec)?;
        let durable = spec.id.durable_name();
        let parts = parts(&durable, *ordered);
        let topic = spec.id.topic;
        let mut found = Vec::with_capacity(parts.len());
        for part in &parts {
            found.push(self.consumer_info(topic, &part.consumer).await?);
        }
        let mut drifts = Vec::new();
        for (part, info) in parts.iter().zip(&found) {
            if let Some(info) = info {
                self.check_identity(spec, part, info)?;
            }
        }
        // It was ordered and is not any more, or the other way round.
        let base = found.first().and_then(Option::as_ref);
        let turned = base.is_some_and(|info| is_ordered(&info.config) != *ordered);
        if turned || found.iter().any(Option::is_none) {
            let current = self.current_name(durable.clone()).await?;
            let renamed_back = was.as_ref().is_some_and(|was| was.durable_name() == current);
            let gone = current != durable && found.iter().all(Option::is_none);
            if gone && !renamed_back && self.exists(topic, &current).await? {
                // An older version of the program, beside the newer one that has renamed the handler.
                let parts = self.there(topic, &current).await?.into_iter().map(|(part, _)| part).collect();
                return Ok(Provisioned { drifts, parts });
            }
            self.complete(spec, &parts, found, turned).await?;
        } else {
            for (part, info) in parts.iter().zip(found.into_iter().flatten()) {
                drifts.extend(self.compare(spec, part, &info, drifted).await?);
            }
        }
        Ok(Provisioned { drifts, parts })
    }

    /// The name of a consumer has but a hash of the id.
    fn check_identity(
        &self,
        spec: &SubscriptionSpec,
        part: &Part,
        info: &ConsumerInfo,
    ) -> Result<(), BrokerError> {
        match identified(&info.config, spec.id.topic) {
            Some(id) if id == spec.id => Ok(()),
            Some(id) => Err(BrokerError::Refused(format!(
                "consumer `{}` belongs to `{id}`, and not to `{}`",
                part.consumer, spec.id
            ))),
            None => Err(BrokerError::Refused(format!("consumer `{}` is not ours", part.consumer))),
        }
    }

    /// Makes what is missing, where the group stands.
    async fn complete(
        &self,
        spec: &SubscriptionSpec,
        parts: &[Part],
        found: Vec<Option<ConsumerInfo>>,
        turned: bool,
    ) -> Result<(), BrokerError> {
        let Kind::Group { start, was, .. } = &spec.kind else { return Ok(()) };
        self.ensure_topic(spec.id.topic).await?;
        self.ensure_positions().await?;
        let topic = spec.id.topic;
        let durable = spec.id.durable_name();
        let own = self.floor_of(topic, &durable).await?;
        let former = match (own, was) {
            (None, Some(was)) => self.floor_of(topic, &was.durable_name()).await?.map(|floor| (was, floor)),
            _ => None,
        };
        let from = match (own, former) {
            (Some(floor), _) | (None, Some((_, floor))) => From::Floor(floor),
            (None, None) => From::Policy(*start),
        };
        if turned {
            for (part, _) in self.there(topic, &durable).await? {
                self.delete_consumer(topic, &part.consumer).await?;
            }
        }
        for (part, info) in parts.iter().zip(found) {
            if info.is_none() || turned {
                self.make(spec, part, from).await?;
            }
        }
        if let Some((was, floor)) = former {
            let old = was.durable_name();
            let moved = Position { floor, moved: Some(durable), ordered: false };
            self.save_position(&old, &moved).await?;
            for (part, _) in self.there(topic, &old).await? {
                self.delete_consumer(topic, &part.consumer).await?;
            }
        }
        Ok(())
    }

    async fn make(&self, spec: &SubscriptionSpec, part: &Part, from: From) -> Result<(), BrokerError> {
        let chosen = self.consumer_settings(spec, part);
        let mut settings = chosen.clone();
        let last = self.stream_info(spec.id.topic).await?.state.last_seq;
        start_at(&mut settings, from, last);
        let info = match self.write_consumer(spec.id.topic, &part.consumer, &settings, "create").await {
            Ok(info) => info,
            // Another process was faster.
            Err(error) if error.code() == Some(Code::CONSUMER_EXISTS) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        taken(&part.consumer, &chosen, &info.config)?;
        // Nothing is delivered yet: this is where it starts, and the floor of a new one may be none.
        let floor = info.delivered.stream_seq.max(info.ack_floor.stream_seq);
        let ordered = part.lane != Lane::Any;
        self.save_position(&part.consumer, &Position { floor, ordered, moved: None }).await
    }

    /// Compares what is there, and takes over from the program what is the program's to say.
    pub(super) async fn compare(
        &self,
        spec: &SubscriptionSpec,
        part: &Part,
        info: &ConsumerInfo,
        drifted: Drifted,
    ) -> Result<Vec<Drift>, BrokerError> {
        let mut chosen = self.consumer_settings(spec, part);
        if let Some(longer) = info.longer_lease(&chosen) {
            chosen.insert(LEASE.to_owned(), longer);
        }
        let mut all = drifts(&part.consumer, &chosen, &info.config);
        let ours = all.iter().any(|drift| OURS.contains(&drift.setting.as_str()))
            || has_other_filters(&chosen, &info.config);
        all.retain(|drift| !OURS.contains(&drift.setting.as_str()));
        let change: Map<String, Value> = match drifted {
            Drifted::Correct if ours || !all.is_empty() => chosen,
            Drifted::Keep if ours => {
                chosen.into_iter().filter(|(setting, _)| OURS.contains(&setting.as_str())).collect()
            }
            Drifted::Correct | Drifted::Keep => return Ok(all),
        };
        let mut settings = info.config.clone();
        settings.remove("filter_subject");
        settings.remove("filter_subjects");
        let settings = overlaid(&settings, &change);
        let info = self.write_consumer(spec.id.topic, &part.consumer, &settings, "update").await?;
        taken(&part.consumer, &change, &info.config)?;
        Ok(all)
    }

    /// Up to where a group has settled everything; `None` where there is no such group.
    async fn floor_of(&self, topic: EventTopic, durable: &str) -> Result<Option<u64>, ApiError> {
        let mut floors = Vec::new();
        let mut ordered = false;
        for part in parts(durable, true) {
            if let Some(info) = self.consumer_info(topic, &part.consumer).await? {
                let kept = self.position(&part.consumer).await?.map_or(0, |position| position.floor);
                floors.push(info.ack_floor.stream_seq.max(kept));
                ordered |= is_ordered(&info.config);
            } else if let Some(position) = self.position(&part.consumer).await?
                && position.moved.is_none()
            {
                floors.push(position.floor);
                ordered |= position.ordered;
            }
            if !ordered {
                break;
            }
        }
        Ok(floors.into_iter().min())
    }

    async fn exists(&self, topic: EventTopic, durable: &str) -> Result<bool, ApiError> {
        Ok(self.consumer_info(topic, durable).await?.is_some())
    }

    /// The consumers of a durable that are there, and what the server says of them.
    pub(super) async fn there(
        &self,
        topic: EventTopic,
        durable: &str,
    ) -> Result<Vec<(Part, ConsumerInfo)>, ApiError> {
        let mut there = Vec::new();
        for part in parts(durable, true) {
            let Some(info) = self.consumer_info(topic, &part.consumer).await? else { continue };
            let ordered = is_ordered(&info.config);
            there.push((part, info));
            if !ordered {
                break;
            }
        }
        Ok(there)
    }
}

fn check(spec: &SubscriptionSpec) -> Result<(), BrokerError> {
    if spec.patterns.is_empty() {
        return Err(BrokerError::Refused(format!("`{}` names no event type to hear", spec.id)));
    }
    Ok(())
}

/// A filter that was there under the other of the two names.
fn has_other_filters(chosen: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    ["filter_subject", "filter_subjects"].iter().any(|setting| {
        let is_there = |config: &Map<String, Value>| match config.get(*setting) {
            None | Some(Value::Null) => false,
            Some(Value::String(filter)) => !filter.is_empty(),
            Some(Value::Array(filters)) => !filters.is_empty(),
            Some(_) => true,
        };
        is_there(chosen) != is_there(found)
    })
}

/// A floor beyond the stream's end is one of a stream that is no more.
fn start_at(settings: &mut Map<String, Value>, from: From, last: u64) {
    let policy = match from {
        From::Policy(Start::Now) => "new",
        From::Policy(Start::Beginning) => "all",
        From::Floor(floor) if floor > last => "all",
        From::Floor(floor) => {
            settings.insert("opt_start_seq".to_owned(), (floor + 1).into());
            "by_start_sequence"
        }
    };
    settings.insert("deliver_policy".to_owned(), policy.into());
}
