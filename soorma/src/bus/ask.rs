//! Questions: a request whose answer this very call waits for.

use std::{marker::PhantomData, sync::Arc, time::Duration};

use soorma_common::{
    Address, EventDraft, EventEnvelope, EventPayload, EventTopic, Request,
    lineage::{self, Expectation},
};

use super::{Bus, assigned};
use crate::{
    BoxFuture,
    error::{AskError, BusError, DecodeError, TaskFailed},
    race::{First, race},
};

/// A question to be awaited. Made by [`Bus::ask`].
#[derive(Debug)]
#[must_use = "a question is not asked until it is awaited"]
pub struct Ask<R> {
    bus: Bus,
    draft: Result<EventDraft, BusError>,
    timeout: Duration,
    response_event: Option<String>,
    to: Address,
    // Named by its response: a payload that is no request is then one error, at the call, and not a second at `.await`.
    response: PhantomData<fn() -> R>,
}

impl<R: EventPayload> Ask<R> {
    pub(super) fn new(bus: Bus, payload: &impl Request<Response = R>) -> Self {
        let timeout = bus.services().settings.ask_timeout;
        let draft = Bus::draft_of(payload);
        Self { bus, draft, timeout, response_event: None, to: Address::Everyone, response: PhantomData }
    }

    /// How long to wait, 30 s where nothing is said. It travels with the request: what comes too late is not begun. The error
    /// may come up to a second later, for a look into the registry.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The event type that the answer shall have, where it is not the one that the response declares.
    pub fn response_event(mut self, event_type: impl Into<String>) -> Self {
        self.response_event = Some(event_type.into());
        self
    }

    /// The agent that shall answer, and no other one, where several could.
    pub fn assigned_to(mut self, agent: impl Into<String>) -> Self {
        self.to = Address::Group(agent.into());
        self
    }

    async fn run(self) -> Result<R, AskError> {
        let declared = R::CONTRACT;
        let draft = self.draft?;
        let event = match self.response_event {
            Some(event) => super::checked(event)?,
            None => declared.event_type.to_owned(),
        };
        let schema = Some(declared.type_name.to_owned());
        let answer = ask(&self.bus, draft, assigned(self.to)?, event, schema, self.timeout).await?;
        Ok(DecodeError::read(&answer)?)
    }
}

impl<R: EventPayload> IntoFuture for Ask<R> {
    type Output = Result<R, AskError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Asks, and gives the answer as it came.
///
/// The id is fresh every time: an answer to an earlier run of the same handler went to an inbox that may be gone.
pub(super) async fn ask(
    bus: &Bus,
    draft: EventDraft,
    to: Address,
    response_event: String,
    schema_name: Option<String>,
    timeout: Duration,
) -> Result<Arc<EventEnvelope>, AskError> {
    let services = bus.services();
    let deadline = services.clock.sleep(timeout);
    let (topic, event_type) = (draft.topic, draft.event_type.to_string());
    let now = services.clock.timestamp();
    let answered = async {
        let inbox = services.inbox.open(services).await?;
        let event = bus.event_under(draft, None);
        let expires_at = Some(now.after(timeout));
        let topic = EventTopic::ActionResults;
        let request = lineage::request(
            event,
            Expectation { event: response_event, topic, to: inbox, expires_at, schema_name },
        );
        let mut answer = services.inbox.expect(&request.id);
        bus.send(request, to).await?;
        Ok::<_, AskError>(answer.wait().await)
    };
    match race(answered, deadline).await {
        First::Left(Ok(Some(answer))) if TaskFailed::is_in(&answer) => {
            Err(DecodeError::read::<TaskFailed>(&answer)?.into())
        }
        First::Left(Ok(Some(answer))) => Ok(answer),
        First::Left(Ok(None)) => Err(AskError::Closed { event_type }),
        First::Left(Err(error)) => Err(error),
        First::Right(()) => {
            let is_consumed = services.registry.is_consumed(topic, &event_type).await;
            Err(AskError::TimedOut { event_type, waited: timeout, is_consumed })
        }
    }
}
