//! A fixed set of events that somebody may choose from.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use soorma_common::{EventDefinition, grammar, id};

use super::{
    InvalidPayload, ValidatedPayload, Validator,
    format::{self, ToolStyle},
};
use crate::registry;

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
/// // As a tool, for models that call tools:
/// let tools = offer.tools(soorma::toolkit::format::ToolStyle::Anthropic);
/// assert_eq!(tools[0]["name"], "inventory_reserve");
/// offer.tool_call("inventory_reserve", json!({"sku": "apple", "quantity": 3}))?;
///
/// let unknown = offer.validate("inventory.reverse", json!({})).unwrap_err();
/// assert_eq!(unknown.to_string(), "no event `inventory.reverse` is offered; did you mean `inventory.reserve`?");
/// # Ok::<(), soorma::toolkit::InvalidPayload>(())
/// ```
#[derive(Debug, Default)]
pub struct Offer {
    /// By event type.
    events: BTreeMap<String, (Arc<EventDefinition>, Validator)>,
    /// By the name that it has as a tool.
    tools: BTreeMap<String, String>,
    /// What is not offered, and why.
    unusable: Vec<(Arc<EventDefinition>, String)>,
}

impl Offer {
    /// Offers these events: the last one, where two have the same event type.
    ///
    /// An event whose schema this version cannot check is not offered, nor one that would be the same tool as another one: see
    /// [`unusable`](Self::unusable).
    #[must_use]
    pub fn new(definitions: impl IntoIterator<Item = Arc<EventDefinition>>) -> Self {
        let mut offer = Self::default();
        for definition in definitions {
            let tool = registry::tool_name(&definition.event_name);
            let checked = grammar::check_event_type(&definition.event_name)
                .map_err(|error| format!("it has no name that can be published: {error}"))
                .and_then(|()| Validator::new(&definition.payload.schema).map_err(|error| error.to_string()));
            let reason = match (checked, offer.tools.get(&tool)) {
                (Err(reason), _) => reason,
                (Ok(_), Some(other)) if *other != definition.event_name => {
                    format!("as the tool `{tool}` it could not be told from `{other}`")
                }
                (Ok(validator), _) => {
                    let name = definition.event_name.clone();
                    offer.tools.insert(tool, name.clone());
                    offer.events.insert(name, (definition, validator));
                    continue;
                }
            };
            tracing::warn!(event = definition.event_name, reason, "an event is not offered");
            offer.unusable.push((definition, reason));
        }
        offer
    }

    /// What is offered, by event type.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<EventDefinition>> {
        self.events.values().map(|(definition, _)| definition)
    }

    /// What is not offered because it cannot be checked, or told apart as a tool, and why.
    #[must_use]
    pub fn unusable(&self) -> &[(Arc<EventDefinition>, String)] {
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
            if let Some((_, reason)) =
                self.unusable.iter().find(|(unusable, _)| unusable.event_name == event_name)
            {
                let reason = reason.clone();
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

    /// What is offered, as text for a prompt.
    #[must_use]
    pub fn prompt(&self) -> String {
        format::prompt(&self.all())
    }

    /// What is offered, as tools that a provider's interface takes.
    #[must_use]
    pub fn tools(&self, style: ToolStyle) -> Vec<Value> {
        format::tools(style, &self.all())
    }

    /// Checks the call of a tool: its name and its arguments, as the provider gives them.
    ///
    /// # Errors
    /// [`InvalidPayload`], with all violations at once.
    pub fn tool_call(&self, tool_name: &str, arguments: Value) -> Result<ValidatedPayload, InvalidPayload> {
        let Some((definition, _)) = self.tools.get(tool_name).and_then(|name| self.events.get(name)) else {
            return Err(InvalidPayload::not_offered(tool_name, self.tools.keys().map(String::as_str)));
        };
        self.validate(&definition.event_name, format::arguments(definition, arguments))
    }

    fn all(&self) -> Vec<Arc<EventDefinition>> {
        self.definitions().cloned().collect()
    }

    /// A hash of everything that is offered: the same for the same definitions, in every process. 32 hex digits.
    #[must_use]
    pub fn hash(&self) -> String {
        id::derived(&[self.prompt().as_bytes()]).simple().to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use soorma_common::{EventTopic, SchemaDefinition};

    use super::*;

    fn definition(event_name: &str, schema: Value) -> Arc<EventDefinition> {
        Arc::new(EventDefinition {
            event_name: event_name.to_owned(),
            topic: EventTopic::BusinessFacts,
            description: String::new(),
            when_to_use: String::new(),
            not_when: String::new(),
            tags: Vec::new(),
            effects: None,
            payload: SchemaDefinition { name: "Any".into(), version: 1, schema },
            response: None,
            examples: Vec::new(),
        })
    }

    #[test]
    fn what_cannot_be_checked_published_or_told_apart_is_not_offered() {
        let any = || json!({"type": "object"});
        let offer = Offer::new([
            definition("order.placed", any()),
            definition("order_placed", any()),
            definition("Order Placed", any()),
            definition("far.away", json!({"$ref": "https://example.com/schema"})),
        ]);
        assert_eq!(offer.definitions().count(), 1);
        let reasons: Vec<_> = offer.unusable().iter().map(|(_, reason)| &**reason).collect();
        assert_eq!(reasons.len(), 3);
        assert_eq!(reasons[0], "as the tool `order_placed` it could not be told from `order.placed`");
        assert!(reasons[1].starts_with("it has no name that can be published"), "{}", reasons[1]);
        assert!(matches!(offer.validate("far.away", json!({})), Err(InvalidPayload::Unusable { .. })));
        assert!(offer.tool_call("order_placed", json!({})).is_ok());
        assert!(matches!(offer.tool_call("order.placed", json!({})), Err(InvalidPayload::NotOffered { .. })));
    }

    #[test]
    fn the_hash_tells_one_offer_from_another() {
        let hash = |schema| Offer::new([definition("a.b", schema)]).hash();
        assert_eq!(hash(json!({"type": "object"})), hash(json!({"type": "object"})));
        assert_ne!(hash(json!({"type": "object"})), hash(json!({"type": "string"})));
    }
}
