//! What the macros write down of functions and types, in the strictest of crates.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
#![deny(unused_qualifications, unused_results)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::redundant_pub_crate)] // it contradicts `unreachable_pub`

use soorma::{
    __private::{Entry, HookRegistration, Options, Registered, Registration, Start},
    IntoOutputs, Produces, Role,
    prelude::*,
    testing::TestApp,
};

/// A customer
/// placed an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", key = customer)]
struct OrderPlaced {
    order_id: String,
    customer: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = soorma::EventTopic::ActionRequests, event_type = "inventory.reserve", response = Reservation)]
struct ReserveInventory {
    order_id: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.reserved")]
#[serde(tag = "kind")]
enum Reservation {
    Reserved { left: u32 },
    OutOfStock,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = NotificationEvents, event_type = "customer.told", key = 0)]
struct CustomerTold(String);

#[derive(Debug, Outputs)]
enum Decision {
    Reserve(ReserveInventory),
    Tell(Vec<CustomerTold>),
    Ignore,
}

fn handler(entry: &Entry) -> &Registration {
    match entry {
        Entry::Handler(registration) => registration,
        Entry::Hook(_) => panic!("a hook"),
    }
}

fn hook(entry: &Entry) -> &HookRegistration {
    match entry {
        Entry::Hook(registration) => registration,
        Entry::Handler(_) => panic!("a handler"),
    }
}

/// Decides.
#[on_event(topic = BusinessFacts, event_type = "order.placed", ordered)]
async fn decide(order: Event<OrderPlaced>) -> anyhow::Result<Decision> {
    Ok(match order.customer {
        Some(1) => Decision::Reserve(ReserveInventory { order_id: order.order_id.clone() }),
        Some(_) => Decision::Tell(vec![CustomerTold(order.order_id.clone()), CustomerTold("again".into())]),
        None => Decision::Ignore,
    })
}

#[on_task]
async fn reserve(task: Task<ReserveInventory>) -> (Reservation, Option<CustomerTold>) {
    let left = u32::try_from(task.order_id.len()).unwrap_or(0);
    if left == 0 { (Reservation::OutOfStock, None) } else { (Reservation::Reserved { left }, None) }
}

#[on_result(
    agent = "orders",
    retry(max = 3, backoff = "1s..1m"),
    timeout = "30s",
    concurrency = 8,
    from = "now",
    name = "one",
    was = "none",
    outputs = "recorded",
    produces(OrderPlaced, CustomerTold)
)]
async fn reserved(_: TaskResult<Reservation>, _: Bus) {}

mod nested {
    use soorma::prelude::*;

    #[soorma::on_event(topic = BusinessFacts, event_type = ">", broadcast)]
    #[on_event(topic = BillingEvents, event_type = "usage.*", agent = "audit", from = "start")]
    #[on_startup(agent = "audit")]
    pub(super) async fn audit(context: Context) {
        drop(context);
    }
}

#[on_event(topic = BusinessFacts, event_type = "order.*")]
async fn r#match(_: Event<serde_json::Value>, EventEnvelope { id, .. }: EventEnvelope) {
    drop(id);
}

#[cfg(any())]
#[on_event(topic = BusinessFacts, event_type = "never")]
async fn left_out() {}

#[on_event(topic = BusinessFacts, event_type = "never")]
#[cfg(any())]
async fn left_out() {}

#[on_shutdown]
async fn close() -> Result<(), std::fmt::Error> {
    Ok(())
}

#[test]
fn a_payload_says_what_it_travels_as() {
    let contract = OrderPlaced::CONTRACT;
    assert_eq!((contract.topic, contract.event_type), (BusinessFacts, "order.placed"));
    assert_eq!((contract.type_name, contract.keyed), ("OrderPlaced", true));
    assert_eq!(contract.description, "A customer\nplaced an order.");
    assert_eq!((contract.definition)().event_name, "order.placed");
    assert!(contract.response.is_none() && !Reservation::CONTRACT.keyed);
    let response = ReserveInventory::CONTRACT.response.unwrap();
    assert_eq!((response.topic, response.type_name), (ActionResults, "Reservation"));
}

