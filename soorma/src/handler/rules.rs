//! What the handlers of one agent must keep among each other, and what their arguments need.
//!
//! Owns the messages; each names every place that takes part and says what to write instead.

use super::{Registration, Role, Startup, StateMap, table::AgentTable, table::Handler};
use crate::broker::Kind;

pub(super) fn check(agent: &AgentTable, state: &StateMap, problems: &mut Vec<String>) {
    tasks(agent, problems);
    names(agent, problems);
    positions(agent, problems);
    arguments(agent, state, problems);
}

/// One task an event type: two would both answer.
fn tasks(agent: &AgentTable, problems: &mut Vec<String>) {
    let tasks: Vec<_> = agent.handlers.iter().filter(|handler| is_task(handler)).collect();
    for pair in tasks.windows(2) {
        let (one, two) = (pair[0], pair[1]);
        if one.spec.id.pattern == two.spec.id.pattern {
            problems.push(format!(
                "agent `{}` has two tasks for `{}`, which would both answer: {} and {}; keep one of them",
                agent.name,
                one.spec.id.pattern,
                place(&one.registration),
                place(&two.registration),
            ));
        }
    }
}

/// Two handlers of the same events are told apart by their names.
fn names(agent: &AgentTable, problems: &mut Vec<String>) {
    for pair in agent.handlers.windows(2) {
        let (one, two) = (&pair[0], &pair[1]);
        let id = &one.spec.id;
        if *id != two.spec.id || is_task(one) && is_task(two) {
            continue;
        }
        let (first, second) = (function(&one.registration), function(&two.registration));
        let called = if id.name.is_empty() { String::new() } else { format!(" called `{}`", id.name) };
        let advice = if first == second {
            "give one of them another `name = \"..\"`".to_owned()
        } else {
            format!(
                "give `{second}` a name of its own, for example `name = \"{second}\"`, \
                 or `{first}` if that is the newer one: who keeps its name keeps its position"
            )
        };
        problems.push(format!(
            "agent `{}` has two handlers{called} for `{}` on {}: {} and {}; {advice}",
            agent.name,
            id.pattern,
            id.topic,
            place(&one.registration),
            place(&two.registration),
        ));
    }
}

/// A position in the stream that is taken over has one heir.
fn positions(agent: &AgentTable, problems: &mut Vec<String>) {
    for handler in &agent.handlers {
        let Kind::Group { was: Some(was), .. } = &handler.spec.kind else { continue };
        let claims = |other: &&Handler| {
            other.spec.id == *was
                || (other.spec.id != handler.spec.id
                    && matches!(&other.spec.kind, Kind::Group { was: Some(theirs), .. } if theirs == was))
        };
        if let Some(other) = agent.handlers.iter().find(claims) {
            problems.push(format!(
                "{} takes over the position of `{was}`, to which {} lays claim as well",
                place(&handler.registration),
                place(&other.registration),
            ));
        }
    }
}

/// What the arguments of handlers and hooks need is there.
fn arguments(agent: &AgentTable, state: &StateMap, problems: &mut Vec<String>) {
    let startup = Startup { state };
    let handlers = agent.handlers.iter().map(|handler| {
        let Registration { handler, file, line, check, .. } = handler.registration;
        (handler, file, line, check)
    });
    let hooks = agent.hooks.iter().map(|hook| (hook.handler, hook.file, hook.line, hook.check));
    for (handler, file, line, check) in handlers.chain(hooks) {
        for missing in check(&startup) {
            problems.push(format!("`{handler}` ({file}:{line}): argument {missing}"));
        }
    }
}

fn is_task(handler: &Handler) -> bool {
    handler.registration.role == Role::OnTask
}

/// The name of the function, without its path.
fn function(registration: &Registration) -> &'static str {
    registration.handler.rsplit("::").next().unwrap_or_default()
}

/// Function, file and line.
pub(super) fn place(registration: &Registration) -> String {
    let Registration { handler, file, line, .. } = registration;
    format!("`{handler}` ({file}:{line})")
}
