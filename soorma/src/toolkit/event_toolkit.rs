//! The toolkit of an agent: discovers events, checks payloads, publishes what was checked.

use std::sync::Arc;

use serde_json::Value;
use soorma_common::{EventDefinition, EventTopic};

use super::{InvalidPayload, Offer, ValidatedPayload};
use crate::{
    Bus,
    broker::Published,
    bus::Draft,
    error::BusError,
    extract::{FromDelivery, NoPayload},
    handler::Incoming,
    registry::Registry,
    store::StoreError,
};

/// Discovers events at run time, checks payloads against their definitions, and publishes what was checked. A handler gets
/// it as an argument.
///
/// ```
/// use serde_json::json;
/// use soorma::{handlers, prelude::*, testing::TestApp};
///
/// /// Set stock aside for an order.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionRequests, event_type = "inventory.reserve")]
/// struct ReserveInventory { sku: String, quantity: u32 }
///
/// #[on_event(agent = "inventory")]
/// async fn reserve(request: Event<ReserveInventory>) {}
///
/// #[on_event(topic = BusinessFacts, event_type = "order.placed")]
/// async fn plan(order: EventEnvelope, toolkit: EventToolkit) -> anyhow::Result<()> {
///     let found = toolkit.discover_actionable_events(ActionRequests).await?;
///     assert_eq!(found[0].event_name, "inventory.reserve");
///     let offer = toolkit.offer(found);
///     toolkit.publish(offer.validate("inventory.reserve", json!({"sku": "apple", "quantity": 3}))?).await?;
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let app = TestApp::start(App::builder("planner").handlers(handlers![plan, reserve])).await?;
/// app.bus().event(BusinessFacts, "order.placed").publish().await?;
/// app.settle().await?;
/// assert_eq!(app.published::<ReserveInventory>()[0].quantity, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct EventToolkit {
    bus: Bus,
    registry: Registry,
}

impl EventToolkit {
    /// The toolkit of whoever publishes through this bus, with the registry of its app.
    #[must_use]
    pub fn new(bus: Bus) -> Self {
        let registry = bus.services().registry.clone();
        Self { bus, registry }
    }

    /// The events of a topic, by event type, in the version that an agent consumes now, or else in the newest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the registry has not been read yet, and cannot be.
    pub async fn discover_events(&self, topic: EventTopic) -> Result<Vec<Arc<EventDefinition>>, StoreError> {
        Ok(self.registry.catalogue().await?.on_topic(topic).cloned().collect())
    }

    /// Those of them that an agent that lives now consumes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the registry has not been read yet, and cannot be.
    pub async fn discover_actionable_events(
        &self,
        topic: EventTopic,
    ) -> Result<Vec<Arc<EventDefinition>>, StoreError> {
        let catalogue = self.registry.catalogue().await?;
        let found = catalogue.on_topic(topic).filter(|definition| catalogue.is_actionable(definition));
        Ok(found.cloned().collect())
    }

    /// The events that have a word of the text, at most `k`, the best first: a ranking that needs no network. What an event is
    /// not for (`not_when`) finds nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the registry has not been read yet, and cannot be.
    pub async fn search(&self, text: &str, k: usize) -> Result<Vec<Arc<EventDefinition>>, StoreError> {
        Ok(self.registry.catalogue().await?.search(text, k))
    }

    /// One event, in the version that an agent consumes now, or else in the newest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the registry has not been read yet, and cannot be.
    pub async fn event(&self, event_name: &str) -> Result<Option<Arc<EventDefinition>>, StoreError> {
        Ok(self.registry.catalogue().await?.event(event_name).cloned())
    }

    /// A fixed set of events to choose from, for example some of those that were discovered.
    #[must_use]
    pub fn offer(&self, definitions: impl IntoIterator<Item = Arc<EventDefinition>>) -> Offer {
        Offer::new(definitions)
    }

    /// Checks data that shall be published as an event: any event of the registry. For a choice among some, make an
    /// [`offer`](Self::offer).
    ///
    /// # Errors
    /// [`InvalidPayload`], with all violations at once.
    pub async fn validate(&self, event_name: &str, data: Value) -> Result<ValidatedPayload, InvalidPayload> {
        let catalogue = self.registry.catalogue().await?;
        let Some(definition) = catalogue.event(event_name) else {
            let known = catalogue.events().map(|definition| &*definition.event_name);
            return Err(InvalidPayload::not_offered(event_name, known));
        };
        Offer::new([definition.clone()]).validate(event_name, data)
    }

    /// Publishes what was checked, on the topic of its definition; returns once it is stored. It has no order key: which
    /// field that is, only the payload type knows.
    ///
    /// A request published like this is answered to everyone, on its declared response.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn publish(&self, payload: ValidatedPayload) -> Result<Published, BusError> {
        self.draft(&payload).publish().await
    }

    /// Sends what was checked as a request whose answer is addressed to this agent, durable, and heard by its `#[on_result]`;
    /// gives the id of the request.
    ///
    /// # Errors
    /// [`BusError`]; [`BusError::NoResponse`] for an event that declares none.
    pub async fn request(&self, payload: ValidatedPayload) -> Result<String, BusError> {
        self.draft(&payload).request().await
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.bus
    }

    pub(crate) fn draft(&self, payload: &ValidatedPayload) -> Draft {
        let definition = payload.definition();
        let draft = self
            .bus
            .event(definition.topic, &*definition.event_name)
            .data(payload.data())
            .schema_name(&*definition.payload.name);
        match &definition.response {
            Some(response) => draft.response_event(&*response.event_name),
            None => draft,
        }
    }
}

impl FromDelivery for EventToolkit {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self::new(incoming.bus()))
    }
}
