//! A module in which nothing is what it is called elsewhere: neither types, nor functions, nor crates.

#![allow(
    clippy::missing_docs_in_private_items,
    dead_code,
    unused_macros,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "names are taken on purpose"
)]

use ::soorma::{on_event, on_startup, on_task, Event, EventPayload, Outputs, Task};

/// Modules named like crates.
pub mod soorma {}
/// As above.
pub mod std {}
/// As above.
pub mod core {}
/// As above.
pub mod alloc {}
/// As above.
pub mod inventory {}
/// As above.
pub mod anyhow {}

struct Option;
struct Result;
struct String;
struct Vec;
struct Box;
struct Send;
struct Sync;
struct Self_;
struct Contract;
struct EventTopic;
struct IntoOutputs;
struct FromDelivery;
struct Registered;
struct Parts;
struct Default;

const fn Ok() {}
const fn Err() {}
const fn Some() {}
const fn boxed() {}
const fn check() {}
const None: () = ();
const PARTS: () = ();
const CONTRACT: () = ();
const PRODUCES: () = ();
const outputs: () = ();
const incoming: () = ();
const startup: () = ();
const argument_0: () = ();
const example: () = ();

macro_rules! nothing {
    ($($name:ident)*) => {$(
        macro_rules! $name { () => {}; }
    )*};
}

nothing!(concat file env module_path line vec format panic);

/// A payload by the name of a type that everybody has.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "shadowed.string", key = this, example = Self { this: 1 })]
#[non_exhaustive]
pub struct Payload {
    /// How many are left.
    pub this: i32,
}

/// A request.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "shadowed.request", response = Topic)]
#[non_exhaustive]
pub struct Request {
    /// Any.
    pub number: i32,
}

/// An answer.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "shadowed.answer")]
#[non_exhaustive]
pub struct Topic {
    /// The same.
    pub number: i32,
}

/// An enum with the variants of others.
#[derive(Clone, Copy, Debug, Outputs)]
#[non_exhaustive]
pub enum Either {
    /// One.
    Ok(Payload),
    /// None.
    None,
}

/// Counts down.
#[on_event(
    agent = "a",
    name = "n",
    was = "m",
    retry(max = 2, backoff = "1s..2s"),
    timeout = "1s",
    concurrency = 2,
    from = "now",
    ordered,
    produces(Payload)
)]
pub async fn order_key(out: Event<Payload>) -> Either {
    if out.this == 0 {
        Either::None
    } else {
        Either::Ok(Payload { this: out.this.saturating_sub(1) })
    }
}

/// Answers.
#[on_task]
pub async fn call(ty: Task<Request>) -> Topic {
    Topic { number: ty.number }
}

/// By the name of a program's function.
#[on_startup(agent = "a")]
pub async fn main() {}

/// The type beside a handler has its name: a constant of it may be elsewhere.
pub mod r#mod {
    use ::soorma::{on_event, Event};

    /// A handler by a raw name, in a module by a raw name, with an argument by a raw name.
    #[on_event(topic = BusinessFacts, agent = "raw")]
    pub async fn r#match(r#type: Event<super::Payload>) {
        drop(r#type);
    }
}

/// Primitive types, where no payload is: what serde's derive writes needs them.
pub mod primitives {
    use ::soorma::{on_event, Event};

    struct u8;
    struct u32;
    struct u64;
    struct usize;
    struct bool;
    struct str;

    #[on_event(agent = "primitive", retry(max = 2, backoff = "1s..2s"), concurrency = 2)]
    /// Hears it.
    pub async fn number(event: Event<super::Payload>) -> super::Either {
        let _this = event.into_payload();
        super::Either::None
    }
}
