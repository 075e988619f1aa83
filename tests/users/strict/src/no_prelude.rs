//! A module without a prelude: nothing is there that is not named.

#![no_implicit_prelude]

use ::std::{borrow::Cow, string::String};

use crate::contracts::CustomerTold;

/// A payload. schemars is implemented by hand: what its derive writes needs the prelude.
#[derive(::core::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::soorma::EventPayload)]
#[event(topic = BusinessFacts, event_type = "bare.happened", key = name)]
#[non_exhaustive]
pub struct Happened {
    /// What.
    pub name: String,
}

impl ::schemars::JsonSchema for Happened {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Happened")
    }

    fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
        <String as ::schemars::JsonSchema>::json_schema(generator)
    }
}

/// One of two.
#[derive(::core::fmt::Debug, ::soorma::Outputs)]
#[non_exhaustive]
pub enum Either {
    /// A payload.
    Told(CustomerTold),
    /// Nothing.
    Nothing,
}

/// Hears it.
#[::soorma::on_event(ordered, retry(max = 2), timeout = "1s")]
#[::soorma::on_event(agent = "other", produces(Happened))]
pub async fn hear(event: ::soorma::Event<Happened>, _: ::soorma::Bus) -> Either {
    if event.name.is_empty() {
        Either::Nothing
    } else {
        Either::Told(CustomerTold(event.into_payload().name, 0))
    }
}

/// Begins.
#[::soorma::on_startup]
pub async fn begin() {}
