//! What the client reports of its connection, and what the server forbids.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_nats::{Event, ServerError};
use tokio::sync::watch;

/// How many refusals of the server are remembered.
const REFUSALS: usize = 64;

/// What changes while a connection lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Which connection this is: the first one, the second one.
    pub(super) epoch: u64,
    pub(super) connected: bool,
    /// How often the server refused something.
    pub(super) refused: u64,
}

/// The server forbids a subject; it says so, but not in answer to what.
pub(super) struct Refusal {
    pub(super) number: u64,
    pub(super) subject: String,
}

/// Takes note of what the client reports.
pub(super) struct Events {
    pub(super) report: watch::Sender<State>,
    pub(super) refusals: Arc<Mutex<VecDeque<Refusal>>>,
}

impl Events {
    pub(super) fn note(&self, event: Event) {
        match event {
            Event::Connected => self.report.send_modify(|state| {
                state.epoch += 1;
                state.connected = true;
            }),
            Event::Disconnected | Event::Closed => self.report.send_modify(|state| state.connected = false),
            Event::ServerError(ServerError::Other(text)) => self.refused(&text),
            _ => {}
        }
    }

    fn refused(&self, text: &str) {
        tracing::warn!(error = text, "the server reports an error");
        let publish = text.to_lowercase().contains("permissions violation for publish");
        let Some(subject) = text.split('"').nth(1).filter(|_| publish) else { return };
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let number = refusals.back().map_or(0, |refusal| refusal.number) + 1;
        refusals.push_back(Refusal { number, subject: subject.to_owned() });
        if refusals.len() > REFUSALS {
            refusals.pop_front();
        }
        drop(refusals);
        self.report.send_modify(|state| state.refused = number);
    }
}
