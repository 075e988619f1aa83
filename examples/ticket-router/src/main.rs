//! Tickets of a help desk, each sent by a language model to one of the agents that live now.
//!
//! ```text
//! desk ── ticket.opened ──> router ── refund.request ─> billing ──┐
//!                           router ── password.reset ─> accounts ─┤  one of those that live,
//!                           router ── parcel.trace ───> shipping ─┤  chosen by the model
//!                           router <── the answer ────────────────┘
//! desk <── ticket.handled ─ router
//! ```
//!
//! The router knows none of the other agents: it finds their events in the registry. `account.delete`, which `accounts` consumes
//! as well, is never offered, because its effects cannot be undone.

mod accounts;
mod billing;
mod board;
mod desk;
mod provider;
mod router;
mod script;
mod shipping;
mod summary;
#[cfg(test)]
mod tests;
mod tickets;

use anyhow::bail;
use soorma::{
    planner::{Model, ScriptedModel},
    prelude::*,
};

use crate::{desk::Desk, provider::Provider};

/// Where the key of the model's provider is; not an argument, which everybody on the machine could read.
const KEY: &str = "TICKET_ROUTER_KEY";

/// Sends each ticket to one of the agents that live now, as a language model chooses.
#[soorma::main(name = "router")]
async fn main(mut app: AppBuilder) -> anyhow::Result<AppBuilder> {
    let file = app.arg("tickets", "FILE", "JSON Lines file with tickets; a sample by default");
    let url = app.arg(
        "model-url",
        "URL",
        "chat-completions endpoint, http://host:port/v1/chat/completions, with its key in TICKET_ROUTER_KEY; \
         by default rules play the model",
    );
    let name = app.arg("model-name", "NAME", "which model of that endpoint");
    let model: Box<dyn Model> = match (url, name) {
        (None, None) => Box::new(ScriptedModel::with(|prompt| Ok(script::answer(prompt)))),
        (Some(url), Some(name)) => Box::new(Provider::new(&url, name, std::env::var(KEY).ok())?),
        (Some(_), None) => bail!("`--model-url` needs `--model-name`: which model of that endpoint"),
        (None, Some(_)) => bail!("`--model-name` needs `--model-url`: where that model is"),
    };
    Ok(app.state(Desk::new(file)).state(model))
}
