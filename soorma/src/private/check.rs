//! The checks that generated constants call: what an attribute says against what the types say.
//!
//! Each ends the compilation with one message, at the word that is wrong. A mistake is told by one of them: the
//! others keep silent about what they cannot judge because of it (`Seen::Unsure`).

use soorma_common::{Contract, EventTopic, grammar};

use super::{
    message::Message,
    payload::{Seen, is_stand_in, same, same_event, seen},
};
use crate::{
    extract::Arg,
    handler::{Role, Roles},
    outputs::Produces,
};

/// The argument at `index`, written as `written`, makes sense under the attribute.
#[track_caller]
pub const fn argument(role: Role, args: &[Arg], index: usize, written: &str) {
    let arg = &args[index];
    if !arg.roles.contains(role) {
        wrong_role(role, arg, written);
    }
    if !arg.carries {
        return;
    }
    let mut before = 0;
    while before < index {
        if args[before].carries {
            Message::EMPTY
                .text("one argument carries the payload, and an earlier one does already; leave out ")
                .code(written)
                .fail();
        }
        before += 1;
    }
    let (Some(contract), Some(topic)) = (arg.contract, topic_of(role)) else { return };
    if !is_stand_in(&contract) && contract.topic as u8 != topic as u8 {
        published_elsewhere(Message::EMPTY.code(attribute(role)).text(" hears "), topic, &contract);
    }
}

#[track_caller]
const fn wrong_role(role: Role, arg: &Arg, written: &str) -> ! {
    let message = Message::EMPTY.code(written);
    if arg.roles.is(Roles::ON_EVENT) || arg.roles.is(Roles::ON_TASK) || arg.roles.is(Roles::ON_RESULT) {
        let home = if arg.roles.is(Roles::ON_EVENT) {
            Role::OnEvent
        } else if arg.roles.is(Roles::ON_TASK) {
            Role::OnTask
        } else {
            Role::OnResult
        };
        let message =
            message.text(" goes with ").code(attribute(home)).text(", not with ").code(attribute(role));
        let extractor = match role {
            Role::OnEvent => "Event",
            Role::OnTask => "Task",
            Role::OnResult => "TaskResult",
            Role::OnStartup | Role::OnShutdown => message.text(", which has no event").fail(),
        };
        let payload = match arg.contract {
            Some(contract) if !is_stand_in(&contract) => contract.type_name,
            Some(_) => "..",
            None => "serde_json::Value",
        };
        message.text("; take `").text(extractor).text("<").text(payload).text(">`").fail()
    }
    message.text(" makes no sense under ").code(attribute(role)).text(", which has no event").fail()
}

/// The topic of an `#[on_event]` is that of the payload, and one of them says it.
#[track_caller]
pub const fn topic(written: Option<EventTopic>, event_type_written: bool, args: &[Arg]) {
    match (seen(Role::OnEvent, args), written) {
        (Seen::Typed(contract), Some(topic)) if contract.topic as u8 != topic as u8 => {
            published_elsewhere(Message::EMPTY.text("this handler hears "), topic, &contract)
        }
        // Where the event type is not written either, `event_type` tells both.
        (Seen::Untyped, None) if event_type_written => Message::EMPTY
            .text("on which topic? no payload type says it: add `topic = ..`, one of ")
            .text(TOPICS)
            .fail(),
        _ => {}
    }
}

/// The event type is that of the payload, and one of them says it.
#[track_caller]
pub const fn event_type(role: Role, written: Option<&str>, topic_written: bool, args: &[Arg]) {
    match (seen(role, args), written) {
        (Seen::Typed(contract), Some(written)) if grammar::is_wildcard(written) => Message::EMPTY
            .code(written)
            .text(" is a pattern, but ")
            .code(contract.type_name)
            .text(" is the payload of one event type, ")
            .code(contract.event_type)
            .text("; take `Event<serde_json::Value>` or `EventEnvelope`")
            .fail(),
        (Seen::Typed(contract), Some(written)) if !same(written, contract.event_type) => Message::EMPTY
            .text("this handler listens for ")
            .code(written)
            .text(", but ")
            .code(contract.type_name)
            .text(" is the payload of ")
            .code(contract.event_type)
            .fail(),
        (Seen::Untyped, None) => {
            let message =
                Message::EMPTY.text("which event does this handler hear? no payload type says it: add ");
            let message = if topic_written { message } else { message.text("`topic = ..` and ") };
            message.text("`event_type = \"..\"`").fail()
        }
        _ => {}
    }
}

