//! The macros, re-exported: their documentation stands here, so that its examples run.

/// Says what a type promises when it travels as the data of an event.
///
/// ```
/// use soorma::prelude::*;
///
/// /// Set stock aside for an order.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(
///     topic = ActionRequests,
///     event_type = "inventory.reserve",
///     response = InventoryReserved,
///     key = sku,
///     example = ReserveInventory { order_id: "7".into(), sku: "apple".into() },
/// )]
/// struct ReserveInventory {
///     order_id: String,
///     sku: String,
/// }
///
/// /// Stock was set aside.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionResults, event_type = "inventory.reserved")]
/// struct InventoryReserved {
///     order_id: String,
///     left: u32,
/// }
///
/// let contract = ReserveInventory::CONTRACT;
/// assert_eq!(contract.event_type, "inventory.reserve");
/// assert_eq!(contract.description, "Set stock aside for an order.");
/// assert_eq!(contract.response.map(|response| response.type_name), Some("InventoryReserved"));
/// assert_eq!(ReserveInventory::examples()[0].sku, "apple");
/// ```
///
/// A struct or an enum, without generic parameters; it also needs serde's `Serialize` and `Deserialize`, and
/// schemars' `JsonSchema`. The doc comment is the description in the catalogue. A handler can take the type
/// (`Event<OrderPlaced>`) and return it.
///
/// # Arguments of `#[event]`
/// - `topic`: one of the eight; always written out.
/// - `event_type`: 1 to 8 segments of `[a-z0-9_-]`, joined by dots, 128 bytes at most.
/// - `response = Type`: with `ActionRequests`: the payload, on `ActionResults`, of the answer.
/// - `key = field`: events with equal keys are handled in the order in which they were stored, by handlers that
///   say `ordered`. The field is an [`OrderKey`](crate::OrderKey); in a tuple it is `key = 0`.
/// - `when_to_use = ".."`, `not_when = ".."`: when somebody who has the choice, a language model for one, should publish it, and when not.
/// - `effects = None`, `Reversible` or `Destructive`: what acting on it does to the world. Nothing said promises nothing.
/// - `tags = ["..", ".."]`: words that it can be found by.
/// - `example = expression`: a sample for the catalogue; an expression of the type, so the compiler checks it. It may come several times.
/// - `version = 2`: the version of the schema, from 1 on. Within a version a schema may only change in ways that break nobody.
/// - `crate = path`: where `soorma` is, when it goes by another name.
///
/// One `#[event]` a type: a type is one event.
pub use soorma_macros::EventPayload;
/// Makes an enum of payloads something that a handler can return: one of its events is published.
///
/// ```
/// use soorma::prelude::*;
/// # #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// # #[event(topic = BusinessFacts, event_type = "order.accepted")]
/// # struct OrderAccepted { order_id: String }
/// # #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// # #[event(topic = NotificationEvents, event_type = "order.questioned")]
/// # struct OrderQuestioned { order_id: String, reason: String }
/// # #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// # #[event(topic = BusinessFacts, event_type = "order.placed")]
/// # struct OrderPlaced { order_id: String, quantity: u32 }
///
/// #[derive(Outputs)]
/// enum Decision {
///     Accepted(OrderAccepted),
///     Questioned(OrderQuestioned),
///     Ignored,
/// }
///
/// #[on_event]
/// async fn decide(order: Event<OrderPlaced>) -> Decision {
///     let order_id = order.order_id.clone();
///     match order.quantity {
///         0 => Decision::Ignored,
///         1..=100 => Decision::Accepted(OrderAccepted { order_id }),
///         _ => Decision::Questioned(OrderQuestioned { order_id, reason: "so many?".into() }),
///     }
/// }
/// ```
///
/// Each variant holds one payload, or something else that a handler can return; one that holds nothing publishes
/// nothing. `#[outputs(crate = path)]` says where `soorma` is, when it goes by another name.
pub use soorma_macros::Outputs;
/// Starts the agents of this program: command line, logging, signals and exit code included.
///
/// ```no_run
/// use soorma::prelude::*;
///
/// # struct Stock;
/// /// Processes orders.
/// #[soorma::main(name = "order-processor")]
/// async fn main(app: AppBuilder) -> anyhow::Result<AppBuilder> {
///     Ok(app.state(Stock))
/// }
/// ```
///
/// The function configures the app and gives it back, as `AppBuilder` or as `Result<AppBuilder, E>`. Where there is
/// nothing to configure, `async fn main() {}` is enough. The doc comment is what `--help` says of the program.
///
/// # Arguments
/// - `name`: the agent that handlers belong to where they name none: 1 to 64 of `[a-z0-9_-]`.
/// - `handlers_in = [my_agents]`: crates with handlers. One that nothing in the program names is not linked, **the
///   `src/lib.rs` of the same package included**, and its handlers are not there.
/// - `crate = path`: where `soorma` is, when it goes by another name.
#[cfg(feature = "main")]
pub use soorma_macros::main;
/// Makes a function a handler of events.
///
/// ```
/// use soorma::prelude::*;
/// # #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// # #[event(topic = ActionRequests, event_type = "inventory.reserve")]
/// # struct ReserveInventory { order_id: String }
///
/// /// A customer placed an order.
/// #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = BusinessFacts, event_type = "order.placed")]
/// struct OrderPlaced {
///     order_id: String,
/// }
///
/// // What a handler returns is published before its event is acknowledged.
/// #[on_event(topic = BusinessFacts, event_type = "order.placed", retry(max = 3, backoff = "1s..1m"))]
/// async fn handle_order(order: Event<OrderPlaced>) -> anyhow::Result<ReserveInventory> {
///     Ok(ReserveInventory { order_id: order.order_id.clone() })
/// }
///
/// // By pattern, and for two agents.
/// #[on_event(topic = BusinessFacts, event_type = ">", agent = "audit")]
/// #[on_event(topic = BillingEvents, event_type = ">", agent = "audit")]
/// async fn audit(event: EventEnvelope) {
///     println!("{} {}", event.id, event.event_type);
/// }
/// ```
///
/// What does not agree does not compile:
///
/// ```compile_fail,E0080
/// use soorma::prelude::*;
/// # #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// # #[event(topic = BusinessFacts, event_type = "order.placed")]
/// # struct OrderPlaced { order_id: String }
///
/// // this handler listens for `order.shipped`, but `OrderPlaced` is the payload of `order.placed`
/// #[on_event(topic = BusinessFacts, event_type = "order.shipped")]
/// async fn handle_order(order: Event<OrderPlaced>) {}
/// ```
///
/// On free `async fn`s. The function stays a function: a test calls it (`Event::new(..)` makes the argument).
///
/// Arguments are what implements [`FromDelivery`](crate::FromDelivery), any number of them in any order; one at
/// most carries the payload. What it returns implements [`IntoOutputs`](crate::IntoOutputs).
///
/// # Arguments
/// - `topic`, `event_type`: what is heard. Either may be left out where the payload type says it; where both stand,
///   they are compared by the compiler. `event_type` may be a pattern: `order.*` is one more segment, `order.>` one
///   or more, `>` is every event type.
/// - `agent = "audit"`: whose handler it is; otherwise the agent's that the program names.
/// - `retry(max = 5, backoff = "1s..1m")`: attempts in all, and the first and the longest pause between them.
/// - `timeout = "5m"`: how long one attempt may take.
/// - `concurrency = 8`: how many run at once in one instance.
/// - `ordered`: events with one key one at a time, in the order in which they were stored.
/// - `broadcast`: every instance hears every event, for as long as it lives; not with `ordered`, `from`, `retry` or
///   `was` or `outputs`.
/// - `from = "start"` or `"now"`: where a new agent starts: with what the topic still holds, or with what comes.
/// - `name = "audit"`: tells two handlers of one event apart. `was = ".."`: the name that it had before.
/// - `outputs = "recorded"`: what a run returns is stored, all of it as one record, before it is published; should the event come again, the
///   record is published, and the function is not called. For functions that return something else each time, such as
///   a model's list. It costs a look into the store and two writes for each event; what is published through a
///   [`Bus`](crate::Bus) is not recorded.
/// - `produces(OrderPlaced, OrderShipped)`: what it publishes through a [`Bus`](crate::Bus).
/// - `crate = path`: where `soorma` is, when it goes by another name.
///
/// Beside the function stands a type of the same name, for [`handlers!`](crate::handlers): a module of that name in
/// the same scope does not compile.
pub use soorma_macros::on_event;
/// Makes a function a handler of answers to the requests of its own agent.
///
/// ```
/// use soorma::prelude::*;
///
/// #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionResults, event_type = "inventory.reserved")]
/// struct InventoryReserved {
///     left: u32,
/// }
///
/// #[on_result]
/// async fn reserved(result: TaskResult<InventoryReserved>) -> anyhow::Result<()> {
///     let reserved = result.into_result()?;
///     println!("{} left", reserved.left);
///     Ok(())
/// }
/// ```
///
/// Its arguments are those of [`on_event`], but for `broadcast`; the topic is `ActionResults`, and `event_type` no
/// pattern. Who wants to hear every answer, whoever it is addressed to, writes
/// `#[on_event(topic = ActionResults, ..)]`.
pub use soorma_macros::on_result;
/// Runs a function once when its agent stops, after the last event.
///
/// ```
/// use soorma::prelude::*;
///
/// #[on_shutdown]
/// async fn say_goodbye() {
///     println!("goodbye");
/// }
/// ```
///
/// Its arguments are those of [`on_startup`].
pub use soorma_macros::on_shutdown;
/// Runs a function once when its agent starts, before the first event.
///
/// ```
/// use soorma::prelude::*;
///
/// # #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// # #[event(topic = SystemEvents, event_type = "stock.opened")]
/// # struct StockOpened {}
/// #[on_startup(agent = "inventory")]
/// async fn open(bus: Bus) -> anyhow::Result<StockOpened> {
///     Ok(StockOpened {})
/// }
/// ```
///
/// It takes what needs no event, and what it returns is published. The arguments are `agent = ".."` and
/// `crate = path`.
pub use soorma_macros::on_startup;
/// Makes a function the one that answers requests.
///
/// ```
/// use soorma::prelude::*;
///
/// # #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// # #[event(topic = ActionResults, event_type = "inventory.reserved")]
/// # struct InventoryReserved { left: u32 }
/// #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionRequests, event_type = "inventory.reserve", response = InventoryReserved)]
/// struct ReserveInventory {
///     quantity: u32,
/// }
///
/// #[on_task(event_type = "inventory.reserve", timeout = "30s")]
/// async fn reserve(task: Task<ReserveInventory>) -> anyhow::Result<InventoryReserved> {
///     Ok(InventoryReserved { left: 100 - task.quantity })
/// }
/// ```
///
/// It returns the response that the request declares, always and once: a refusal is a variant of the response, a
/// failure is an `Err`. Its arguments are those of [`on_event`], but for `broadcast`; the topic is
/// `ActionRequests`, and `event_type` no pattern.
pub use soorma_macros::on_task;

/// A list of handlers and hooks by name, for tests and for two apps in one process.
///
/// ```
/// use soorma::prelude::*;
///
/// mod orders {
///     use soorma::prelude::*;
///
///     #[on_event(topic = BusinessFacts, event_type = "order.>")]
///     pub async fn audit(event: EventEnvelope) {}
/// }
///
/// #[on_startup]
/// async fn open() {}
///
/// let handlers = soorma::handlers![orders::audit, open];
/// ```
///
/// Without it an app has every handler that is linked.
#[macro_export]
macro_rules! handlers {
    ($($handler:path),* $(,)?) => {
        $crate::Handlers::from_entries(&[$(<$handler as $crate::__private::Registered>::ENTRIES),*])
    };
}
