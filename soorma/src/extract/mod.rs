//! Extractors: the types that a handler's arguments can have.
//!
//! Owns the one trait that arguments implement; knows nothing of who calls.

mod carried;
mod context;
mod envelope;
mod event;
mod state;
mod task;
mod task_result;

pub use self::{
    carried::{Arg, Carried, NoPayload},
    event::Event,
    state::State,
    task::Task,
    task_result::TaskResult,
};

use crate::handler::{Incoming, Missing, Roles, Startup};

/// A type that can be an argument of a handler.
///
/// Any number of arguments, in any order; at most one carries the payload. Yours can be one too:
///
/// ```
/// use soorma::{FromDelivery, Incoming, NoPayload};
///
/// /// Which attempt this is.
/// struct Attempt(u32);
///
/// impl FromDelivery for Attempt {
///     type Payload = NoPayload;
///
///     fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
///         Ok(Self(incoming.attempt()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "not something soorma can hand to a handler",
    note = "the payload of an event is taken as `Event<{Self}>`, a shared value of the program as `State<{Self}>`",
    note = "other arguments are `Task<T>`, `TaskResult<T>`, `EventEnvelope`, `Context`, `Bus`, `Memory`, and your own `FromDelivery` types"
)]
pub trait FromDelivery: Sized {
    /// The payload that this argument carries; [`NoPayload`] for most.
    type Payload: Carried;

    /// The attributes under which it makes sense.
    const ROLES: Roles = Roles::ANY;

    #[doc(hidden)]
    const ARG: Arg = Arg {
        carries: <Self::Payload as Carried>::CARRIES,
        contract: <Self::Payload as Carried>::CONTRACT,
        roles: Self::ROLES,
    };

    /// Takes the argument out of one call.
    ///
    /// # Errors
    /// Any: the call fails, and the event is tried again. A [`DecodeError`](crate::DecodeError) or a
    /// [`Reject`](crate::Reject) sends it to the dead letters at once.
    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self>;

    /// Looks, before the first event, whether what the argument needs is there.
    ///
    /// # Errors
    /// What is missing; the app does not start.
    fn check(_startup: &Startup<'_>) -> Result<(), Missing> {
        Ok(())
    }
}
