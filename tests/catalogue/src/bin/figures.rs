//! What 10,000 definitions cost, as a Markdown table: `cargo xtask bench catalogue` runs it, optimised.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use soorma::{
    EventDefinition, EventTopic, SchemaDefinition,
    toolkit::{
        Index,
        format::{self, ToolStyle},
    },
};

const DEFINITIONS: usize = 10_000;
const ROUNDS: usize = 51;

const THINGS: [&str; 20] = [
    "order", "payment", "parcel", "invoice", "customer", "stock", "refund", "ticket", "account", "report",
    "shipment", "cart", "coupon", "review", "supplier", "contract", "meeting", "task", "document", "alert",
];
const FATES: [&str; 20] = [
    "placed",
    "cancelled",
    "shipped",
    "refunded",
    "created",
    "deleted",
    "updated",
    "approved",
    "rejected",
    "delayed",
    "requested",
    "completed",
    "failed",
    "archived",
    "assigned",
    "merged",
    "split",
    "signed",
    "paid",
    "sent",
];

fn main() {
    let definitions: Vec<_> = (0..DEFINITIONS).map(|at| Arc::new(definition(at))).collect();
    let index = Index::new(definitions.iter().cloned());
    println!("| of {DEFINITIONS} definitions | median of {ROUNDS} |");
    println!("| --- | --- |");
    row("read into an index", || Index::new(definitions.iter().cloned()));
    for text in [
        "refund a customer",
        "shipped parcel region 4711",
        "the customer wants to cancel an order because the shipment is delayed",
        "everybody works hears",
        "nothing of the kind",
    ] {
        row(&format!("search `{text}`"), || index.search(text, 10));
    }
    let few = &definitions[..100];
    row("100 as a prompt", || format::prompt(few));
    row("100 as tools for OpenAI", || format::tools(ToolStyle::OpenAiChat, few));
}

fn row<T>(what: &str, mut run: impl FnMut() -> T) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("| {what} | {:.3} ms |", times[ROUNDS / 2].as_secs_f64() * 1_000.0);
}

fn definition(at: usize) -> EventDefinition {
    let (thing, fate, other) = (THINGS[at % 20], FATES[at / 20 % 20], THINGS[(at / 400 + at) % 20]);
    let schema = json!({"type": "object", "required": ["amount"], "properties": {
        format!("{thing}_id"): {"type": "string", "description": format!("The id of the {thing}")},
        "amount": {"type": "integer", "format": "uint32", "minimum": 0, "description": "In cents"},
        "note": {"type": ["string", "null"]}}});
    EventDefinition {
        event_name: format!("{thing}.{other}_{at}.{fate}"),
        topic: EventTopic::BusinessFacts,
        description: format!(
            "A {thing} was {fate} because of a {other}, in region {at}. Everybody who works with one hears of it."
        ),
        when_to_use: format!("When the {thing} of a {other} is {fate}."),
        not_when: "Never for tests.".to_owned(),
        tags: vec![thing.to_owned(), fate.to_owned()],
        effects: None,
        payload: SchemaDefinition { name: "Payload".to_owned(), version: 1, schema },
        response: None,
        examples: Vec::new(),
    }
}