/// `ordered` needs a key to order by.
#[track_caller]
pub const fn ordered(role: Role, args: &[Arg]) {
    if let Seen::Typed(contract) = seen(role, args)
        && !contract.keyed
    {
        Message::EMPTY
            .text("`ordered` goes by the key of the event, and ")
            .code(contract.type_name)
            .text(" names none: add `key = field` to its `#[event(..)]`")
            .fail()
    }
}

/// A task returns the declared response of its request, always and once.
#[track_caller]
pub const fn answers(produces: &Produces, args: &[Arg]) {
    let Seen::Typed(request) = seen(Role::OnTask, args) else { return };
    let Some(response) = request.response else { return };
    if is_stand_in(response) {
        return;
    }
    let found = Found::NONE.look(produces, response, true);
    if found.unsure || found.certain == 1 {
        return;
    }
    let message = Message::EMPTY
        .code(request.type_name)
        .text(" is answered by ")
        .code(response.type_name)
        .text("; this handler ");
    if found.certain > 1 {
        message.text("returns it more than once, and whoever asked waits for one answer").fail()
    }
    if found.possible > 0 {
        message
            .text("returns it only sometimes. A refusal is a variant of ")
            .code(response.type_name)
            .text(", a failure is an `Err`")
            .fail()
    }
    message.text("never returns it").fail()
}

/// How often a return type holds the response.
#[derive(Clone, Copy)]
struct Found {
    certain: u32,
    possible: u32,
    unsure: bool,
}

impl Found {
    const NONE: Self = Self { certain: 0, possible: 0, unsure: false };

    const fn look(mut self, produces: &Produces, response: &Contract, certain: bool) -> Self {
        match produces {
            Produces::Nothing => {}
            Produces::One(contract) if is_stand_in(contract) => self.unsure = true,
            Produces::One(contract) if same_event(contract, response) => {
                if certain {
                    self.certain += 1;
                } else {
                    self.possible += 1;
                }
            }
            Produces::One(_) => {}
            Produces::All(parts) => self = self.look_in(parts, response, certain),
            // An enum without variants stands for one whose derive failed.
            Produces::OneOf([]) => self.unsure = true,
            Produces::OneOf(parts) => self = self.look_in(parts, response, false),
            Produces::Maybe(part) => self = self.look(part, response, false),
        }
        self
    }

    const fn look_in(mut self, parts: &[Produces], response: &Contract, certain: bool) -> Self {
        let mut at = 0;
        while at < parts.len() {
            self = self.look(&parts[at], response, certain);
            at += 1;
        }
        self
    }
}

/// `response = ..` names an action result.
#[track_caller]
pub const fn response(request: Contract) {
    if let Some(response) = request.response
        && !is_stand_in(response)
        && response.topic as u8 != EventTopic::ActionResults as u8
    {
        published_elsewhere(
            Message::EMPTY.text("a response travels on "),
            EventTopic::ActionResults,
            response,
        )
    }
}

#[track_caller]
const fn published_elsewhere(message: Message, expected: EventTopic, contract: &Contract) -> ! {
    message
        .code(expected.ident())
        .text(", but ")
        .code(contract.type_name)
        .text(" is published on ")
        .code(contract.topic.ident())
        .fail()
}

const fn topic_of(role: Role) -> Option<EventTopic> {
    match role {
        Role::OnTask => Some(EventTopic::ActionRequests),
        Role::OnResult => Some(EventTopic::ActionResults),
        Role::OnEvent | Role::OnStartup | Role::OnShutdown => None,
    }
}

const fn attribute(role: Role) -> &'static str {
    match role {
        Role::OnEvent => "#[on_event]",
        Role::OnTask => "#[on_task]",
        Role::OnResult => "#[on_result]",
        Role::OnStartup => "#[on_startup]",
        Role::OnShutdown => "#[on_shutdown]",
    }
}

const TOPICS: &str = "`ActionRequests`, `ActionResults`, `BusinessFacts`, `SystemEvents`, `NotificationEvents`, \
                      `PlanEvents`, `TaskEvents`, `BillingEvents`";

#[cfg(test)]
mod tests;
