//! The bus: how events are published, and how questions are asked.
//!
//! Owns lineage and ids of what is published; knows nothing of handlers or of any one broker.

mod ask;
mod draft;
mod identity;
mod inbox;
mod outputs;
mod publish;
mod request;

pub use self::{ask::Ask, draft::Draft, identity::Identity, request::RequestCall};
pub(crate) use self::{
    inbox::Inbox,
    outputs::{deferred_answer, lifecycle_id, of_handler, task_failed},
};

use std::{future::ready, sync::Arc, time::Duration};

use serde::Serialize;
use soorma_common::{Address, EventDraft, EventEnvelope, EventPayload, EventTopic, Fact, Request, grammar};

use crate::{BoxFuture, broker::Published, error::BusError, handler::Scope, services::Services};

/// Publishes events and asks questions.
///
/// Inside a handler, what is published descends from the event that is being handled: lineage is set, and the id
/// is derived, so that a second run of the handler publishes the same event again and not another one (within the
/// broker's dedup window). Elsewhere it starts a workflow of its own.
///
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    services: Arc<Services>,
    agent: Arc<str>,
    scope: Option<Arc<Scope>>,
    identity: Option<Arc<Identity>>,
    plan: Option<Arc<str>>,
}

impl Bus {
    pub(crate) fn new(services: Arc<Services>, agent: Arc<str>, scope: Option<Arc<Scope>>) -> Self {
        Self { services, agent, scope, identity: None, plan: None }
    }

    /// The same bus, on whose behalf things happen being said: it goes into the events that start a workflow.
    /// Events inside a workflow take it over from their parents.
    #[must_use]
    pub fn on_behalf_of(&self, identity: Identity) -> Self {
        Self { identity: Some(Arc::new(identity)), ..self.clone() }
    }

