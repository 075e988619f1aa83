//! `State<S>`: a shared value of the program.

use std::{any::type_name, ops::Deref, sync::Arc};

use super::{FromDelivery, NoPayload};
use crate::handler::{Incoming, Missing, Startup};

/// A shared value that the program gave with [`AppBuilder::state`](crate::AppBuilder::state).
///
/// One that is missing is an error at start-up, with the handler and the argument named.
#[derive(Debug)]
pub struct State<S>(Arc<S>);

impl<S> State<S> {
    /// A state out of nothing, to call a handler in a test.
    #[must_use]
    pub fn new(state: S) -> Self {
        Self(Arc::new(state))
    }
}

impl<S> Clone for State<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

fn missing<S>() -> Missing {
    let short = type_name::<S>().rsplit("::").next().unwrap_or_default();
    Missing {
        argument: format!("State<{short}>"),
        reason: format!("no state of type `{}` was given; add `.state(..)` to the app", type_name::<S>()),
    }
}

impl<S: Send + Sync + 'static> FromDelivery for State<S> {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(incoming.state().ok_or_else(missing::<S>)?))
    }

    fn check(startup: &Startup<'_>) -> Result<(), Missing> {
        if startup.has_state::<S>() { Ok(()) } else { Err(missing::<S>()) }
    }
}
