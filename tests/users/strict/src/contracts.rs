//! Payloads of every form.

use std::borrow::Cow;

use soorma::{prelude::*, OrderKey};

/// A customer placed an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.placed", key = customer)]
#[non_exhaustive]
pub struct OrderPlaced {
    /// Which one.
    pub order_id: String,
    /// Whose.
    pub customer: Customer,
}

impl OrderPlaced {
    /// An order.
    #[must_use]
    pub const fn new(order_id: String, customer: u64) -> Self {
        Self { order_id, customer: Customer(customer) }
    }
}

/// A key of the user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Customer(pub u64);

impl OrderKey for Customer {
    fn order_key(&self) -> Option<String> {
        Some(format!("c{}", self.0))
    }
}

/// Set stock aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "inventory.reserve", response = Reservation)]
#[non_exhaustive]
pub struct ReserveInventory {
    /// For which order.
    pub order_id: String,
}

impl ReserveInventory {
    /// A request.
    #[must_use]
    pub const fn new(order_id: String) -> Self {
        Self { order_id }
    }
}

/// Whether stock was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "inventory.reserved")]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reservation {
    /// It was.
    #[non_exhaustive]
    Reserved {
        /// How many are left.
        left: u32,
    },
    /// There is none.
    OutOfStock,
}

/// A customer was told something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = NotificationEvents, event_type = "customer.told", key = 0, example = Self("Hi".to_owned(), 1))]
#[non_exhaustive]
pub struct CustomerTold(pub String, pub u8);

/// Nothing but that it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = SystemEvents, event_type = "day.ended")]
#[non_exhaustive]
pub struct DayEnded;

/// Fields and types by raw names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BillingEvents, event_type = "billing.raw", key = r#type)]
#[non_exhaustive]
#[expect(non_camel_case_types, reason = "a raw name")]
pub struct r#struct {
    /// What kind.
    pub r#type: String,
    /// Which one.
    pub r#match: u8,
}

impl r#struct {
    /// One.
    #[must_use]
    pub const fn new(r#type: String, r#match: u8) -> Self {
        Self { r#type, r#match }
    }
}

/// What is not used any more, but still spoken.
#[deprecated(note = "say `OrderPlaced`")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, EventPayload)]
#[event(topic = BusinessFacts, event_type = "order.old", key = old_id)]
#[non_exhaustive]
pub struct OldOrder {
    /// Which one.
    #[deprecated(note = "not even this")]
    pub old_id: String,
}

/// By hand: the derive of schemars uses the deprecated type.
#[expect(deprecated, reason = "it is deprecated for others")]
impl JsonSchema for OldOrder {
    fn schema_name() -> Cow<'static, str> {
        "OldOrder".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_fields() {
        assert_eq!(OrderPlaced::new("o-1".into(), 7).partition_key().as_deref(), Some("c7"));
        assert_eq!(CustomerTold("a".into(), 1).partition_key().as_deref(), Some("a"));
        assert_eq!(r#struct::new("t".into(), 1).partition_key().as_deref(), Some("t"));
        assert_eq!(DayEnded.partition_key(), None);
    }

    #[test]
    fn raw_names_are_named_without_their_mark() {
        assert_eq!(r#struct::CONTRACT.type_name, "struct");
    }
}
