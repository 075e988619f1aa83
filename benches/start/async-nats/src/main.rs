//! `hello` by hand: one event stored in a stream, and one durable consumer that hears it.

use async_nats::jetstream::{self, consumer::pull, stream};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

/// Somebody says hello.
#[derive(Debug, Serialize, Deserialize)]
struct Greeting {
    text: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let client = async_nats::connect(std::env::var("SOORMA_BROKER")?).await?;
    let context = jetstream::new(client);
    let stream = context
        .get_or_create_stream(stream::Config {
            name: "by-hand".to_owned(),
            subjects: vec!["by-hand.*".to_owned()],
            ..Default::default()
        })
        .await?;
    let config = pull::Config {
        durable_name: Some("hello".to_owned()),
        filter_subject: "by-hand.greeting".to_owned(),
        ..Default::default()
    };
    let consumer = stream.get_or_create_consumer("hello", config).await?;
    let mut messages = consumer.messages().await?;
    let greeting = Greeting { text: "Hello, agents!".to_owned() };
    context.publish("by-hand.greeting", serde_json::to_vec(&greeting)?.into()).await?.await?;
    while let Some(message) = messages.next().await {
        let message = message?;
        hear(serde_json::from_slice(&message.payload)?);
        message.ack().await.map_err(anyhow::Error::from_boxed)?;
    }
    Ok(())
}

fn hear(greeting: Greeting) {
    println!("{}", greeting.text);
}
