//! Registering definitions: what is new is added, what is known is compared.

use std::sync::Arc;

use soorma_common::EventDefinition;

use super::{
    EVENTS,
    entry::{EventEntry, tool_name},
    error::{Refusal, RegisterError},
    root,
};
use crate::{
    BoxFuture,
    at_once::at_once,
    schema::compare,
    store::{Records, Store, StoreError, Update},
};

/// How many definitions are registered side by side.
const AT_ONCE: usize = 64;

/// Registers all that are not refused.
pub(super) async fn all(
    store: &Arc<dyn Store>,
    definitions: &[EventDefinition],
) -> Result<(), RegisterError> {
    let records = &records(store);
    let mut outcomes: Vec<Option<Result<(), RegisterError>>> = definitions.iter().map(|_| None).collect();
    let mut each: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(definitions.len());
    for (outcome, definition) in outcomes.iter_mut().zip(definitions) {
        each.push(Box::pin(async move { *outcome = Some(one(records, definition).await) }));
    }
    at_once(AT_ONCE, each).await;
    let mut refusals = Vec::new();
    for outcome in outcomes.into_iter().flatten() {
        match outcome {
            Ok(()) => {}
            Err(RegisterError::Refused(refused)) => refusals.extend(refused),
            Err(error) => return Err(error),
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(RegisterError::Refused(refusals)) }
}

/// Reads before it writes: agents start more often than events change.
async fn one(records: &Records<EventEntry>, definition: &EventDefinition) -> Result<(), RegisterError> {
    let name = tool_name(&definition.event_name);
    let refused = records
        .update(&name, |entry: Option<EventEntry>| {
            let mut entry = entry.unwrap_or_default();
            if let Some(refusal) = refusal(&entry, definition, &name) {
                return Update::Keep(Some(refusal));
            }
            if entry.version(definition.payload.version) == Some(definition) {
                return Update::Keep(None);
            }
            entry.put(definition.clone());
            Update::Write(entry, None)
        })
        .await?;
    refused.map_or(Ok(()), |refusal| Err(RegisterError::Refused(vec![refusal])))
}

fn refusal(entry: &EventEntry, definition: &EventDefinition, tool_name: &str) -> Option<Refusal> {
    let event_name = definition.event_name.clone();
    let registered = entry.versions.first()?;
    if registered.event_name != event_name {
        let registered = registered.event_name.clone();
        return Some(Refusal::ToolName { event_name, registered, tool_name: tool_name.to_owned() });
    }
    if registered.topic != definition.topic {
        return Some(Refusal::Topic { event_name, registered: registered.topic, given: definition.topic });
    }
    let version = definition.payload.version;
    let known = entry.version(version)?;
    let differences = compare(&known.payload.schema, &definition.payload.schema);
    if differences.is_empty() {
        return None;
    }
    let differences = differences.iter().map(ToString::to_string).collect();
    Some(Refusal::Breaks { event_name, version, differences })
}

/// Forgets one version; true where it was there.
pub(super) async fn forget(
    store: &Arc<dyn Store>,
    event_name: &str,
    version: u32,
) -> Result<bool, StoreError> {
    records(store)
        .update(&tool_name(event_name), |entry: Option<EventEntry>| {
            let Some(mut entry) = entry else { return Update::Keep(false) };
            let before = entry.versions.len();
            entry.versions.retain(|known| known.event_name != event_name || known.payload.version != version);
            if entry.versions.len() == before { Update::Keep(false) } else { Update::Write(entry, true) }
        })
        .await
}

fn records(store: &Arc<dyn Store>) -> Records<EventEntry> {
    Records::new(store.clone(), root().join(EVENTS))
}
