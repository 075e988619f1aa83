//! What the macros write, printed and compared with the files in `snapshots/`: a change of generated code is seen
//! in review. `UPDATE_SNAPSHOTS=1 cargo test -p soorma-macros` writes the files anew.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Meta;

use crate::{
    function::Item,
    handler::{self, Role},
    main_fn,
};

/// Compares the expansion of `source`, an item under one of our attributes or derives, with the file.
fn snapshot(name: &str, source: &str) {
    let source = source.trim();
    let expanded = syn::parse2(expand(source)).unwrap();
    let input: String =
        source.lines().map(|line| format!("// {line}").trim_end().to_owned() + "\n").collect();
    let found = format!("{input}\n{}", prettyplease::unparse(&expanded));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name).with_extension("rs");
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&file, &found).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    if let Some((line, difference)) = difference(&expected, &found) {
        panic!(
            "the expansion has changed at snapshots/{name}.rs:{line}:\n{difference}\n\
             if that is meant: UPDATE_SNAPSHOTS=1 cargo test -p soorma-macros"
        );
    }
}

fn expand(source: &str) -> TokenStream {
    let mut item = Item::new(source.parse().unwrap());
    // rustc takes the attribute off the item, wherever it stands among the others.
    let attribute = item.attrs.iter().position(|attr| !attr.path().is_ident("doc")).unwrap();
    let attribute = item.attrs.remove(attribute);
    let args = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let macro_name = attribute.path().segments.last().unwrap().ident.to_string();
    let function = item.to_token_stream();
    match macro_name.as_str() {
        "on_event" => handler::entry(Role::Event, args, function),
        "on_task" => handler::entry(Role::Task, args, function),
        "on_result" => handler::entry(Role::Result, args, function),
        "on_startup" => handler::entry(Role::Startup, args, function),
        "on_shutdown" => handler::entry(Role::Shutdown, args, function),
        "main" => main_fn::entry(args, function),
        "derive" if args.to_string() == "EventPayload" => crate::event_payload::entry(function),
        "derive" => crate::outputs::entry(function),
        other => panic!("`{other}` is no macro of ours"),
    }
}

/// The lines that are not the same, without those before and after that are; and the number of the first.
fn difference(expected: &str, found: &str) -> Option<(usize, String)> {
    if expected == found {
        return None;
    }
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let before = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let (expected, found) = (&expected[before..], &found[before..]);
    let after = expected.iter().rev().zip(found.iter().rev()).take_while(|(a, b)| a == b).count();
    let lines = |sign: char, lines: &[&str]| -> String {
        lines[..lines.len() - after].iter().map(|line| format!("{sign} {line}\n")).collect()
    };
    Some((before + 1, lines('-', expected) + &lines('+', found)))
}

#[test]
fn a_difference_is_told_without_what_is_the_same() {
    assert_eq!(difference("a\nb\nc\n", "a\nb\nc\n"), None);
    assert_eq!(difference("a\nb\nc\n", "a\nx\ny\nc\n"), Some((2, "- b\n+ x\n+ y\n".into())));
    assert_eq!(difference("a\nb\n", "a\n"), Some((2, "- b\n".into())));
}

#[test]
fn on_event() {
    snapshot(
        "on_event",
        r#"
#[on_event(topic = BusinessFacts, event_type = "order.placed")]
async fn handle(order: Event<OrderPlaced>) -> anyhow::Result<ReserveInventory> {}
"#,
    );
}

#[test]
fn on_event_by_pattern() {
    snapshot(
        "on_event_by_pattern",
        r#"
/// Writes everything down.
#[on_event(topic = BusinessFacts, event_type = ">")]
pub(crate) async fn audit(event: EventEnvelope, context: Context, log: State<Log>) {}
"#,
    );
}

#[test]
fn on_task() {
    snapshot(
        "on_task",
        r#"
#[on_task(timeout = "30s")]
async fn reserve(task: Task<ReserveInventory>, stock: State<Stock>) -> anyhow::Result<InventoryReserved> {}
"#,
    );
}

#[test]
fn on_result() {
    snapshot(
        "on_result",
        r"
#[on_result]
async fn reserved(result: TaskResult<InventoryReserved>) {}
",
    );
}

