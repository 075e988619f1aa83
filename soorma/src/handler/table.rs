//! The handler table: which handlers each agent has, checked before anything runs.
//!
//! Owns the rules that only the whole set of handlers can break; knows nothing of brokers beyond what a
//! subscription is.

use std::{fmt, sync::Arc, time::Duration};

use soorma_common::{EventPattern, EventTopic, grammar};

use super::{Entry, Handlers, HookRegistration, Registration, Role, StateMap, claims, rules};
use crate::{
    broker::{Hears, Kind, Start, SubscriptionId, SubscriptionSpec},
    error::TaskFailed,
    run::Policy,
    settings::Settings,
    sorted::{Sorted, sort_by},
    task::Answers,
};

/// All agents of one process, by name.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) agents: Vec<AgentTable>,
}

/// One agent: its handlers, sorted, and its hooks, in the order of their source.
#[derive(Debug)]
pub(crate) struct AgentTable {
    pub(crate) name: Arc<str>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) hooks: Vec<HookRegistration>,
}

/// One handler of one agent, with everything decided.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) registration: Registration,
    pub(crate) agent: Arc<str>,
    pub(crate) spec: SubscriptionSpec,
    pub(crate) durable_name: Arc<str>,
    pub(crate) policy: Policy,
}

/// The handlers do not fit together. Says every reason at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    problems: Vec<String>,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for TableError {}

impl Table {
    /// Sorts the handlers by agent and checks them. `main` is the agent of those that name none; `selected` are
    /// the agents to run, all where it is empty.
    pub(crate) fn build(
        handlers: Handlers,
        main: &str,
        selected: &[String],
        state: &StateMap,
        settings: &Settings,
    ) -> Result<Self, TableError> {
        let mut problems = Vec::new();
        claims::check(&handlers, &mut problems);
        let source = handlers.source;
        let mut agents = Sorted::<&str, AgentTable>::default();
        for entry in handlers.entries {
            let name = entry.agent().unwrap_or(main);
            let agent = agents.or_insert_with(name, || {
                if let Err(error) = grammar::check_name(name) {
                    problems.push(format!("invalid agent name `{name}`: {error}"));
                }
                AgentTable::new(name)
            });
            match entry {
                Entry::Hook(hook) => agent.hooks.push(hook),
                Entry::Handler(registration) => {
                    match Handler::new(registration, agent.name.clone(), settings) {
                        Ok(handler) => agent.handlers.push(handler),
                        Err(problem) => problems.push(problem),
                    }
                }
            }
        }
        let mut agents: Vec<AgentTable> = agents.into_values().collect();
        if agents.is_empty() {
            return Err(TableError { problems: vec![source.to_string()] });
        }
        for name in selected.iter().filter(|name| agents.iter().all(|agent| *agent.name != ***name)) {
            let known: Vec<_> = agents.iter().map(|agent| format!("`{}`", agent.name)).collect();
            problems.push(format!("no agent `{name}`; the agents are {}", known.join(", ")));
        }
        agents.retain(|agent| selected.is_empty() || selected.iter().any(|name| **name == *agent.name));
        for agent in &mut agents {
            sort_by(&mut agent.handlers, |a, b| a.key().cmp(&b.key()));
            sort_by(&mut agent.hooks, |a, b| (a.file, a.line).cmp(&(b.file, b.line)));
            rules::check(agent, state, &mut problems);
        }
        if problems.is_empty() { Ok(Self { agents }) } else { Err(TableError { problems }) }
    }

    /// Every subscription: those of the handlers, and one an agent with tasks for what is addressed to those.
    pub(crate) fn specs(&self, settings: &Settings) -> Vec<SubscriptionSpec> {
        let of_handlers = self.handlers().map(|handler| handler.spec.clone());
        let has_tasks = |agent: &&AgentTable| {
            agent.handlers.iter().any(|handler| handler.registration.role == Role::OnTask)
        };
        let agents = self.agents.iter().filter(has_tasks);
        of_handlers.chain(agents.map(|agent| Answers::spec(&agent.name, settings.lease))).collect()
    }

    pub(crate) fn handlers(&self) -> impl Iterator<Item = &Handler> {
        self.agents.iter().flat_map(|agent| &agent.handlers)
    }
}

impl Entry {
    fn agent(&self) -> Option<&'static str> {
        match self {
            Self::Handler(registration) => registration.agent,
            Self::Hook(hook) => hook.agent,
        }
    }
}

impl AgentTable {
    fn new(name: &str) -> Self {
        Self { name: name.into(), handlers: Vec::new(), hooks: Vec::new() }
    }
}

impl Handler {
    fn new(registration: Registration, agent: Arc<str>, settings: &Settings) -> Result<Self, String> {
        let options = &registration.options;
        let id = |name: &str| SubscriptionId {
            agent: agent.to_string(),
            topic: registration.topic,
            pattern: registration.pattern.to_owned(),
            name: name.to_owned(),
        };
        let pattern = |text: &str| {
            text.parse::<EventPattern>().map_err(|error| format!("{}: {error}", rules::place(&registration)))
        };
        let mut patterns = vec![pattern(registration.pattern)?];
        if registration.role == Role::OnResult {
            patterns.push(patterns[0].with_segment(TaskFailed::SUFFIX));
        }
        let hears = match (registration.role, registration.topic) {
            (Role::OnResult, _) => Hears::Group,
            (_, EventTopic::ActionResults) => Hears::All,
            _ => Hears::Everyone,
        };
        let start = options.from.unwrap_or(match registration.topic {
            EventTopic::ActionRequests | EventTopic::ActionResults => Start::Beginning,
            _ => Start::Now,
        });
        let kind = if options.broadcast {
            Kind::Broadcast
        } else {
            Kind::Group { start, ordered: options.ordered, was: options.was.map(id) }
        };
        let spec = SubscriptionSpec { id: id(options.name), patterns, hears, kind, lease: settings.lease };
        let durable_name = spec.id.durable_name().into();
        let policy = Policy::new(options, settings);
        Ok(Self { registration, agent, spec, durable_name, policy })
    }

    /// What the table is sorted by.
    fn key(&self) -> (&SubscriptionId, &str, u32) {
        (&self.spec.id, self.registration.file, self.registration.line)
    }

    /// Whether its retries may outlast the window in which the broker recognises a repetition.
    pub(crate) fn outlasts(&self, window: Duration) -> bool {
        self.spec.kind != Kind::Broadcast && self.policy.longest_retry() > window
    }
}
