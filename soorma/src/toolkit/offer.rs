//! A fixed set of events that somebody may choose from.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use soorma_common::{EventDefinition, id};

use super::{InvalidPayload, SchemaError, ValidatedPayload, Validator};

/// A fixed set of events that somebody, a language model for one, may choose from: what is not offered cannot be
/// published through it, whatever the answer says.
///
/// ```
/// use serde_json::json;
/// use soorma::{EventDefinition, prelude::*, toolkit::Offer};
///
/// /// Set stock aside for an order.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionRequests, event_type = "inventory.reserve", effects = Reversible)]
/// struct ReserveInventory { sku: String, quantity: u32 }
///
/// let offer = Offer::new([EventDefinition::of::<ReserveInventory>().into()]);
/// let payload = offer.validate("inventory.reserve", json!({"sku": "apple", "quantity": 3}))?;
/// assert_eq!(payload.definition().topic, ActionRequests);
///
/// let wrong = offer.validate("inventory.reserve", json!({"sku": 3, "quantity": -1})).unwrap_err();
/// assert!(wrong.to_string().starts_with("`inventory.reserve`: 2 violations of the schema:"), "{wrong}");
/// let unknown = offer.validate("inventory.reverse", json!({})).unwrap_err();
/// assert_eq!(unknown.to_string(), "no event `inventory.reverse` is offered; did you mean `inventory.reserve`?");
/// # Ok::<(), soorma::toolkit::InvalidPayload>(())
/// ```
#[derive(Debug, Default)]
pub struct Offer {
    /// By event type.
    events: BTreeMap<String, (Arc<EventDefinition>, Validator)>,
    unusable: Vec<(Arc<EventDefinition>, SchemaError)>,
}

impl Offer {
    /// Offers these events: the last one, where two have the same event type.
    ///
    /// An event whose schema this version cannot check is not offered: see [`unusable`](Self::unusable).
    #[must_use]
    pub fn new(definitions: impl IntoIterator<Item = Arc<EventDefinition>>) -> Self {
        let mut offer = Self::default();
        for definition in definitions {
            match Validator::new(&definition.payload.schema) {
                Ok(validator) => {
                    offer.events.insert(definition.event_name.clone(), (definition, validator));
                }
                Err(error) => {
                    tracing::warn!(event = definition.event_name, %error, "an event is not offered: its schema cannot be checked");
                    offer.unusable.push((definition, error));
                }
            }
        }
        offer
    }

    /// What is offered, by event type.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.events.values().map(|(definition, _)| definition)
    }

    /// What is not offered because its schema cannot be checked, and why.
    #[must_use]
    pub fn unusable(&self) -> &[(Arc<EventDefinition>, SchemaError)] {
        &self.unusable
    }

    /// Whether nothing is offered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Checks data that shall be published as an event. The topic is that of the definition.
    ///
    /// # Errors
    /// [`InvalidPayload`], with all violations at once.
    pub fn validate(&self, event_name: &str, data: Value) -> Result<ValidatedPayload, InvalidPayload> {
        let Some((definition, validator)) = self.events.get(event_name) else {
            if let Some((_, error)) =
                self.unusable.iter().find(|(unusable, _)| unusable.event_name == event_name)
            {
                let reason = error.to_string();
                return Err(InvalidPayload::Unusable { event_name: event_name.to_owned(), reason });
            }
            return Err(InvalidPayload::not_offered(event_name, self.events.keys().map(String::as_str)));
        };
        match validator.validate(&data) {
            Ok(()) => Ok(ValidatedPayload::new(definition.clone(), data)),
            Err(violations) => {
                Err(InvalidPayload::Violations { event_name: event_name.to_owned(), violations })
            }
        }
    }

    /// A hash of everything that is offered: the same for the same definitions, in every process. 32 hex digits.
    #[must_use]
    pub fn hash(&self) -> String {
        let definitions: Vec<&EventDefinition> = self.definitions().map(|definition| &**definition).collect();
        // Maps are sorted by serde_json, and a definition holds nothing that cannot be written.
        let bytes = serde_json::to_vec(&definitions).unwrap_or_default();
        id::derived(&[&bytes]).simple().to_string()
    }
}
