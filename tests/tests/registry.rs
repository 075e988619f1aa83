//! Who finds whom: what agents register, for how long, and what is refused.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use soorma::{
    App, Catalogue, EventDefinition, StartError,
    broker::memory::MemoryBroker,
    handlers,
    prelude::*,
    registry::{Refusal, RegisterError, Registry},
    store::{Key, Store, memory::MemoryStore},
    testing::{TestApp, TestBed},
};
use soorma_tests::stores::Severable;

/// A customer placed an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(
    topic = BusinessFacts,
    event_type = "order.placed",
    tags = ["orders", "shop"],
    when_to_use = "An order was paid.",
    not_when = "It was only put into the basket.",
    effects = None,
    example = OrderPlaced { order_id: "o1".into() },
)]
struct OrderPlaced {
    /// Which one.
    order_id: String,
}

/// Set stock aside.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve", response = InventoryReserved, version = 3)]
struct ReserveInventory {
    order_id: String,
}

/// Stock was set aside.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.reserved", version = 2)]
struct InventoryReserved {
    order_id: String,
}

/// Asks for stock.
#[on_event]
async fn order(order: Event<OrderPlaced>) -> ReserveInventory {
    ReserveInventory { order_id: order.into_payload().order_id }
}

#[on_result]
async fn reserved(_result: TaskResult<InventoryReserved>) {}

#[on_task(agent = "inventory")]
async fn reserve(task: Task<ReserveInventory>) -> InventoryReserved {
    InventoryReserved { order_id: task.order_id.clone() }
}

#[on_event(agent = "audit", topic = ActionResults, event_type = ">")]
async fn audit(_event: EventEnvelope) {}

fn orders() -> soorma::AppBuilder {
    App::builder("orders").handlers(handlers![order, reserved])
}

fn inventory() -> soorma::AppBuilder {
    App::builder("inventory").handlers(handlers![reserve])
}

fn is_actionable(catalogue: &Catalogue, event: &str) -> bool {
    catalogue.is_actionable(catalogue.event(event).unwrap())
}

#[tokio::test]
async fn what_agents_take_and_publish_is_registered_with_everything_that_is_said_of_it() {
    let app = TestApp::start(orders()).await.unwrap();
    let catalogue = app.registry().catalogue().await.unwrap();
    let names: Vec<_> = catalogue.events().map(|event| &*event.event_name).collect();
    assert_eq!(names, ["inventory.reserve", "inventory.reserved", "order.placed"]);

    let placed = catalogue.event("order.placed").unwrap();
    assert_eq!(**placed, EventDefinition::of::<OrderPlaced>());
    assert_eq!(
        (&*placed.when_to_use, &placed.tags[..]),
        ("An order was paid.", &["orders".into(), "shop".into()][..])
    );
    assert_eq!(placed.examples, [serde_json::json!({"order_id": "o1"})]);
    let described = placed.payload.schema.pointer("/properties/order_id/description").unwrap();
    assert_eq!(described, "Which one.");

    let reserve = catalogue.event("inventory.reserve").unwrap();
    let response = reserve.response.as_ref().unwrap();
    assert_eq!((&*response.event_name, response.payload.version), ("inventory.reserved", 2));
    assert_eq!(response.payload.schema, catalogue.schemas("InventoryReserved", 2).next().unwrap().schema);

    let agent = catalogue.agents().next().unwrap();
    assert_eq!((&*agent.name, agent.capabilities.len()), ("orders", 2));
    assert!(agent.consumes(placed) && agent.produces(reserve));
    assert_eq!(catalogue.produced_by("orders").count(), 1);
    assert_eq!(catalogue.on_topic(ActionRequests).count(), 1);
}

