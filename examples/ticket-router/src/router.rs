//! The agent `router`: has a model choose who handles a ticket, and passes the answer on. Knows no other agent.
//!
//! A ticket is a workflow of its own, so the trace of an answer says which ticket it belongs to: nothing that a model has
//! written is needed for that.

use std::{sync::Arc, time::Duration};

use soorma::{
    Effects, FromDelivery, Incoming, NoPayload, TaskFailed,
    planner::{DecideError, DecisionRecord, EventSelector, Model},
    prelude::*,
    store::{Records, StoreError},
    toolkit::Offer,
};

use crate::tickets::{Chosen, Outcome, TicketHandled, TicketOpened};

const INSTRUCTIONS: &str =
    "You sort the tickets of a help desk. Choose an event only if the customer wants exactly what it does.";

/// The decision that is made for each ticket.
const DECISION: &str = "route";

/// How often a ticket is tried; the attribute of [`route`] says the same.
const ATTEMPTS: u32 = 3;

/// A request that is on its way, below the trace of its ticket.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Route {
    ticket: u32,
    chosen: Chosen,
    /// The event type of the answer.
    response: String,
    not_taken: Vec<String>,
}

/// Which attempt at an event this is, from 1 on.
pub(crate) struct Attempt(u32);

impl FromDelivery for Attempt {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(incoming.attempt()))
    }
}

/// Every ticket gets an outcome: one for which no decision can be had is left to people.
#[on_event(retry(max = 3, backoff = "1s..4s"), timeout = "5m")]
pub(crate) async fn route(
    ticket: Event<TicketOpened>,
    toolkit: EventToolkit,
    model: State<Box<dyn Model>>,
    context: Context,
    attempt: Attempt,
) -> anyhow::Result<Option<TicketHandled>> {
    let offer = offer(&toolkit).await?;
    let selector = EventSelector::new(&toolkit, &*model).instructions(INSTRUCTIONS);
    let handled = |outcome, not_taken| Ok(Some(TicketHandled { number: ticket.number, outcome, not_taken }));
    let selection = match selector.select(DECISION, &offer, &ticket.text).await {
        Ok(selection) => selection,
        Err(error) if attempt.0 < ATTEMPTS && may_pass(&error) => return Err(error.into()),
        Err(DecideError::NothingOffered) => {
            let reason = "no agent lives that takes an event which may be offered".to_owned();
            return handled(Outcome::NoneFits { reason }, Vec::new());
        }
        Err(DecideError::Exhausted { id, calls, last_violations: Some(_), .. }) => {
            let reason = format!("none of the model's {calls} answers was taken");
            return handled(Outcome::Undecided { reason }, not_taken(&toolkit, &id).await?);
        }
        Err(error) => {
            let reason = format!("{:#}", anyhow::Error::from(error));
            return handled(Outcome::NoAnswer { reason }, Vec::new());
        }
    };
    let not_taken = not_taken(&toolkit, &selection.id).await?;
    let Some(payload) = selection.payload else {
        return handled(Outcome::NoneFits { reason: selection.reason }, not_taken);
    };
    let definition = payload.definition();
    let response = definition.response.as_ref().map(|response| response.event_name.clone());
    let chosen = Chosen { event: definition.event_name.clone(), data: payload.data().clone() };
    let route = Route { ticket: ticket.number, chosen, response: response.unwrap_or_default(), not_taken };
    // Before the request: the answer may be quick.
    routes(&context).put(&ticket.envelope().trace_id, &route).await?;
    toolkit.request(payload).await?;
    Ok(None)
}

/// What may be chosen: requests that somebody who lives now answers, and that can be undone. The choice is a model's, and the
/// tickets are anybody's, so what must never happen is not offered.
async fn offer(toolkit: &EventToolkit) -> Result<Offer, StoreError> {
    let mut found = toolkit.discover_actionable_events(ActionRequests).await?;
    found.retain(|definition| {
        definition.response.is_some()
            && matches!(definition.effects, Some(Effects::None | Effects::Reversible))
    });
    Ok(toolkit.offer(found))
}

/// Whether trying again may help.
fn may_pass(error: &DecideError) -> bool {
    matches!(error, DecideError::Model(_) | DecideError::Store(_))
}

/// What was wrong with each answer that was not taken.
async fn not_taken(toolkit: &EventToolkit, decision: &str) -> Result<Vec<String>, StoreError> {
    let record = DecisionRecord::of(toolkit).get(decision).await?;
    let calls = record.into_iter().flat_map(|record| record.value.calls);
    Ok(calls.filter_map(|call| call.violations).collect())
}

/// Hears every answer, by pattern, because the router cannot name the types of events that it finds while it runs.
#[on_event(topic = ActionResults, event_type = ">")]
pub(crate) async fn answered(
    answer: Arc<EventEnvelope>,
    context: Context,
) -> anyhow::Result<Option<TicketHandled>> {
    let Some(route) = routes(&context).get(&answer.trace_id).await? else { return Ok(None) };
    let Route { ticket: number, chosen, response, not_taken } = route.value;
    let outcome = if answer.event_type == response {
        Outcome::Answered { chosen, answer: answer.data_as()? }
    } else if answer.event_type == format!("{response}.failed") {
        Outcome::Failed { chosen, reason: answer.data_as::<TaskFailed>()?.reason }
    } else {
        return Ok(None);
    };
    Ok(Some(TicketHandled { number, outcome, not_taken }))
}

/// Kept for longer than any topic keeps an event (7 days).
fn routes(context: &Context) -> Records<Route> {
    context.records("routes").expiring(Duration::from_secs(8 * 24 * 60 * 60))
}
