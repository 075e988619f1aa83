//! What an app consists of, for people and for tools: the handler table, described.
//!
//! Owns the two forms, a table and JSON; knows nothing of how the table is checked.

mod options;
mod text;

use std::time::Duration;

use serde::Serialize;
use soorma_common::{Contract, EventTopic};

use self::options::Written;
use crate::{
    broker::{Kind, Start},
    handler::{AgentTable, Handler, HookRegistration, Table},
    sorted::Sorted,
};

/// The agents of an app with their handlers, sorted.
///
/// [`Display`](std::fmt::Display) gives a table, [`Serialize`] the JSON that `describe --format json` prints. Both are the same
/// for the same handlers, wherever in a file they stand: a copy that CI compares shows what a change added or lost.
///
/// ```
/// use soorma::{App, handlers, prelude::*};
///
/// #[on_event(topic = BusinessFacts, event_type = "order.>", timeout = "30s")]
/// async fn audit(event: EventEnvelope) {}
///
/// let app = App::builder("orders").handlers(handlers![audit]);
/// let description = app.describe()?;
/// assert_eq!(description.agents[0].handlers[0].event_type, "order.>");
/// assert!(description.to_string().contains("timeout=30s"));
/// # Ok::<(), soorma::TableError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The agents, by name.
    pub agents: Vec<DescribedAgent>,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DescribedAgent {
    /// Its name, which is also that of its consumer group.
    pub name: String,
    /// Its handlers, by topic, event type and name.
    pub handlers: Vec<DescribedHandler>,
    /// Its hooks, in the order in which they run.
    pub hooks: Vec<DescribedHook>,
}

/// One handler, with everything decided that the attribute left open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DescribedHandler {
    /// `on_event`, `on_task` or `on_result`.
    pub attribute: &'static str,
    /// The topic.
    pub topic: EventTopic,
    /// The event type or pattern.
    pub event_type: &'static str,
    /// What tells it from others of the same events; mostly empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'static str,
    /// The declared payload that it takes.
    pub payload: Option<&'static str>,
    /// What it may publish.
    pub publishes: Vec<Published>,
    /// Attempts in all.
    pub max_attempts: u32,
    /// The first pause between attempts, in milliseconds.
    pub first_pause_ms: u64,
    /// The longest pause between attempts, in milliseconds, its jitter not counted.
    pub longest_pause_ms: u64,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u64,
    /// How many run at once in one instance.
    pub concurrency: usize,
    /// Whether events of one key are handled one at a time.
    pub ordered: bool,
    /// Whether every instance hears every event.
    pub broadcast: bool,
    /// Where a new subscription starts: `start` or `now`.
    pub from: &'static str,
    /// Whether what a run returns is recorded before it is published.
    pub outputs_recorded: bool,
    /// The path of the function.
    pub handler: &'static str,
    /// Its doc comment.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub description: &'static str,
    /// Its source file.
    pub file: &'static str,
    #[serde(skip)]
    written: Written,
}

/// One start-up or shutdown hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DescribedHook {
    /// `on_startup` or `on_shutdown`.
    pub attribute: &'static str,
    /// What it may publish.
    pub publishes: Vec<Published>,
    /// The path of the function.
    pub handler: &'static str,
    /// Its source file.
    pub file: &'static str,
}

/// An event that may be published.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Published {
    /// The topic.
    pub topic: EventTopic,
    /// The event type.
    pub event_type: &'static str,
    /// The payload type.
    pub payload: &'static str,
}

impl Description {
    pub(crate) fn of(table: &Table) -> Self {
        Self { agents: table.agents.iter().map(DescribedAgent::of).collect() }
    }
}

impl DescribedAgent {
    fn of(agent: &AgentTable) -> Self {
        Self {
            name: agent.name.to_string(),
            handlers: agent.handlers.iter().map(DescribedHandler::of).collect(),
            hooks: agent.hooks.iter().map(DescribedHook::of).collect(),
        }
    }
}

impl DescribedHandler {
    fn of(handler: &Handler) -> Self {
        let Handler { registration, policy, spec, .. } = handler;
        let (first, longest) = policy.backoff();
        let produced = registration.publishes();
        let from = match spec.kind {
            Kind::Group { start: Start::Beginning, .. } => "start",
            _ => "now",
        };
        Self {
            attribute: registration.role.attribute(),
            topic: registration.topic,
            event_type: registration.pattern,
            name: registration.options.name,
            payload: registration.consumes.map(|contract| contract.type_name),
            publishes: published(produced),
            max_attempts: policy.max_attempts,
            first_pause_ms: millis(first),
            longest_pause_ms: millis(longest),
            timeout_ms: millis(policy.timeout),
            concurrency: policy.concurrency,
            ordered: registration.options.ordered,
            broadcast: registration.options.broadcast,
            from,
            outputs_recorded: registration.options.recorded,
            handler: registration.handler,
            description: registration.description,
            file: registration.file,
            written: Written(registration.options),
        }
    }
}

impl DescribedHook {
    fn of(hook: &HookRegistration) -> Self {
        Self {
            attribute: hook.role.attribute(),
            publishes: published(hook.publishes()),
            handler: hook.handler,
            file: hook.file,
        }
    }
}

/// Each event once, sorted.
fn published(contracts: Vec<Contract>) -> Vec<Published> {
    let mut published = Sorted::default();
    for Contract { topic, event_type, type_name: payload, .. } in contracts {
        published.add(Published { topic, event_type, payload });
    }
    published.into_keys()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
