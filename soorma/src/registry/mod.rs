//! The registry: which events there are, and which agents that live now consume and produce them.
//!
//! A typed view over the store. Owns what is registered, for how long, and the picture of it that is kept in this
//! process; knows nothing of how events travel, nor of who chooses among them.

mod agent;
mod catalogue;
mod entry;
mod error;
mod heard;
mod known;
mod live;
mod presence;
mod register;

use std::{sync::Arc, time::Duration};

use soorma_common::{EventDefinition, EventTopic};
use tokio::sync::OnceCell;

#[cfg(feature = "toolkit")]
pub(crate) use self::entry::tool_name;
use self::live::Live;
pub(crate) use self::presence::{Presence, Registered};
pub use self::{
    agent::{Capability, EventReference, RegisteredAgent},
    catalogue::Catalogue,
    error::{Refusal, RegisterError},
    live::CatalogueWatch,
};
use crate::{
    clock::Clock,
    race::{First, race},
    store::{Key, Store, StoreError},
};

/// How long somebody who has waited in vain also waits for the reason.
const PATIENCE: Duration = Duration::from_secs(1);

/// Which events there are, and who lives: shared by everyone who uses the same store.
///
/// Agents register by themselves when they start, and are gone when they stop or when their process dies. A handler
/// gets the registry as an argument.
///
/// ```
/// use soorma::{handlers, prelude::*, testing::TestApp};
///
/// /// A customer placed an order.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = BusinessFacts, event_type = "order.placed", tags = ["orders"])]
/// struct OrderPlaced { order_id: String }
///
/// #[on_event]
/// async fn look(order: Event<OrderPlaced>, registry: Registry) -> anyhow::Result<()> {
///     let catalogue = registry.catalogue().await?;
///     let definition = catalogue.event("order.placed").expect("this agent has registered it");
///     assert_eq!(definition.description, "A customer placed an order.");
///     assert!(catalogue.is_actionable(definition), "this agent consumes it");
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let app = TestApp::start(App::builder("orders").handlers(handlers![look])).await?;
/// app.publish(OrderPlaced { order_id: "o1".into() }).await?;
/// app.settle().await?;
/// assert!(app.dead_letters().await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Clock,
    /// From the first question on.
    live: OnceCell<Live>,
}

impl Registry {
    /// The registry in a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self(Arc::new(Inner { store, clock, live: OnceCell::new() }))
    }

    /// What is registered now. The first call reads everything; from then on the picture is kept up to date in this process,
    /// within moments of each change. Cancel safe.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the first call cannot read.
    pub async fn catalogue(&self) -> Result<Arc<Catalogue>, StoreError> {
        Ok(self.live().await?.catalogue())
    }

    /// Tells of every change of the catalogue.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it cannot be read.
    pub async fn watch(&self) -> Result<CatalogueWatch, StoreError> {
        Ok(self.live().await?.watch())
    }

    /// Registers definitions, as agents do when they start: all, or none where one is refused. What is registered
    /// already in the same form is left as it is. Cancelling, or a store that fails, leaves open which of them are
    /// registered; registering them again is safe.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] with every definition that contradicts one that is registered, or another one of these,
    /// or that the store does not keep; [`RegisterError::Store`].
    pub async fn register(&self, definitions: &[EventDefinition]) -> Result<(), RegisterError> {
        register::all(&self.0.store, definitions).await
    }

    /// Forgets one version of an event; true where it was registered. For what nobody produces or consumes any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget(&self, event_name: &str, version: u32) -> Result<bool, StoreError> {
        register::forget(&self.0.store, event_name, version).await
    }

    /// Whether an agent that lives consumes an event, if that can be found out within a second.
    pub(crate) async fn is_consumed(&self, topic: EventTopic, event_name: &str) -> Option<bool> {
        match race(self.catalogue(), self.0.clock.sleep(PATIENCE)).await {
            First::Left(Ok(catalogue)) => {
                // Where nobody is registered, not even an agent of this process, it is not the registry of those that matter.
                catalogue.agents().next()?;
                Some(catalogue.agents().any(|agent| agent.hears_event(topic, event_name)))
            }
            First::Left(Err(_)) | First::Right(()) => None,
        }
    }

    async fn live(&self) -> Result<&Live, StoreError> {
        let inner = &self.0;
        inner.live.get_or_try_init(|| Live::begin(inner.store.clone(), inner.clock.clone())).await
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

/// Where everything lies in the store.
fn root() -> Key {
    Key::from(["registry"])
}

const EVENTS: &str = "events";
const AGENTS: &str = "agents";
