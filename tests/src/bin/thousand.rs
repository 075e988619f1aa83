//! A program for the signal test: has a thousand events in hand, says so, and tells at its end what became of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    Clock,
    broker::{Broker, Drifted, Hears, Kind, Start, SubscriptionId, SubscriptionSpec, memory::MemoryBroker},
    prelude::*,
};
use soorma_tests::{Happened, Noted};

const EVENTS: u32 = 1_000;

struct Count {
    started: AtomicU32,
    finished: AtomicU32,
    broker: Arc<dyn Broker>,
}

#[on_startup]
async fn publish(bus: Bus) -> anyhow::Result<()> {
    // Some more than can run at once: they are handed back.
    for number in 0..EVENTS + 500 {
        bus.publish(Happened::number(number)).await?;
    }
    Ok(())
}

#[on_event(concurrency = 1_000)]
async fn take_a_while(thing: Event<Happened>, count: State<Count>) -> Noted {
    if count.started.fetch_add(1, Ordering::SeqCst) + 1 == EVENTS {
        println!("in flight");
    }
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    count.finished.fetch_add(1, Ordering::SeqCst);
    Noted { number: thing.number, note: String::new() }
}

#[on_shutdown]
async fn report(count: State<Count>) -> anyhow::Result<()> {
    let id = |agent: &str, pattern: &str| SubscriptionId {
        agent: agent.into(),
        topic: BusinessFacts,
        pattern: pattern.into(),
        name: String::new(),
    };
    let outputs = SubscriptionSpec {
        id: id("reader", "thing.noted"),
        patterns: vec!["thing.noted".parse()?],
        hears: Hears::Everyone,
        kind: Kind::Group { start: Start::Beginning, ordered: false, was: None },
        lease: Duration::from_secs(30),
    };
    count.broker.provision(std::slice::from_ref(&outputs), Drifted::Keep).await?;
    let stored = count.broker.backlog(&[outputs.id]).await?.waiting;
    let left = count.broker.backlog(&[id("thousand", "thing.happened")]).await?;
    println!(
        "started {} finished {} outputs {stored} left {} in hand {}",
        count.started.load(Ordering::SeqCst),
        count.finished.load(Ordering::SeqCst),
        left.waiting,
        left.in_flight,
    );
    Ok(())
}

/// Takes a thousand events in hand and waits for a signal.
#[soorma::main(name = "thousand")]
async fn main(app: AppBuilder) -> AppBuilder {
    let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::new(Clock::system()));
    let count = Count { started: AtomicU32::new(0), finished: AtomicU32::new(0), broker: broker.clone() };
    app.broker(broker).state(count)
}