#[tokio::test]
async fn only_what_a_living_agent_hears_from_everyone_is_actionable() {
    let bed = TestBed::new();
    let first = bed.start(orders()).await.unwrap();
    let catalogue = first.registry().catalogue().await.unwrap();
    assert!(is_actionable(&catalogue, "order.placed"));
    assert!(!is_actionable(&catalogue, "inventory.reserve"), "nobody is there to do it");
    assert!(!is_actionable(&catalogue, "inventory.reserved"), "its agent hears only its own answers");

    let mut watch = first.registry().watch().await.unwrap();
    let second = bed.start(inventory()).await.unwrap();
    bed.clock().advance(Duration::ZERO).await;
    assert!(is_actionable(&watch.next().await.unwrap(), "inventory.reserve"));
    let observer = bed.start(App::builder("audit").handlers(handlers![audit])).await.unwrap();
    bed.clock().advance(Duration::ZERO).await;
    let catalogue = first.registry().catalogue().await.unwrap();
    assert!(is_actionable(&catalogue, "inventory.reserved"), "a pattern counts");

    // Withdrawn at once by who stops, at the end of the lease where the process died, and kept while it lives.
    second.shutdown().await;
    observer.kill();
    bed.clock().advance(Duration::from_secs(15)).await;
    let catalogue = first.registry().catalogue().await.unwrap();
    assert!(!is_actionable(&catalogue, "inventory.reserve"));
    assert!(is_actionable(&catalogue, "inventory.reserved"), "its lease has not ended");
    bed.clock().advance(Duration::from_secs(16)).await;
    let catalogue = first.registry().catalogue().await.unwrap();
    assert!(!is_actionable(&catalogue, "inventory.reserved"), "its lease has ended");
    bed.clock().advance(Duration::from_secs(3600)).await;
    let catalogue = first.registry().catalogue().await.unwrap();
    assert!(is_actionable(&catalogue, "order.placed"), "its agent lives");
    assert!(catalogue.event("inventory.reserve").is_some(), "definitions stay");
}

/// The same event as `OrderPlaced`, by somebody else.
mod changed {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
    #[event(topic = BusinessFacts, event_type = "order.placed")]
    pub(crate) struct OrderPlaced {
        order_id: String,
        customer: String,
    }

    #[on_event(agent = "billing")]
    pub(crate) async fn same_version(_order: Event<OrderPlaced>) {}

    pub(crate) mod newer {
        use super::super::*;

        /// A customer placed an order.
        #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
        #[event(topic = BusinessFacts, event_type = "order.placed", version = 2)]
        pub(crate) struct OrderPlaced {
            order_id: String,
            customer: String,
        }

        #[on_event(agent = "billing")]
        pub(crate) async fn next_version(_order: Event<OrderPlaced>) {}
    }

    pub(crate) mod moved {
        use super::super::*;

        #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
        #[event(topic = NotificationEvents, event_type = "order.placed")]
        pub(crate) struct OrderPlaced {
            order_id: String,
        }

        #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
        #[event(topic = BusinessFacts, event_type = "order_placed")]
        pub(crate) struct Alike {
            order_id: String,
        }

        #[on_event]
        pub(crate) async fn other_topic(_order: Event<OrderPlaced>) {}

        #[on_event]
        pub(crate) async fn same_tool(_order: Event<Alike>) {}
    }
}

#[tokio::test]
async fn a_change_that_breaks_agents_is_refused_at_the_start_and_stands_beside_under_a_new_version() {
    let bed = TestBed::new();
    let app = bed.start(orders()).await.unwrap();
    let refused = bed.start(App::builder("billing").handlers(handlers![changed::same_version])).await;
    let Err(StartError::Register(RegisterError::Refused(refusals))) = refused else {
        panic!("{refused:?}");
    };
    let [Refusal::Breaks { event_name, version: 1, differences }] = &refusals[..] else {
        panic!("{refusals:?}");
    };
    assert_eq!((&**event_name, differences.len()), ("order.placed", 1));
    let text = RegisterError::Refused(refusals).to_string();
    assert_eq!(
        text,
        "`order.placed` is registered as version 1 with another schema, and this change breaks agents that run:\n  \
         /customer: `customer` is required now (breaks consumers of the new form)\n  \
         say `#[event(.., version = 2)]`, and it stands beside the old one"
    );

    let newer = App::builder("billing").handlers(handlers![changed::newer::next_version]);
    let _newer = bed.start(newer).await.unwrap();
    bed.clock().advance(Duration::ZERO).await;
    let catalogue = app.registry().catalogue().await.unwrap();
    assert_eq!(catalogue.definitions().filter(|known| known.event_name == "order.placed").count(), 2);
    assert_eq!(catalogue.event("order.placed").unwrap().payload.version, 2);
    let first = catalogue.version("order.placed", 1).unwrap();
    let names: Vec<_> = catalogue.consumers(first).map(|agent| &*agent.name).collect();
    assert_eq!(names, ["orders"], "each hears its version");
}

#[tokio::test]
async fn an_event_has_one_topic_and_a_tool_one_event() {
    let bed = TestBed::new();
    let _app = bed.start(orders()).await.unwrap();
    let moved =
        App::builder("late").handlers(handlers![changed::moved::other_topic, changed::moved::same_tool]);
    let error = bed.start(moved).await.unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(
        lines,
        [
            "`order.placed` is registered on business-facts, and would be on notification-events here: an event has one \
             topic; give one of them another event type",
            "`order_placed` would be the tool `order_placed` for a language model, as `order.placed` is already; give one \
             of them another event type",
        ]
    );
}

