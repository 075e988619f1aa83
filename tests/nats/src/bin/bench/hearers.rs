//! Handlers, as many as are wanted: one function, and an event type for each.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use soorma::{
    __private::{Entry, Registered, Registration},
    Handlers,
    prelude::{EventEnvelope, State, on_event},
};
use tokio::sync::watch;

/// What is published.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    /// In nanoseconds since 1970.
    sent: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    filler: String,
}

impl Item {
    /// An item of about so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Self { sent: now(), filler: "x".repeat(bytes.saturating_sub(45)) }
    }
}

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Heard {
    work: Duration,
    /// How many events were handled.
    pub(crate) handled: watch::Sender<u64>,
    /// From publishing to handling; nothing is added while it is `None`.
    latencies: Mutex<Option<Vec<Duration>>>,
}

impl Heard {
    pub(crate) fn new(work: Duration) -> Self {
        Self { work, handled: watch::Sender::new(0), latencies: Mutex::new(None) }
    }

    /// Waits until so many were handled.
    pub(crate) async fn reaches(&self, count: u64) {
        // The sender is here.
        let _ = self.handled.subscribe().wait_for(|handled| *handled >= count).await;
    }

    /// Begins anew, and gives what there was.
    pub(crate) fn latencies(&self) -> Vec<Duration> {
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        latencies.replace(Vec::new()).unwrap_or_default()
    }
}

#[on_event(topic = BusinessFacts, event_type = "bench", from = "start", concurrency = 16)]
async fn hear(event: EventEnvelope, heard: State<std::sync::Arc<Heard>>) -> anyhow::Result<()> {
    let item: Item = serde_json::from_str(event.data.get())?;
    if let Some(latencies) = heard.latencies.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        latencies.push(Duration::from_nanos(now().saturating_sub(item.sent)));
    }
    if !heard.work.is_zero() {
        tokio::time::sleep(heard.work).await;
    }
    heard.handled.send_modify(|handled| *handled += 1);
    Ok(())
}

/// The event type of the handler with this number.
pub(crate) fn event_type(number: usize) -> String {
    format!("bench.{number:03}")
}

/// So many handlers of one agent, with an event type each.
pub(crate) fn hearers(count: usize) -> Handlers {
    times(count, |registration, number| registration.pattern = event_type(number).leak())
}

/// So many agents with a handler each, all for the first event type.
pub(crate) fn groups(count: usize) -> Handlers {
    times(count, |registration, number| {
        registration.pattern = event_type(0).leak();
        registration.agent = Some(format!("group-{number:02}").leak());
    })
}

/// The handler so often, with what `set` changes. Written down as the macro does it: two hundred functions would only take time to
/// compile.
fn times(count: usize, set: impl Fn(&mut Registration, usize)) -> Handlers {
    let mut entries: Vec<&'static [Entry]> = Vec::with_capacity(count);
    for number in 0..count {
        for entry in hear::ENTRIES {
            let mut entry = *entry;
            if let Entry::Handler(registration) = &mut entry {
                set(registration, number);
            }
            entries.push(vec![entry].leak());
        }
    }
    Handlers::from_entries(&entries)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
