//! Many handlers in one agent, and many groups on one topic: what each one more costs.
//!
//! `handlers-N` is one agent with N handlers for an event type each, which are published in turn. `groups-N` is N agents with the same
//! handler, so that each of them gets every event. The handler stands in the source once, and in the table as often as is wanted: a
//! thousand functions would only take time to compile.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Context as _, bail, ensure};
use soorma::{
    __private::{Entry, Registered, Registration},
    App, Handlers,
    prelude::*,
};

use crate::{countdown::Countdown, payload::Item, program::Program};

/// Counts an event when the last of the groups has heard it: when all have heard all, all are counted.
struct Heard {
    left: Arc<Countdown>,
    groups: u64,
    heard: AtomicU64,
}

impl Heard {
    fn one(&self) {
        if (self.heard.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.groups) {
            self.left.one();
        }
    }
}

#[on_event(topic = BusinessFacts, event_type = "item")]
async fn hear(event: EventEnvelope, heard: State<Heard>) -> anyhow::Result<()> {
    let item: Item = event.data_as()?;
    ensure!(item.id == 42, "not the item that was sent");
    heard.one();
    Ok(())
}

/// `case` is `handlers-N` or `groups-N`.
pub(crate) async fn start(case: &str, left: Arc<Countdown>) -> anyhow::Result<Program> {
    let (of, count) = case.split_once('-').context("`handlers-N` or `groups-N`")?;
    let count: u64 = count.parse()?;
    let (types, groups) = match of {
        "handlers" => (count, 1),
        "groups" => (1, count),
        _ => bail!("there are `handlers-N` and `groups-N`, and no `{case}`"),
    };
    let names: Arc<[String]> = (0..types).map(|number| format!("item.{number:04}")).collect();
    let handlers = match of {
        "handlers" => times(&names, |registration, name| registration.pattern = name),
        _ => {
            let agents: Vec<String> = (0..groups).map(|number| format!("agent-{number:04}")).collect();
            let pattern: &'static str = names[0].clone().leak();
            times(&agents, |registration, agent| {
                registration.pattern = pattern;
                registration.agent = Some(agent);
            })
        }
    };
    let heard = Heard { left, groups, heard: AtomicU64::new(0) };
    let app = App::builder("bench").handlers(handlers).state(heard).start().await?;
    let bus = app.bus();
    Ok(Program::new(app, move |events| publish(bus.clone(), names.clone(), events)))
}

/// The handler once for each name, which `set` puts where it belongs.
fn times(names: &[String], set: impl Fn(&mut Registration, &'static str)) -> Handlers {
    let entry = |name: &String| -> &'static [Entry] {
        let entries = hear::ENTRIES.iter().copied().map(|mut entry| {
            if let Entry::Handler(registration) = &mut entry {
                set(registration, name.clone().leak());
            }
            entry
        });
        entries.collect::<Vec<_>>().leak()
    };
    Handlers::from_entries(&names.iter().map(entry).collect::<Vec<_>>())
}

async fn publish(bus: Bus, names: Arc<[String]>, events: u64) -> anyhow::Result<()> {
    for name in names.iter().cycle().take(usize::try_from(events)?) {
        bus.event(BusinessFacts, name.as_str()).data(Item::ONE).publish().await?;
    }
    Ok(())
}
