//! Which tickets there are, and the outcome of each.

use std::collections::{BTreeMap, BTreeSet};

use crate::tickets::{Ticket, TicketHandled};

/// The tickets of one run, by number.
#[derive(Debug, Default)]
pub(crate) struct Board(BTreeMap<u32, Place>);

/// A ticket, and what became of it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) ticket: Ticket,
    pub(crate) handled: Option<TicketHandled>,
    /// The events that told an outcome. An event may come again; two events are one outcome too many.
    told_by: BTreeSet<String>,
}

impl Board {
    pub(crate) fn new(tickets: &[Ticket]) -> Self {
        let place =
            |ticket: &Ticket| Place { ticket: ticket.clone(), handled: None, told_by: BTreeSet::new() };
        Self(tickets.iter().map(|ticket| (ticket.number, place(ticket))).collect())
    }

    /// Writes an outcome down. The first one stands.
    pub(crate) fn handled(&mut self, event_id: &str, handled: TicketHandled) {
        if let Some(place) = self.0.get_mut(&handled.number) {
            place.told_by.insert(event_id.to_owned());
            place.handled.get_or_insert(handled);
        }
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.values()
    }

    pub(crate) fn open(&self) -> usize {
        self.places().filter(|place| place.handled.is_none()).count()
    }

    /// The tickets that have more than one outcome.
    pub(crate) fn twice(&self) -> Vec<u32> {
        self.places().filter(|place| place.told_by.len() > 1).map(|place| place.ticket.number).collect()
    }
}
