//! To whom an event is sent. Owns the text form that travels as `response_to`.

use std::{fmt, str::FromStr};

/// To whom an event is sent.
///
/// The text form is what `response_to` carries: `group:<agent>`, `subscription:<durable name>`,
/// `inbox:<name>`, or `_` for everyone.
///
/// ```
/// use soorma_common::Address;
///
/// assert_eq!("group:order-processor".parse(), Ok(Address::Group("order-processor".into())));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Address {
    /// Every group that listens.
    #[default]
    Everyone,
    /// One agent, whichever instance takes it: durable answers.
    Group(String),
    /// One subscription, by its durable name: a replayed dead letter.
    Subscription(String),
    /// One process, as long as it lives: the answer to an `ask`.
    Inbox(String),
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address; expected `_`, `group:<agent>`, `subscription:<name>` or `inbox:<name>`")]
pub struct AddressError(String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("_"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Subscription(name) => write!(f, "subscription:{name}"),
            Self::Inbox(name) => write!(f, "inbox:{name}"),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            None if text == "_" => Ok(Self::Everyone),
            Some(("group", name)) if !name.is_empty() => Ok(Self::Group(name.to_owned())),
            Some(("subscription", name)) if !name.is_empty() => Ok(Self::Subscription(name.to_owned())),
            Some(("inbox", name)) if !name.is_empty() => Ok(Self::Inbox(name.to_owned())),
            _ => Err(AddressError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for address in [
            Address::Everyone,
            Address::Group("orders".into()),
            Address::Subscription("orders-00ff".into()),
            Address::Inbox("orders.1:2".into()),
        ] {
            assert_eq!(address.to_string().parse(), Ok(address));
        }
        for bad in ["", "orders", "group:", "queue:x"] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
