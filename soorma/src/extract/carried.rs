//! What an argument carries of the event's data, as the macros' compile-time checks see it.

use soorma_common::{Contract, Payload};

use crate::handler::Roles;

/// What is known of an argument at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Whether it carries the payload.
    pub carries: bool,
    /// The payload's contract, where it has one.
    pub contract: Option<Contract>,
    /// The attributes under which it makes sense.
    pub roles: Roles,
}

/// The payload of an argument that carries none.
#[derive(Debug)]
pub enum NoPayload {}

/// A payload, or [`NoPayload`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that an argument can carry",
    label = "neither a payload nor `NoPayload`",
    note = "an argument without a payload has `type Payload = soorma::NoPayload;`",
    note = "a payload has `#[derive(EventPayload)]`; for an event of any shape, write `serde_json::Value`"
)]
pub trait Carried: Sized + Send + 'static {
    /// Whether there is a payload.
    const CARRIES: bool;
    /// What it promises.
    const CONTRACT: Option<Contract>;
}

#[diagnostic::do_not_recommend]
impl Carried for NoPayload {
    const CARRIES: bool = false;
    const CONTRACT: Option<Contract> = None;
}

#[diagnostic::do_not_recommend]
impl<T: Payload> Carried for T {
    const CARRIES: bool = true;
    const CONTRACT: Option<Contract> = <T as Payload>::CONTRACT;
}
