//! `hello` on `ruststream`, in memory.

use ruststream::memory::prelude::*;
use serde::{Deserialize, Serialize};

/// Somebody says hello.
#[derive(Debug, Serialize, Deserialize, Outgoing)]
#[outgoing(name = "greeting.sent")]
struct Greeting {
    text: String,
}

#[subscriber("greeting.sent")]
async fn hear(greeting: &Greeting) -> HandlerOutcome {
    println!("{}", greeting.text);
    HandlerOutcome::ack()
}

#[ruststream::app]
fn app() -> impl App {
    RustStream::new(AppInfo::new("hello", "0.0.0")).with_broker(MemoryBroker::new(), |b| {
        b.include(hear);
        b.after_startup(Publish, async move |publisher| {
            let greeting = Greeting { text: "Hello, agents!".to_owned() };
            publisher.message(&greeting).publish().await
        });
    })
}