#[test]
fn the_key_is_that_of_the_field() {
    let order = |customer| OrderPlaced { order_id: "o-1".into(), customer };
    assert_eq!(order(Some(7)).partition_key().as_deref(), Some("7"));
    assert_eq!(order(None).partition_key(), None);
    assert_eq!(CustomerTold("c".into()).partition_key().as_deref(), Some("c"));
}

#[test]
fn an_enum_of_outputs_publishes_one_of_them() {
    let Produces::OneOf([reserve, tell, ignore]) = Decision::PRODUCES else {
        panic!("{:?}", Decision::PRODUCES)
    };
    assert!(matches!(reserve, Produces::One(contract) if contract.type_name == "ReserveInventory"));
    assert!(matches!(tell, Produces::Maybe(_)) && matches!(ignore, Produces::Nothing));
}

#[test]
fn what_an_attribute_leaves_out_comes_from_the_payload() {
    let [entry] = reserve::ENTRIES else { panic!("one entry") };
    let registration = handler(entry);
    assert_eq!((registration.role, registration.topic), (Role::OnTask, ActionRequests));
    assert_eq!(registration.pattern, "inventory.reserve");
    assert_eq!(registration.consumes.map(|contract| contract.type_name), Some("ReserveInventory"));
    assert_eq!((registration.agent, registration.options), (None, Options::DEFAULT));
    assert!(matches!(registration.produces, Produces::All([Produces::One(_), Produces::Maybe(_)])));
}

