//! The list that a return value fills, and the place of each output in the return type.

use soorma_common::{Contract, EventDraft, EventPayload};

/// What one call of a handler returned, ready to be published.
#[derive(Debug, Default)]
pub struct Outputs {
    items: Vec<Output>,
    path: u64,
    in_list: bool,
    deferred: bool,
}

/// One event to publish.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) contract: &'static Contract,
    pub(crate) draft: EventDraft,
    pub(crate) place: Place,
}

/// Where in the return type an output stands.
///
/// Where the type fixes the place, the place alone tells outputs apart, so a second run with another payload adds
/// no second event. In a list it cannot: there the payload tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Fixed { path: u64, before: usize },
    InList,
}

impl Place {
    fn path(self) -> Option<u64> {
        match self {
            Self::Fixed { path, .. } => Some(path),
            Self::InList => None,
        }
    }
}

impl Outputs {
    /// Adds one event.
    ///
    /// # Errors
    /// Where the payload cannot be written as JSON.
    pub fn push<P: EventPayload>(&mut self, payload: &P) -> anyhow::Result<()> {
        self.add(const { &P::CONTRACT }, EventDraft::of(payload)?);
        Ok(())
    }

    /// Apart from `push`, which is compiled for each payload type.
    fn add(&mut self, contract: &'static Contract, draft: EventDraft) {
        let place = if self.in_list {
            Place::InList
        } else {
            // A type of your own may put two at one place; their order tells them apart.
            let before = self.items.iter().filter(|item| item.place.path() == Some(self.path)).count();
            Place::Fixed { path: self.path, before }
        };
        self.items.push(Output { contract, draft, place });
    }

    /// Adds what stands at a fixed place of a compound type: `index` is that of the member, from 0.
    ///
    /// # Errors
    /// What `add` gives.
    pub fn member(
        &mut self,
        index: u8,
        add: impl FnOnce(&mut Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let outer = self.path;
        self.path = outer.wrapping_mul(257).wrapping_add(u64::from(index) + 1);
        let added = add(self);
        self.path = outer;
        added
    }

    /// Adds what stands in a list: any number of events, told apart by their payloads.
    ///
    /// # Errors
    /// What `add` gives.
    pub fn list(&mut self, add: impl FnOnce(&mut Self) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let outer = std::mem::replace(&mut self.in_list, true);
        let added = add(self);
        self.in_list = outer;
        added
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Says that the answer comes later.
    pub(crate) fn defer(&mut self) {
        self.deferred = true;
    }

    pub(crate) fn is_deferred(&self) -> bool {
        self.deferred
    }

    pub(crate) fn into_items(self) -> Vec<Output> {
        self.items
    }
}
