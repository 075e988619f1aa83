use std::panic::{UnwindSafe, catch_unwind};

use soorma_common::{EventDefinition, Place};

use super::*;

const fn contract(topic: EventTopic, event_type: &'static str, type_name: &'static str) -> Contract {
    fn definition() -> EventDefinition {
        panic!("no check asks for the definition")
    }
    Contract {
        topic,
        event_type,
        type_name,
        description: "",
        response: None,
        keyed: false,
        place: Place { module: "", file: "", line: 0 },
        definition,
    }
}

const PLACED: Contract = contract(EventTopic::BusinessFacts, "order.placed", "OrderPlaced");
const RESERVED: Contract = contract(EventTopic::ActionResults, "inventory.reserved", "InventoryReserved");
const RESERVE: Contract = Contract {
    response: Some(&RESERVED),
    ..contract(EventTopic::ActionRequests, "inventory.reserve", "ReserveInventory")
};
/// What a derive that failed leaves behind.
const STAND_IN: Contract = contract(EventTopic::BusinessFacts, "", "Broken");

const fn carries(contract: Contract, roles: Roles) -> Arg {
    Arg { carries: true, contract: Some(contract), roles }
}

const EVENT: &[Arg] = &[carries(PLACED, Roles::ON_EVENT)];
const TASK: &[Arg] = &[carries(RESERVE, Roles::ON_TASK)];
const ENVELOPE: &[Arg] = &[Arg { carries: false, contract: None, roles: Roles::EVENTS }];

/// The message; empty where the check has nothing to say.
fn told(check: impl FnOnce() + UnwindSafe) -> String {
    catch_unwind(check).err().and_then(|panic| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[test]
fn an_argument_under_the_wrong_attribute_is_told_what_to_take() {
    assert_eq!(told(|| argument(Role::OnTask, TASK, 0, "Task<ReserveInventory>")), "");
    assert_eq!(
        told(|| argument(Role::OnEvent, TASK, 0, "Task<ReserveInventory>")),
        "`Task<ReserveInventory>` goes with `#[on_task]`, not with `#[on_event]`; take `Event<ReserveInventory>`"
    );
    assert_eq!(
        told(|| argument(Role::OnStartup, ENVELOPE, 0, "EventEnvelope")),
        "`EventEnvelope` makes no sense under `#[on_startup]`, which has no event"
    );
}

#[test]
fn one_argument_carries_the_payload() {
    let two = &[carries(PLACED, Roles::ON_EVENT), ENVELOPE[0], carries(PLACED, Roles::ON_EVENT)];
    for (index, fails) in [(0, false), (1, false), (2, true)] {
        assert_eq!(!told(|| argument(Role::OnEvent, two, index, "Event<OrderPlaced>")).is_empty(), fails);
    }
}

#[test]
fn a_task_takes_a_request_and_a_result_a_response() {
    let of = |contract, roles| [carries(contract, roles)];
    assert_eq!(
        told(|| argument(Role::OnTask, &of(PLACED, Roles::ON_TASK), 0, "Task<OrderPlaced>")),
        "`#[on_task]` hears `ActionRequests`, but `OrderPlaced` is published on `BusinessFacts`"
    );
    assert_eq!(told(|| argument(Role::OnResult, &of(RESERVED, Roles::ON_RESULT), 0, "")), "");
    assert!(
        told(|| argument(Role::OnResult, &of(RESERVE, Roles::ON_RESULT), 0, "")).contains("`ActionResults`")
    );
}

#[test]
fn topics_are_compared_and_one_is_known() {
    assert_eq!(told(|| topic(Some(EventTopic::BusinessFacts), true, EVENT)), "");
    assert_eq!(
        told(|| topic(Some(EventTopic::BillingEvents), true, EVENT)),
        "this handler hears `BillingEvents`, but `OrderPlaced` is published on `BusinessFacts`"
    );
    assert!(told(|| topic(None, true, ENVELOPE)).starts_with("on which topic?"));
    assert_eq!(told(|| topic(None, false, ENVELOPE)), "", "`event_type` tells both");
}

#[test]
fn event_types_are_compared_and_one_is_known() {
    assert_eq!(told(|| event_type(Role::OnEvent, Some("order.placed"), true, EVENT)), "");
    assert_eq!(
        told(|| event_type(Role::OnEvent, Some("order.shipped"), true, EVENT)),
        "this handler listens for `order.shipped`, but `OrderPlaced` is the payload of `order.placed`"
    );
    assert!(told(|| event_type(Role::OnEvent, Some("order.*"), true, EVENT)).contains("is a pattern"));
    assert_eq!(told(|| event_type(Role::OnEvent, Some("order.*"), true, ENVELOPE)), "");
    assert!(told(|| event_type(Role::OnEvent, None, true, ENVELOPE)).ends_with("add `event_type = \"..\"`"));
    assert!(told(|| event_type(Role::OnEvent, None, false, &[])).contains("`topic = ..` and `event_type"));
}

#[test]
fn a_task_returns_its_response_always_and_once() {
    const YES: Produces = Produces::One(RESERVED);
    const NO: Produces = Produces::One(PLACED);
    for (produces, ending) in [
        (YES, ""),
        (Produces::All(&[NO, YES, Produces::Maybe(&NO)]), ""),
        (Produces::Nothing, "never returns it"),
        (NO, "never returns it"),
        (Produces::All(&[YES, YES]), "whoever asked waits for one answer"),
        (Produces::Maybe(&YES), "a failure is an `Err`"),
        (Produces::OneOf(&[YES, NO]), "a failure is an `Err`"),
        (Produces::All(&[YES, Produces::One(STAND_IN)]), ""),
        (Produces::OneOf(&[]), ""),
    ] {
        let message = told(|| answers(&produces, TASK));
        assert_eq!(message.is_empty(), ending.is_empty(), "{produces:?}: {message}");
        assert!(message.ends_with(ending), "{produces:?}: {message}");
    }
}

#[test]
fn order_needs_a_key_and_a_response_its_topic() {
    assert!(told(|| ordered(Role::OnEvent, EVENT)).contains("`OrderPlaced` names none"));
    let keyed = [carries(Contract { keyed: true, ..PLACED }, Roles::ON_EVENT)];
    assert_eq!(told(|| ordered(Role::OnEvent, &keyed)), "");
    assert_eq!(told(|| ordered(Role::OnEvent, ENVELOPE)), "");
    assert_eq!(told(|| response(RESERVE)), "");
    assert!(
        told(|| response(Contract { response: Some(&PLACED), ..RESERVE })).starts_with("a response travels")
    );
}

#[test]
fn a_payload_whose_derive_failed_is_passed_over_in_silence() {
    let broken = [carries(STAND_IN, Roles::ON_TASK)];
    assert_eq!(told(|| argument(Role::OnTask, &broken, 0, "Task<Broken>")), "");
    assert_eq!(told(|| topic(Some(EventTopic::BillingEvents), true, &broken)), "");
    assert_eq!(told(|| event_type(Role::OnTask, Some("a.b"), true, &broken)), "");
    assert_eq!(told(|| event_type(Role::OnTask, None, true, &broken)), "");
    assert_eq!(told(|| answers(&Produces::Nothing, &broken)), "");
    assert_eq!(told(|| ordered(Role::OnTask, &broken)), "");
}
