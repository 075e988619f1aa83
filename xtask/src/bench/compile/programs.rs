//! The two programs. They do the same with the same types, so that what is left between them is the macros:
//!
//! - the payloads have the same derives of serde and schemars, and every one is decoded by the handler that takes
//!   it and encoded by the one that returns it; serde is instantiated for all of them, in both programs;
//! - a handler is an `async fn` that takes one payload and returns the next; its future is boxed; a failure to
//!   decode, its own error and a failure to encode are all reported;
//! - there is a catalogue: topic, event type, name, description and JSON Schema of every payload.
//!
//! By hand there are no retries, no leases, no lineage and no path inside the data that did not fit.

use std::path::Path;

/// One program.
#[derive(Clone, Copy)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) manifest: fn(&Path) -> String,
    pub(super) source: fn(usize) -> String,
}

/// By hand, and with soorma.
pub(super) const PROGRAMS: [Program; 2] = [
    Program { name: "by-hand", manifest: by_hand_manifest, source: by_hand },
    Program { name: "with-soorma", manifest: with_soorma_manifest, source: with_soorma },
];

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        r#"[package]
name = "{name}"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
anyhow = "1"
schemars = "1"
serde = {{ version = "1", features = ["derive"] }}
{dependencies}"#
    )
}

fn by_hand_manifest(_root: &Path) -> String {
    let dependencies = "serde_json = { version = \"1\", features = [\"raw_value\"] }\n\
                        tokio = { version = \"1\", features = [\"rt-multi-thread\"] }\n";
    manifest("by-hand", dependencies)
}

fn with_soorma_manifest(root: &Path) -> String {
    manifest("with-soorma", &format!("soorma = {{ path = {:?} }}\n", root.join("soorma")))
}

/// The fields of a payload: those of the README's.
const FIELDS: &str = "{ order_id: String, sku: String, quantity: u32 }";
const NAMES: &str = "{ order_id, sku, quantity }";

/// Who hears `Order{i}` publishes the next one, and the last the first.
fn next(i: usize, count: usize) -> usize {
    (i + 1) % count
}

fn with_soorma(count: usize) -> String {
    let mut source = String::from("//! With soorma.\n\nuse soorma::prelude::*;\n");
    for i in 0..count {
        let next = next(i, count);
        source += &format!(
            r#"
/// A customer placed an order of kind {i}.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order_{i}.placed")]
struct Order{i} {FIELDS}

#[on_event(topic = BusinessFacts, event_type = "order_{i}.placed")]
async fn handle_{i}(order: Event<Order{i}>) -> anyhow::Result<Order{next}> {{
    let Order{i} {NAMES} = order.into_payload();
    Ok(Order{next} {NAMES})
}}
"#
        );
    }
    source + "\n#[soorma::main(name = \"orders\")]\nasync fn main() {}\n"
}

fn by_hand(count: usize) -> String {
    let mut source = String::from(BY_HAND_HEAD);
    let mut arms = String::new();
    let mut catalogue = String::new();
    for i in 0..count {
        let next = next(i, count);
        source += &format!(
            r#"
/// A customer placed an order of kind {i}.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Order{i} {FIELDS}

async fn handle_{i}(order: Order{i}) -> anyhow::Result<Order{next}> {{
    let Order{i} {NAMES} = order;
    Ok(Order{next} {NAMES})
}}
"#
        );
        arms += &format!(
            r#"        ("business-facts", "order_{i}.placed") => {{
            call(event, handle_{i}, "business-facts", "order_{next}.placed")
        }}
"#
        );
        catalogue += &format!(
            r#"    Definition {{
        topic: "business-facts",
        event_type: "order_{i}.placed",
        type_name: "Order{i}",
        description: "A customer placed an order of kind {i}.",
        schema: || schemars::schema_for!(Order{i}).to_value(),
    }},
"#
        );
    }
    source
        + &format!(
            r#"
/// The handler that hears this event, at work; `None` where there is none.
fn dispatch(event: &Envelope) -> Option<Call<'_>> {{
    Some(match (event.topic.as_str(), event.event_type.as_str()) {{
{arms}        _ => return None,
    }})
}}

static CATALOGUE: &[Definition] = &[
{catalogue}];
"#
        )
}

/// What there is once: events as lines of JSON on standard input, and what they lead to on standard output.
const BY_HAND_HEAD: &str = r#"//! By hand.

use std::pin::Pin;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, Value, to_raw_value};

/// An event that arrives.
#[derive(Deserialize)]
struct Envelope {
    topic: String,
    event_type: String,
    data: Box<RawValue>,
}

/// An event to publish.
#[derive(Serialize)]
struct Draft {
    topic: &'static str,
    event_type: &'static str,
    data: Box<RawValue>,
}

/// What the catalogue says of a payload.
struct Definition {
    topic: &'static str,
    event_type: &'static str,
    type_name: &'static str,
    description: &'static str,
    schema: fn() -> Value,
}

type Call<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Draft>> + Send + 'a>>;

/// One helper for all handlers: that is less for the compiler than the same lines in every arm of `dispatch`.
fn call<'a, P, O, F>(
    event: &'a Envelope,
    handle: fn(P) -> F,
    topic: &'static str,
    event_type: &'static str,
) -> Call<'a>
where
    P: DeserializeOwned + Send + 'static,
    O: Serialize,
    F: Future<Output = anyhow::Result<O>> + Send + 'static,
{
    Box::pin(async move {
        let payload = serde_json::from_str(event.data.get())?;
        let output = handle(payload).await?;
        let data = to_raw_value(&output)?;
        Ok(Draft { topic, event_type, data })
    })
}

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("catalogue") {
        for Definition { topic, event_type, type_name, description, schema } in CATALOGUE {
            println!("{topic} {event_type} {type_name}: {description} {}", schema());
        }
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    for line in std::io::stdin().lines() {
        let event: Envelope = serde_json::from_str(&line?)?;
        let Some(call) = dispatch(&event) else { continue };
        match runtime.block_on(call) {
            Ok(draft) => println!("{}", serde_json::to_string(&draft)?),
            Err(error) => eprintln!("{}: {error:#}", event.event_type),
        }
    }
    Ok(())
}
"#;
