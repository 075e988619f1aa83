//! Names: of a task, of its calls, and of what wakes it. Everything about a call can be read from its name, so nothing
//! has to be looked up when an answer comes.

use serde::{Deserialize, Serialize};
use soorma_common::{EventEnvelope, EventTopic, id};

use crate::broker::SubscriptionId;

/// What the group of an agent's tasks is called besides the agent: no agent's name has a dot.
const GROUP: &str = ".tasks";

/// The name of a task: 32 hex digits of a hash of its handler's subscription and its request.
pub(super) fn task(subscription: &str, request: &EventEnvelope) -> String {
    let parts = [b"task", subscription.as_bytes(), request.source.as_bytes(), request.id.as_bytes()];
    id::derived(&parts).simple().to_string()
}

/// The id of the request of one call.
pub(super) fn request(task: &str, number: u32) -> String {
    format!("{task}.{number}")
}

/// The id of the timer of one call.
pub(super) fn timer(task: &str, number: u32) -> String {
    format!("{task}.{number}.timer")
}

/// The key that stays the same for a step, whichever run of the task comes to it.
pub(super) fn step_key(task: &str, number: u32, name: &str) -> String {
    id::derived(&[b"step", task.as_bytes(), &number.to_le_bytes(), name.as_bytes()]).hyphenated().to_string()
}

/// The call that an id belongs to.
pub(super) fn call_of(id: &str) -> Option<(&str, u32)> {
    let (task, number) = id.strip_suffix(".timer").unwrap_or(id).split_once('.')?;
    is_task(task).then_some(())?;
    Some((task, number.parse().ok()?))
}

fn is_task(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What the ids of a deferred task's requests begin with.
pub(super) fn round(task: &str, round: &str) -> String {
    format!("{task}.{round}")
}

/// The deferred task that a request belongs to, and its round.
pub(super) fn round_of(request: &str) -> Option<(&str, &str)> {
    let (round, _) = request.rsplit_once('.')?;
    let (task, round) = round.split_once('.')?;
    is_task(task).then_some((task, round))
}

/// The id of the timer that ends a deferred task.
pub(super) fn end(task: &str, round: &str) -> String {
    format!("{task}.{round}.end")
}

/// The deferred task that a timer ends, and its round.
pub(super) fn end_of(id: &str) -> Option<(&str, &str)> {
    id.strip_suffix(".end").and_then(|_| round_of(id))
}

/// The group to which the answers to an agent's delegations and its timers are addressed.
pub(super) fn group_of(agent: &str) -> String {
    format!("{agent}{GROUP}")
}

/// The agent whose tasks have this group, if it is one of tasks.
pub(super) fn agent_of(group: &str) -> Option<&str> {
    group.strip_suffix(GROUP)
}

/// Where they arrive.
pub(super) fn answers_of(agent: &str) -> SubscriptionId {
    SubscriptionId {
        agent: group_of(agent),
        topic: EventTopic::ActionResults,
        pattern: ">".to_owned(),
        name: String::new(),
    }
}

/// The data of a timer.
pub(super) const TIMER_SCHEMA: &str = "soorma.Timer";

/// What takes a suspended task up again, once: it counts for one suspension only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wake {
    pub(crate) task: String,
    pub(crate) epoch: u64,
}

impl Wake {
    pub(super) const SCHEMA: &'static str = "soorma.Wake";

    /// The wake-up in an event, if it is one.
    pub(crate) fn of(event: &EventEnvelope) -> Option<Self> {
        let is_one = event.payload_schema_name.as_deref() == Some(Self::SCHEMA);
        is_one.then(|| serde_json::from_str(event.data.get()).ok()).flatten()
    }

    pub(super) fn id(&self) -> String {
        format!("{}.wake.{}", self.task, self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_from_its_ids() {
        let task = "0123456789abcdef0123456789abcdef";
        assert_eq!(call_of(&request(task, 7)), Some((task, 7)));
        assert_eq!(call_of(&timer(task, 7)), Some((task, 7)));
        let wake = Wake { task: task.to_owned(), epoch: 3 };
        assert_eq!(round_of(&format!("{}.01a0", round(task, "2f"))), Some((task, "2f")));
        assert_eq!((round_of(&request(task, 7)), call_of(&format!("{task}.2.01a0"))), (None, None));
        assert_eq!((end_of(&end(task, "2f")), call_of(&end(task, "2"))), (Some((task, "2f")), None));
        assert_eq!((end_of(&timer(task, 7)), end_of(&round(task, "2f"))), (None, None));
        for other in ["", "x.1", "0123456789abcdef0123456789abcdef", &wake.id(), &format!("{task}.x")] {
            assert_eq!(call_of(other), None, "{other}");
        }
    }
}
