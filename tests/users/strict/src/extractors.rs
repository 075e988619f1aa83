//! Arguments of the user's own, and other names for those of soorma.

use std::fmt;

use soorma::{prelude::*, FromDelivery, Incoming, Missing, NoPayload, Payload, Roles, Startup};

use crate::contracts::{CustomerTold, OrderPlaced};

/// Which attempt this is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt(pub u32);

impl FromDelivery for Attempt {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(incoming.attempt()))
    }
}

/// A payload with the length of its text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Measured<T> {
    /// The payload.
    pub payload: T,
    /// The length of its JSON.
    pub length: usize,
}

impl<T: Payload> FromDelivery for Measured<T> {
    type Payload = T;
    const ROLES: Roles = Roles::ON_EVENT;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        let length = incoming.event()?.data.get().len();
        Ok(Self { payload: incoming.payload()?, length })
    }
}

/// A state, but not its wrapper.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Copied<S>(pub S);

impl<S: Clone + Send + Sync + 'static> FromDelivery for Copied<S> {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        State::from_delivery(incoming).map(|state: State<S>| Self(S::clone(&state)))
    }

    fn check(startup: &Startup<'_>) -> Result<(), Missing> {
        State::<S>::check(startup)
    }
}

/// Another name.
pub type Order = Event<OrderPlaced>;
/// Another name for what has a parameter.
pub type Given<T> = Measured<T>;
/// Another name for what is returned.
pub type Told = Result<CustomerTold, fmt::Error>;

/// Tells how long an order is.
///
/// # Errors
/// None.
#[on_event]
pub async fn measure(
    attempt: Attempt,
    Given { payload, length }: Given<OrderPlaced>,
    prefix: Copied<String>,
) -> Told {
    let Attempt(number) = attempt;
    Ok(CustomerTold(format!("{}{} {number} {}", prefix.0, payload.order_id, length > 0), 0))
}

/// Tells whose it is.
#[on_event]
pub async fn whose(order: Order, mut count: Counted) -> Option<CustomerTold> {
    count.0 = order.customer.0;
    Some(CustomerTold(format!("of {}", count.0), 1))
}

/// An extractor without anything in it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Counted(u64);

impl FromDelivery for Counted {
    type Payload = NoPayload;

    fn from_delivery(_: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(0))
    }
}

#[cfg(test)]
mod tests {
    use soorma::{handlers, testing::TestApp};

    use super::*;

    #[tokio::test]
    async fn arguments_of_every_kind_are_given() {
        let app = App::builder("orders").handlers(handlers![measure]).state("order ".to_owned());
        let app = TestApp::start(app).await.unwrap();
        let _published = app.publish(OrderPlaced::new("o-1".into(), 7)).await.unwrap();
        app.settle().await.unwrap();
        assert_eq!(app.published::<CustomerTold>(), [CustomerTold("order o-1 1 true".into(), 0)]);
        let told = whose(Event::new(OrderPlaced::new("o-1".into(), 7)), Counted(0)).await;
        assert_eq!(told, Some(CustomerTold("of 7".into(), 1)));
    }

    #[tokio::test]
    async fn what_an_argument_needs_is_asked_for_at_the_start() {
        let app = App::builder("orders").handlers(handlers![measure]);
        let error = TestApp::start(app).await.unwrap_err().to_string();
        assert!(error.contains("argument `State<String>`: no state of type"), "{}", error);
    }
}