#[test]
fn a_handler_is_found_by_its_path_and_line() {
    let registration = handler(&decide::ENTRIES[0]);
    assert_eq!((registration.handler, registration.description), ("macros::decide", "Decides."));
    assert!(registration.file.ends_with("macros.rs"), "{}", registration.file);
    let source = include_str!("macros.rs").lines().nth(registration.line as usize - 1).unwrap();
    assert!(source.starts_with("async fn decide"), "{source}");
    assert_eq!(handler(&r#match::ENTRIES[0]).handler, "macros::match");
    assert!(registration.options.ordered);
}

#[test]
fn all_options_are_written_down() {
    let registration = handler(&reserved::ENTRIES[0]);
    let expected = Options {
        max_attempts: Some(3),
        backoff_ms: Some((1_000, 60_000)),
        timeout_ms: Some(30_000),
        concurrency: Some(8),
        ordered: false,
        broadcast: false,
        from: Some(Start::Now),
        name: "one",
        was: Some("none"),
        recorded: true,
    };
    assert_eq!((registration.options, registration.agent), (expected, Some("orders")));
    let declared: Vec<_> = registration.declared.iter().map(|contract| contract.type_name).collect();
    assert_eq!(declared, ["OrderPlaced", "CustomerTold"]);
}

#[test]
fn a_function_has_an_entry_for_each_attribute() {
    let [everything, billing, startup] = nested::audit::ENTRIES else { panic!("three entries") };
    let (everything, billing, startup) = (handler(everything), handler(billing), hook(startup));
    assert_eq!((everything.topic, everything.pattern, everything.agent), (BusinessFacts, ">", None));
    assert_eq!((billing.topic, billing.pattern, billing.agent), (BillingEvents, "usage.*", Some("audit")));
    assert!(everything.options.broadcast && billing.options.from == Some(Start::Beginning));
    assert_eq!((startup.role, startup.handler), (Role::OnStartup, "macros::nested::audit"));
    assert_eq!(startup.line, everything.line);
    assert_eq!(hook(&close::ENTRIES[0]).role, Role::OnShutdown);
}

#[tokio::test]
async fn a_handler_stays_a_function() {
    let order = OrderPlaced { order_id: "o-1".into(), customer: Some(2) };
    let decision = decide(Event::new(order)).await.unwrap();
    assert!(matches!(decision, Decision::Tell(told) if told.len() == 2));
    let (reservation, _) = reserve(Task::new(ReserveInventory { order_id: String::new() })).await;
    assert!(matches!(reservation, Reservation::OutOfStock));
    close().await.unwrap();
}

#[test]
fn handlers_are_listed_by_path() {
    let handlers = soorma::handlers![decide, nested::audit, close, r#match];
    assert_eq!(format!("{handlers:?}").matches("handler: \"macros::").count(), 6);
}

#[tokio::test]
async fn what_a_handler_returns_is_published() {
    let app = App::builder("orders").handlers(soorma::handlers![decide, reserve]);
    let app = TestApp::start(app).await.unwrap();
    for customer in [None, Some(1), Some(2)] {
        let _ = app.publish(OrderPlaced { order_id: "o-1".into(), customer }).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(app.published::<ReserveInventory>().len(), 1);
    assert!(matches!(app.published::<Reservation>()[..], [Reservation::Reserved { left: 3 }]));
    let told: Vec<_> = app.published::<CustomerTold>().into_iter().map(|told| told.0).collect();
    assert_eq!(told, ["o-1", "again"]);
}

#[tokio::test]
async fn a_handler_may_stand_in_a_function() {
    #[on_startup]
    async fn local() -> Option<CustomerTold> {
        None
    }
    assert_eq!(local::ENTRIES.len(), 1);
    assert!(local().await.is_none());
}

/// A lone star is no mistake.
#[allow(deprecated)]
#[on_event(topic = BusinessFacts, event_type = "*")]
async fn one_segment(_: EventEnvelope) {}

/// Under another name.
mod renamed {
    mod bus {
        pub(super) mod of_ours {
            pub(crate) use soorma::*;
        }
    }

    use bus::of_ours::{Event, EventPayload, Outputs, on_event};

    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema, EventPayload)]
    #[event(topic = BusinessFacts, event_type = "c.d", crate = self::bus::of_ours)]
    struct Payload {}

    #[derive(Debug, Outputs)]
    #[outputs(crate = bus::of_ours)]
    enum Either {
        Payload(Payload),
    }

    #[on_event(crate = crate::renamed::bus::of_ours)]
    async fn handle(event: Event<Payload>) -> Either {
        Either::Payload(event.into_payload())
    }
}

/// Written by a macro of the user's.
mod generated {
    use soorma::{__private::Registered, prelude::*};

    macro_rules! echo {
        ($name:ident, $payload:ident, $field:ident, $event:literal, $topic:ident, $out:ty) => {
            #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
            #[event(topic = $topic, event_type = $event, key = $field)]
            struct $payload {
                $field: String,
                other: u8,
            }

            #[on_event(topic = $topic, event_type = $event, ordered)]
            async fn $name(event: Event<$payload>, bus: Bus) -> $out {
                drop((event, bus));
            }
        };
    }

    echo!(first, First, key, "macro.first", BusinessFacts, ());

    macro_rules! fixed {
        () => {
            #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
            #[event(topic = BusinessFacts, event_type = "macro.second", key = hidden, crate = $crate::generated::s)]
            struct Second {
                hidden: String,
            }

            #[on_event(crate = $crate::generated::s)]
            async fn second(event: Event<Second>) {
                drop(event);
            }
        };
    }

    mod s {
        pub(crate) use soorma::*;
    }

    fixed!();

    macro_rules! annotate {
        ($handler:item) => {
            #[on_event(topic = BusinessFacts, event_type = "macro.third")]
            $handler
        };
    }

    annotate! {
        #[on_startup]
        async fn third() {}
    }

    #[test]
    fn an_item_that_a_macro_takes_has_its_siblings() {
        assert_eq!(third::ENTRIES.len(), 2);
    }

    #[test]
    fn keys_of_generated_types_are_found() {
        assert_eq!(Second { hidden: "k".into() }.partition_key().as_deref(), Some("k"));
        assert_eq!(First { key: "k".into(), other: 0 }.partition_key().as_deref(), Some("k"));
    }
}
