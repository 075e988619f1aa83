//! Return types of the user's own.

use std::{error::Error, fmt};

use soorma::{prelude::*, IntoOutputs, Produces};

use crate::contracts::{CustomerTold, OrderPlaced, ReserveInventory};

/// One of several events.
#[derive(Clone, Debug, Outputs)]
#[non_exhaustive]
pub enum Decision {
    /// A request.
    Reserve(ReserveInventory),
    /// Any number.
    Tell(Vec<CustomerTold>),
    /// Two at once.
    Both((ReserveInventory, CustomerTold)),
    /// By a raw name.
    #[expect(non_camel_case_types, reason = "a raw name")]
    r#type(Option<CustomerTold>),
    /// None.
    Ignore,
}

/// Two events, told apart by their places.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Twice(pub CustomerTold);

impl IntoOutputs for Twice {
    const PRODUCES: Produces = Produces::All(&[CustomerTold::PRODUCES, CustomerTold::PRODUCES]);

    fn into_outputs(self, outputs: &mut Outputs) -> anyhow::Result<()> {
        outputs.member(0, |place| self.0.clone().into_outputs(place))?;
        outputs.member(1, |place| self.0.into_outputs(place))
    }
}

/// Why an order is not wanted.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Unwanted;

impl fmt::Display for Unwanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not wanted")
    }
}

impl Error for Unwanted {}

/// Decides.
///
/// # Errors
/// [`Unwanted`].
#[on_event(retry(max = 1))]
pub async fn decide(order: Event<OrderPlaced>) -> Result<Decision, Unwanted> {
    let told = || CustomerTold(order.order_id.clone(), 0);
    let reserve = || ReserveInventory::new(order.order_id.clone());
    match order.customer.0 {
        0 => Err(Unwanted),
        1 => Ok(Decision::Reserve(reserve())),
        2 => Ok(Decision::Tell(vec![told(), CustomerTold("again".to_owned(), 1)])),
        3 => Ok(Decision::Both((reserve(), told()))),
        4 => Ok(Decision::r#type(Some(told()))),
        _ => Ok(Decision::Ignore),
    }
}

/// Says it twice.
#[on_event(name = "twice")]
pub async fn twice(order: Event<OrderPlaced>) -> Twice {
    Twice(CustomerTold(order.into_payload().order_id, 2))
}

#[cfg(test)]
mod tests {
    use soorma::{handlers, testing::TestApp};

    use super::*;

    async fn outcome(list: soorma::Handlers, customers: std::ops::Range<u64>) -> (usize, usize, usize) {
        let app = TestApp::start(App::builder("orders").handlers(list)).await.unwrap();
        for customer in customers {
            let _published = app.publish(OrderPlaced::new("o-1".into(), customer)).await.unwrap();
        }
        app.settle().await.unwrap();
        let (told, wanted) = (app.published::<CustomerTold>(), app.published::<ReserveInventory>());
        let dead = app.dead_letters().await.unwrap();
        (told.len(), wanted.len(), dead.len())
    }

    #[tokio::test]
    async fn one_variant_is_published() {
        assert_eq!(outcome(handlers![decide], 0..6).await, (4, 2, 1));
    }

    #[tokio::test]
    async fn a_type_of_ones_own_publishes_two() {
        assert_eq!(outcome(handlers![twice], 0..1).await, (2, 0, 0));
    }
}