#[tokio::test]
async fn an_app_that_is_refused_leaves_nothing_behind() {
    let bed = TestBed::new();
    let events = async |bed: &TestBed| {
        let app = bed.start(App::builder("looks").handlers(handlers![silent])).await.unwrap();
        app.store().list(&Key::from(["registry", "events"])).await.unwrap().len()
    };
    // Refused by each other: the tool would be the same.
    let both = || App::builder("both").handlers(handlers![order, changed::moved::same_tool]);
    for _ in 0..2 {
        let error = bed.start(both()).await.unwrap_err().to_string();
        assert!(error.contains("`order_placed` would be the tool `order_placed`"), "{error}");
        assert!(error.contains("as `order.placed` is already"), "{error}");
    }
    assert_eq!(events(&bed).await, 0);
    let alike = App::builder("late").handlers(handlers![changed::moved::same_tool]);
    bed.start(alike).await.unwrap().shutdown().await;
    assert_eq!(events(&bed).await, 1);
}

#[on_event(topic = NotificationEvents, event_type = ">")]
async fn silent(_event: EventEnvelope) {}

#[tokio::test]
async fn what_the_store_does_not_keep_is_refused_at_the_start() {
    let clock = soorma::Clock::simulated();
    let store = Arc::new(Severable::new(Arc::new(MemoryStore::new(clock.clone()))));
    let bed = TestBed::with(Arc::new(MemoryBroker::new(clock.clone())), store.clone(), clock);
    store.set_limit(100);
    let error = bed.start(orders()).await.unwrap_err().to_string();
    assert!(error.contains("`inventory.reserve` cannot be registered: "), "{error}");
    assert!(
        error.contains(
            " bytes, and this store takes 100 at the most; all versions of an event are one record"
        )
    );
    assert_eq!(error.lines().count(), 3, "{error}");

    store.set_limit(usize::MAX);
    let key = Key::from(["registry", "events", "order_placed"]);
    store.put(&key, b"by somebody else".to_vec(), None).await.unwrap();
    let error = bed.start(orders()).await.unwrap_err().to_string();
    assert!(
        error.starts_with("`order.placed` cannot be registered: `registry/events/order_placed` does not")
    );
}

#[tokio::test]
async fn a_restart_changes_nothing_and_a_version_can_be_forgotten() {
    let bed = TestBed::new();
    let app = bed.start(orders()).await.unwrap();
    let key = Key::from(["registry", "events", "order_placed"]);
    let before = app.store().get(&key).await.unwrap().unwrap().revision;
    app.shutdown().await;
    let app = bed.start(orders()).await.unwrap();
    assert_eq!(app.store().get(&key).await.unwrap().unwrap().revision, before);
    assert!(app.registry().forget("order.placed", 1).await.unwrap());
    assert!(!app.registry().forget("order.placed", 1).await.unwrap());
    bed.clock().advance(Duration::ZERO).await;
    assert!(app.registry().catalogue().await.unwrap().event("order.placed").is_none());
}

#[tokio::test]
async fn an_agent_starts_without_its_registry_and_registers_when_that_is_back() {
    let clock = soorma::Clock::simulated();
    let store = Arc::new(Severable::new(Arc::new(MemoryStore::new(clock.clone()))));
    let bed = TestBed::with(Arc::new(MemoryBroker::new(clock.clone())), store.clone(), clock.clone());
    store.set_away(true);
    let app = bed.start(inventory()).await.unwrap();
    let answer = app.ask(ReserveInventory { order_id: "o1".into() }).await.unwrap();
    assert_eq!(answer.order_id, "o1");
    assert!(app.registry().catalogue().await.is_err());
    clock.advance(Duration::from_secs(60)).await;

    store.set_away(false);
    clock.advance(Duration::from_secs(5)).await;
    let catalogue = app.registry().catalogue().await.unwrap();
    assert!(is_actionable(&catalogue, "inventory.reserve"));

    // Away for longer than the lease: gone, and back.
    let observer = Registry::new(store.clone(), clock.clone());
    let mut watch = observer.watch().await.unwrap();
    store.set_away(true);
    clock.advance(Duration::from_secs(40)).await;
    assert!(!is_actionable(&watch.next().await.unwrap(), "inventory.reserve"));
    store.set_away(false);
    clock.advance(Duration::from_secs(5)).await;
    assert!(is_actionable(&watch.next().await.unwrap(), "inventory.reserve"));
    app.shutdown().await;
    assert_eq!(store.list(&Key::from(["registry", "agents"])).await.unwrap(), []);
}
