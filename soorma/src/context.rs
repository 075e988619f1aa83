//! Everything that surrounds an event, in one argument.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Bus, Memory,
    broker::DeadLetters,
    registry::Registry,
    store::{Key, Records, Store},
};

/// Everything that surrounds an event: the bus, the memory, the store, the app.
#[derive(Clone, Debug)]
pub struct Context {
    bus: Bus,
}

impl Context {
    pub(crate) fn new(bus: Bus) -> Self {
        Self { bus }
    }

    /// The bus; what is published through it descends from the event that is being handled.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// What this agent remembers for the tenant of the event.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let event = self.bus.parent().map(AsRef::as_ref);
        Memory::new(self.bus.services().store.clone(), event, self.bus.agent())
    }

    /// Records of one type, shared by all agents, under a name of your own.
    #[must_use]
    pub fn records<T: Serialize + DeserializeOwned>(&self, name: &str) -> Records<T> {
        Records::new(self.bus.services().store.clone(), Key::from(["records", name]))
    }

    /// Which events there are, and which agents live.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.bus.services().registry
    }

    /// The store, for what the typed views do not offer.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.bus.services().store.as_ref()
    }

    /// The events that could not be handled.
    #[must_use]
    pub fn dead_letters(&self) -> &dyn DeadLetters {
        self.bus.services().broker.dead_letters()
    }

    /// The agent that the handler belongs to.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.bus.agent()
    }

    /// Asks the app to stop: what runs is finished, then the program ends.
    pub fn shutdown(&self) {
        self.bus.services().stop.send_replace(true);
    }
}
