//! What the programs do, which all are this one: a client that publishes without end, an agent that answers each event with
//! one of its own, and one that hears both. They write down what a broker promised them. Each ends when its standard input
//! does.

use std::{io::Read, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use soorma::{
    BoxFuture, Clock,
    broker::{Broker, Publication, PublishError, Published, Receipt, SettleError},
    connect, handlers,
    prelude::*,
};
use soorma_conformance::front::{About, Front, Hooks};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    TICK,
    notes::{Notes, Seen},
};

/// For how long a delivery is one agent's.
pub(crate) const LEASE: Duration = Duration::from_secs(3);

/// How many publications a publisher has on their way at once.
const CALLERS: u64 = 8;

/// How many deliveries may be waiting or in hand when more is published: enough for every agent, and soon done.
const BEHIND: u64 = 500;

/// What publishers publish.
pub(crate) const PLACED: &str = "parcel.placed";

/// What the packer publishes for each.
pub(crate) const PACKED: &str = "parcel.packed";

/// A parcel was placed.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "parcel.placed")]
struct Placed {
    number: u64,
    /// So that the envelope is as large as many are.
    text: String,
}

/// A parcel was packed.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "parcel.packed")]
struct Packed {
    number: u64,
}

#[on_event(agent = "packer")]
async fn pack(
    placed: Event<Placed>,
    event: EventEnvelope,
    notes: State<Arc<Notes>>,
) -> anyhow::Result<Packed> {
    notes.note(Seen::Handled, &event.event_type, &event.id)?;
    Ok(Packed { number: placed.number })
}

#[on_event(agent = "audit", topic = BusinessFacts, event_type = "parcel.>")]
async fn audit(event: EventEnvelope, notes: State<Arc<Notes>>) -> anyhow::Result<()> {
    Ok(notes.note(Seen::Handled, &event.event_type, &event.id)?)
}

/// Writes down what the broker says.
struct Witness(Arc<Notes>);

impl Witness {
    fn note(&self, what: Seen, event: &EventEnvelope) {
        // What cannot be written down cannot be counted: a program that goes on would make the count wrong.
        if let Err(error) = self.0.note(what, &event.event_type, &event.id) {
            eprintln!("nothing can be written down: {error}");
            std::process::abort();
        }
    }
}

impl Hooks for Witness {
    fn publish<'a>(
        &'a self,
        good: &'a Arc<dyn Broker>,
        batch: Vec<Publication>,
    ) -> BoxFuture<'a, Vec<Result<Published, PublishError>>> {
        Box::pin(async move {
            let events: Vec<_> = batch.iter().map(|publication| publication.event.clone()).collect();
            let results = good.publish(batch).await;
            for (event, _) in events.iter().zip(&results).filter(|(_, result)| result.is_ok()) {
                self.note(Seen::Confirmed, event);
            }
            results
        })
    }

    fn ack<'a>(&'a self, good: &'a dyn Receipt, about: &'a About) -> BoxFuture<'a, Result<(), SettleError>> {
        Box::pin(async move {
            good.ack().await?;
            self.note(Seen::Acknowledged, &about.event);
            Ok(())
        })
    }
}

/// `program ROLE URL NOTES`
pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut next = || args.next().context("Usage: chaos_power program ROLE URL NOTES");
    let (role, url, notes) = (next()?, next()?, next()?);
    let notes = Arc::new(Notes::open(Path::new(&notes))?);
    let broker = connect::broker(&url, &Clock::system()).await?;
    let broker: Arc<dyn Broker> = Arc::new(Front::new(broker, Arc::new(Witness(notes.clone()))));
    match role.as_str() {
        "publisher" => publish(&broker).await?,
        "packer" | "audit" => {
            let app = App::builder("parcels").handlers(handlers![pack, audit]).agents([role]);
            let app = app.broker(broker.clone()).store_url(url).state(notes.clone()).lease(LEASE);
            let app = app.start().await?;
            notes.ready()?;
            end_of_input().await?;
            app.shutdown().await;
        }
        _ => bail!("no role `{role}`"),
    }
    broker.close().await;
    Ok(())
}

/// Publishes until the end of the input, with a pause only where the agents are behind.
async fn publish(broker: &Arc<dyn Broker>) -> anyhow::Result<()> {
    let client = Client::on(broker.clone(), "publisher");
    let (say, pace) = watch::channel(Pace::Go);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (bus, mut pace) = (Bus::clone(&client), pace.clone());
        callers.spawn(async move {
            let mut number = caller;
            while *pace.wait_for(|pace| *pace != Pace::Wait).await? == Pace::Go {
                bus.publish(Placed { number, text: "x".repeat(200) }).await?;
                number += CALLERS;
            }
            anyhow::Ok(())
        });
    }
    let groups = broker.durables().await?;
    let mut end = std::pin::pin!(end_of_input());
    loop {
        tokio::select! {
            read = &mut end => break read?,
            // None ends before it is told to, but by an error.
            Some(ended) = callers.join_next() => return ended?,
            () = tokio::time::sleep(TICK) => {
                let behind = broker.backlog(&groups).await?.total() > BEHIND;
                say.send_replace(if behind { Pace::Wait } else { Pace::Go });
            }
        }
    }
    say.send_replace(Pace::End);
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(())
}

/// What publishers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Go,
    Wait,
    End,
}

async fn end_of_input() -> anyhow::Result<()> {
    tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await??;
    Ok(())
}
