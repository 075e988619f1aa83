//! A plain program's access: a bus and no more.

use std::{ops::Deref, sync::Arc};

use crate::{
    Bus, broker::Broker, clock::Clock, connect, error::ConnectError, handler::StateMap, services::Services,
    settings::Settings, store::memory::MemoryStore,
};

/// A bus for a program without agents.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// use soorma::{Client, EventTopic::BusinessFacts};
///
/// let client = Client::connect("memory:", "order-import").await?;
/// client.event(BusinessFacts, "order.placed").data(serde_json::json!({"order_id": "o1"})).publish().await?;
/// client.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    bus: Bus,
}

impl Client {
    /// Connects to the broker behind a URL. `name` becomes the `source` of what is published.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(url: &str, name: &str) -> Result<Self, ConnectError> {
        Ok(Self::new((connect::broker(url, &Clock::system()).await?, true), name))
    }

    /// Uses a broker that is there already; it stays open when the client is closed.
    #[must_use]
    pub fn on(broker: Arc<dyn Broker>, name: &str) -> Self {
        Self::new((broker, false), name)
    }

    fn new(broker: (Arc<dyn Broker>, bool), name: &str) -> Self {
        let clock = Clock::system();
        // A client keeps nothing, so its store is never seen.
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let services =
            Services::new(broker, store, clock, StateMap::default(), Settings::default(), None, name);
        Self { bus: Bus::new(Arc::new(services), name.into(), None) }
    }

    /// Ends the connection: what was published is stored, and later calls fail.
    pub async fn close(self) {
        self.bus.services().close().await;
    }
}

impl Deref for Client {
    type Target = Bus;

    fn deref(&self) -> &Bus {
        &self.bus
    }
}
