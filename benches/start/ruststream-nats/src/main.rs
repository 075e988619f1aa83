//! `hello` on `ruststream-nats`, by JetStream. The stream, which it does not make, is there.

use ruststream_nats::prelude::*;
use serde::{Deserialize, Serialize};

/// Somebody says hello.
#[derive(Debug, Serialize, Deserialize, Outgoing)]
#[outgoing(name = "by-hand.ruststream")]
struct Greeting {
    text: String,
}

#[subscriber(JetStreamSubject::new("by-hand.ruststream", "by-hand").durable("hello-ruststream"))]
async fn hear(greeting: &Greeting) -> HandlerOutcome {
    println!("{}", greeting.text);
    HandlerOutcome::ack()
}

#[ruststream::app]
fn app() -> impl App {
    let url = std::env::var("SOORMA_BROKER").unwrap_or_default();
    RustStream::new(AppInfo::new("hello", "0.0.0")).with_broker(NatsBroker::new(url), |b| {
        b.include(hear);
        b.after_startup(JetStreamPublish::default(), async move |publisher| {
            let greeting = Greeting { text: "Hello, agents!".to_owned() };
            publisher.message(&greeting).publish().await.map(drop)
        });
    })
}
