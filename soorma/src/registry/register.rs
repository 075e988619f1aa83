//! Registering definitions: what is new is added, what is known is compared, and nothing is written where one is refused.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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
    sorted::Sorted,
    store::{Records, Store, StoreError, Update},
};

/// How many records are read or written side by side.
const AT_ONCE: usize = 64;

/// Definitions that share a record, and what it says once they are in it.
struct Group<'a> {
    tool_name: String,
    definitions: Vec<&'a EventDefinition>,
    entry: EventEntry,
    revision: Option<u64>,
}

/// Registers all, or none where one is refused.
pub(super) async fn all(
    store: &Arc<dyn Store>,
    definitions: &[EventDefinition],
) -> Result<(), RegisterError> {
    let records = &records(store);
    let mut groups = Sorted::<String, Vec<&EventDefinition>>::default();
    for definition in definitions {
        groups.or_insert_with(tool_name(&definition.event_name), Vec::new).push(definition);
    }
    let looks =
        groups.into_pairs().into_iter().map(|(tool_name, definitions)| look(records, tool_name, definitions));
    let changed = each(looks.collect()).await?;
    let writes = changed.into_iter().flatten().map(|group| write(records, group));
    each(writes.collect()).await.map(drop)
}

/// Runs all side by side, and gathers every refusal; a store that fails is not asked any further.
async fn each<T: Send>(
    all: Vec<impl Future<Output = Result<T, RegisterError>> + Send>,
) -> Result<Vec<T>, RegisterError> {
    let failed = &AtomicBool::new(false);
    let mut outcomes: Vec<Option<Result<T, RegisterError>>> = all.iter().map(|_| None).collect();
    let mut running: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(all.len());
    for (outcome, one) in outcomes.iter_mut().zip(all) {
        running.push(Box::pin(async move {
            if !failed.load(Ordering::Relaxed) {
                let result = one.await;
                failed.fetch_or(matches!(result, Err(RegisterError::Store(_))), Ordering::Relaxed);
                *outcome = Some(result);
            }
        }));
    }
    at_once(AT_ONCE, running).await;
    let (mut good, mut refusals) = (Vec::new(), Vec::new());
    for outcome in outcomes.into_iter().flatten() {
        match outcome {
            Ok(one) => good.push(one),
            Err(RegisterError::Refused(refused)) => refusals.extend(refused),
            Err(error) => return Err(error),
        }
    }
    if refusals.is_empty() { Ok(good) } else { Err(RegisterError::Refused(refusals)) }
}

/// What is to be written, if anything: agents start more often than events change.
async fn look<'a>(
    records: &Records<EventEntry>,
    tool_name: String,
    definitions: Vec<&'a EventDefinition>,
) -> Result<Option<Group<'a>>, RegisterError> {
    let known = records.get(&tool_name).await.map_err(|error| not_kept(&definitions, error))?;
    let (mut entry, revision) =
        known.map_or_else(Default::default, |known| (known.value, Some(known.revision)));
    let changed = put_all(&mut entry, &definitions, &tool_name).map_err(RegisterError::Refused)?;
    Ok(changed.then_some(Group { tool_name, definitions, entry, revision }))
}

async fn write(records: &Records<EventEntry>, group: Group<'_>) -> Result<(), RegisterError> {
    let Group { tool_name, definitions, entry, revision } = group;
    let written = match revision {
        Some(revision) => match records.compare_and_set(&tool_name, revision, &entry).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        },
        None => records.create(&tool_name, &entry).await,
    };
    if written.map_err(|error| not_kept(&definitions, error))? {
        return Ok(());
    }
    // Somebody else registers at the same time.
    let again = records.update(&tool_name, |entry: Option<EventEntry>| {
        let mut entry = entry.unwrap_or_default();
        match put_all(&mut entry, &definitions, &tool_name) {
            Ok(true) => Update::Write(entry, Vec::new()),
            Ok(false) => Update::Keep(Vec::new()),
            Err(refusals) => Update::Keep(refusals),
        }
    });
    let refusals = again.await.map_err(|error| not_kept(&definitions, error))?;
    if refusals.is_empty() { Ok(()) } else { Err(RegisterError::Refused(refusals)) }
}

/// Puts them into the record of their name; whether that changes it, or every reason against it.
fn put_all(
    entry: &mut EventEntry,
    definitions: &[&EventDefinition],
    tool_name: &str,
) -> Result<bool, Vec<Refusal>> {
    let (mut changed, mut refusals) = (false, Vec::new());
    for &definition in definitions {
        if let Some(refusal) = refusal(entry, definition, tool_name) {
            refusals.push(refusal);
        } else if entry.version(definition.payload.version) != Some(definition) {
            entry.put(definition.clone());
            changed = true;
        }
    }
    if refusals.is_empty() { Ok(changed) } else { Err(refusals) }
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

/// A store that is away comes back; what it will never keep is refused.
fn not_kept(definitions: &[&EventDefinition], error: StoreError) -> RegisterError {
    let reason = match &error {
        StoreError::TooLarge { .. } => format!(
            "{error}; all versions of an event are one record: make schema and examples smaller, or forget versions that \
             nobody uses"
        ),
        StoreError::Shape { source, .. } => format!("{error}: {source}"),
        _ => return RegisterError::Store(error),
    };
    let refusal = |definition: &&EventDefinition| Refusal::NotKept {
        event_name: definition.event_name.clone(),
        reason: reason.clone(),
    };
    RegisterError::Refused(definitions.iter().map(refusal).collect())
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