#[test]
fn on_startup() {
    snapshot(
        "on_startup",
        r#"
#[on_startup(agent = "inventory")]
async fn open(bus: Bus) -> anyhow::Result<StockOpened> {}
"#,
    );
}

#[test]
fn on_shutdown() {
    snapshot(
        "on_shutdown",
        r"
#[on_shutdown]
async fn close() {}
",
    );
}

#[test]
fn two_attributes() {
    snapshot(
        "two_attributes",
        r#"
#[on_event(agent = "audit", topic = BusinessFacts, event_type = ">")]
#[on_task(agent = "inventory", event_type = "inventory.count")]
async fn both(event: EventEnvelope) {}
"#,
    );
}

#[test]
fn every_option() {
    snapshot(
        "every_option",
        r#"
#[on_event(
    topic = BusinessFacts,
    event_type = "order.placed",
    agent = "audit",
    retry(max = 5, backoff = "1s..1m"),
    timeout = "30s",
    concurrency = 8,
    ordered,
    from = "start",
    name = "audit",
    was = "log",
    outputs = "recorded",
    produces(OrderNoted, OrderShipped),
)]
#[cfg(feature = "audit")]
async fn handle(order: Event<OrderPlaced>) {}
"#,
    );
}

#[test]
fn options_that_contradict() {
    snapshot(
        "options_that_contradict",
        r#"
#[on_event(broadcast, from = "now")]
async fn handle(order: Event<OrderPlaced>) {}
"#,
    );
}

#[test]
fn renamed_crate() {
    snapshot(
        "renamed_crate",
        r"
#[on_event(crate = bus::framework)]
async fn handle(order: Event<OrderPlaced>) {}
",
    );
}

#[test]
fn handler_with_mistakes() {
    snapshot(
        "handler_with_mistakes",
        r#"
#[on_event(topic = BusinesFacts, event_type = "Order Placed")]
pub fn handle(order: Event<OrderPlaced>) {}
"#,
    );
}

#[test]
fn main() {
    snapshot(
        "main",
        r#"
/// Processes orders.
#[soorma::main(name = "order-processor", handlers_in = [my_agents])]
async fn main() {}
"#,
    );
}

#[test]
fn main_with_app() {
    snapshot(
        "main_with_app",
        r#"
#[soorma::main(name = "order-processor")]
async fn main(app: AppBuilder) -> anyhow::Result<AppBuilder> {
    Ok(app.state(Stock))
}
"#,
    );
}

#[test]
fn main_with_mistakes() {
    snapshot(
        "main_with_mistakes",
        r"
#[soorma::main]
async fn main() {}
",
    );
}

#[test]
fn event_payload() {
    snapshot(
        "event_payload",
        r#"
/// A customer placed an order.
#[derive(EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed")]
struct OrderPlaced {
    order_id: String,
}
"#,
    );
}

#[test]
fn event_payload_request() {
    snapshot(
        "event_payload_request",
        r#"
#[derive(EventPayload)]
#[event(
    topic = ActionRequests,
    event_type = "inventory.reserve",
    response = InventoryReserved,
    key = sku,
    when_to_use = "An order was placed.",
    not_when = "The order was cancelled.",
    effects = Reversible,
    tags = ["stock", "orders"],
    version = 2,
    example = ReserveInventory { sku: "apple".into() },
    example = ReserveInventory { sku: "pear".into() },
)]
struct ReserveInventory {
    sku: String,
}
"#,
    );
}

#[test]
fn event_payload_with_mistakes() {
    snapshot(
        "event_payload_with_mistakes",
        r#"
#[derive(EventPayload)]
#[event(topic = ActionRequest, event_type = "inventory.reserve", response = InventoryReserved)]
struct ReserveInventory {
    sku: String,
}
"#,
    );
}

#[test]
fn outputs() {
    snapshot(
        "outputs",
        r"
#[derive(Outputs)]
enum Decision {
    Accepted(OrderAccepted),
    Ignored,
}
",
    );
}

#[test]
fn outputs_with_mistakes() {
    snapshot(
        "outputs_with_mistakes",
        r"
#[derive(Outputs)]
enum Decision {
    Accepted { order: OrderAccepted },
}
",
    );
}
