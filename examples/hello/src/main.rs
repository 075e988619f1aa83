//! The smallest program: one event, one handler. `cargo run -p hello`

use soorma::prelude::*;

/// Somebody says hello.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "greeting.sent")]
struct Greeting {
    text: String,
}

#[on_startup]
async fn greet() -> Greeting {
    Greeting { text: "Hello, agents!".to_owned() }
}

#[on_event]
async fn hear(greeting: Event<Greeting>, context: Context) {
    println!("{}", greeting.text);
    context.shutdown();
}

#[soorma::main(name = "hello")]
async fn main() {}