    /// The same bus, for what belongs to a plan: it goes into every event, and from there into all its descendants. Who begins
    /// a plan while it handles an event that belongs to none publishes its parts through this one.
    ///
    /// ```
    /// use soorma::{lifecycle::PlanStarted, prelude::*};
    ///
    /// # async fn f(bus: Bus) -> anyhow::Result<()> {
    /// let plan = bus.in_plan("plan-1");
    /// plan.publish(PlanStarted { description: "Find out what AI is.".into() }).await?;
    /// plan.event(ActionRequests, "web.search").data(serde_json::json!({"query": "AI"})).publish().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn in_plan(&self, plan_id: &str) -> Self {
        Self { plan: Some(plan_id.into()), ..self.clone() }
    }

    // What follows returns a future that does not name the payload's type: a payload that is none is one error, at
    // the argument, and not one more at the call and at the `.await`. Less is compiled for each payload, too.

    /// Publishes a payload on the topic and under the event type that its type declares; returns once it is stored.
    ///
    /// A request published like this is answered to everyone: nobody waits for the answer.
    ///
    /// Cancelling the call leaves open whether the event is stored.
    ///
    /// # Errors
    /// [`BusError`].
    pub fn publish<P: EventPayload>(&self, payload: P) -> BoxFuture<'_, Result<Published, BusError>> {
        self.publish_after(Duration::ZERO, payload)
    }

    /// Publishes a payload that nobody hears before `delay` is over; returns once it is stored. It outlives this
    /// process where the broker is durable.
    ///
    /// Cancelling the call leaves open whether the event is stored.
    ///
    /// # Errors
    /// [`BusError`].
    pub fn publish_after<P: EventPayload>(
        &self,
        delay: Duration,
        payload: P,
    ) -> BoxFuture<'_, Result<Published, BusError>> {
        self.publish_draft(delay, Self::draft_of(&payload))
    }

    /// Publishes a fact: a payload that is declared on `BusinessFacts`, which is checked at compile time.
    ///
    /// # Errors
    /// [`BusError`].
    pub fn announce<P: Fact>(&self, fact: P) -> BoxFuture<'_, Result<Published, BusError>> {
        self.publish(fact)
    }

    /// Asks, and waits for the response. The answer is addressed to this process and dies with it.
    ///
    /// `.await` it as it is, or set [`Ask::timeout`] and [`Ask::response_event`] first.
    pub fn ask<P: Request>(&self, payload: P) -> Ask<P::Response> {
        Ask::new(self.clone(), &payload)
    }

    /// Asks, and gives the id of the request. The answer is addressed to this agent, durable, and heard by its
    /// `#[on_result]`, whichever instance takes it.
    ///
    /// `.await` it as it is, or set [`RequestCall::response_event`] first; it gives a [`BusError`] where it was not published.
    pub fn request<P: Request>(&self, payload: P) -> RequestCall {
        RequestCall::new(self.clone(), &payload, None)
    }

    /// Answers a request on the event that it asks for, to whom it names.
    ///
    /// `#[on_task]` does this with what it returns; this is for those who answer later, or elsewhere.
    ///
    /// # Errors
    /// [`BusError`].
    pub fn respond<P: EventPayload>(
        &self,
        request: impl AsRef<EventEnvelope>,
        payload: P,
    ) -> BoxFuture<'_, Result<Published, BusError>> {
        let answer = Self::draft_of(&payload).map(|draft| self.response(request.as_ref(), draft));
        Box::pin(async move {
            let (event, to) = answer?;
            self.send(event, to).await
        })
    }

    /// An event whose name is known only at run time.
    ///
    /// ```no_run
    /// # async fn f(bus: soorma::Bus) -> anyhow::Result<()> {
    /// use soorma::EventTopic::ActionRequests;
    ///
    /// bus.event(ActionRequests, "web.search").data(serde_json::json!({"query": "AI"})).publish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn event(&self, topic: EventTopic, event_type: impl Into<String>) -> Draft {
        Draft::new(self.clone(), topic, event_type.into())
    }

    /// The agent in whose name things are published.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The durable name of the subscription that is being handled; empty outside a handler.
    pub(crate) fn subscription(&self) -> &str {
        self.scope.as_ref().map_or("", |scope| &scope.subscription)
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.services
    }

    pub(crate) fn parent(&self) -> Option<&Arc<EventEnvelope>> {
        self.scope.as_ref().map(|scope| &scope.parent)
    }

    /// An id for something that a handler does once for its event, apart from what it publishes: the same when the event is
    /// handled again. `None` outside of handlers.
    #[cfg(feature = "toolkit")]
    pub(crate) fn derived_id(&self, purpose: &str, name: &str) -> Option<String> {
        self.scope.as_ref().map(|scope| publish::id_of_step(scope, purpose, name).to_string())
    }

    fn publish_draft(
        &self,
        delay: Duration,
        draft: Result<EventDraft, BusError>,
    ) -> BoxFuture<'_, Result<Published, BusError>> {
        let publication = draft.and_then(|draft| {
            self.publication(delay, self.next_event(draft, &Address::Everyone), Address::Everyone)
        });
        match publication {
            Ok(publication) => Box::pin(self.store(publication)),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    pub(crate) fn draft_of<P: EventPayload>(payload: &P) -> Result<EventDraft, BusError> {
        EventDraft::of(payload)
            .map_err(|source| BusError::Encode { event_type: P::CONTRACT.event_type.to_owned(), source })
    }

    fn draft_untyped(
        topic: EventTopic,
        event_type: String,
        data: &impl Serialize,
    ) -> Result<EventDraft, BusError> {
        let event_type = checked(event_type)?;
        EventDraft::new(topic, event_type.clone(), data)
            .map_err(|source| BusError::Encode { event_type, source })
    }
}

/// The address of whoever work is assigned to, if there can be such an agent.
pub(crate) fn assigned(to: Address) -> Result<Address, BusError> {
    match to {
        Address::Group(agent) => match grammar::check_name(&agent) {
            Ok(()) => Ok(Address::Group(agent)),
            Err(source) => Err(BusError::Agent { agent, source }),
        },
        other => Ok(other),
    }
}

/// An event type that is known only at run time, if it is one.
fn checked(event_type: String) -> Result<String, BusError> {
    match grammar::check_event_type(&event_type) {
        Ok(()) => Ok(event_type),
        Err(source) => Err(BusError::EventType { event_type, source }),
    }
}
