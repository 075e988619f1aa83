//! Delegation: a request to another agent whose answer the task awaits, also after the death of its process.

use std::{
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use soorma_common::{
    Address, EventDraft, EventPayload, Request, Timestamp, id as ids,
    lineage::{self, Expectation},
};

use tokio::sync::Notify;

use super::{
    error::TaskError,
    id,
    opened::Opened,
    record::{Made, Outcome, Recorded},
    run::TaskRun,
};
use crate::{
    BoxFuture, Bus,
    at_once::at_once,
    broker::Publication,
    bus,
    error::{BusError, DecodeError, TaskFailed},
    race::race,
};

/// A request to another agent, to be awaited. Made by [`Task::delegate`](crate::Task::delegate).
#[derive(Debug)]
#[must_use = "nothing is delegated until it is awaited"]
pub struct Delegation<R> {
    run: Option<Arc<TaskRun>>,
    number: u32,
    draft: Result<EventDraft, BusError>,
    response_event: Option<String>,
    timeout: Option<Duration>,
    to: Address,
    response: PhantomData<fn() -> R>,
}

impl<R: EventPayload> Delegation<R> {
    pub(crate) fn new(run: Option<&Arc<TaskRun>>, payload: &impl Request<Response = R>) -> Self {
        Self {
            run: run.cloned(),
            number: run.map_or(0, |run| run.number()),
            draft: Bus::draft_of(payload),
            response_event: None,
            timeout: None,
            to: Address::Everyone,
            response: PhantomData,
        }
    }

    /// How long to wait: as long as it takes, where nothing is said. It travels with the request: what comes too late is not
    /// begun. Counted from the first run of the task.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
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

    async fn run(self) -> Result<R, TaskError> {
        let run = self.run.ok_or(TaskError::NoApp)?;
        let draft = self.draft?;
        let to = bus::assigned(self.to)?;
        let (topic, event_type) = (draft.topic, draft.event_type.to_string());
        let call = Call {
            run: &run,
            opened: run.open().await?,
            number: self.number,
            what: format!(
                "delegate {event_type} {}",
                ids::short(&format!("{:?} {to} {}", self.response_event, draft.data.get()))
            ),
            timeout: self.timeout,
        };
        let declared = R::CONTRACT;
        let expected = self.response_event.unwrap_or_else(|| declared.event_type.to_owned());
        let publish = |until: Option<Timestamp>| {
            let now = run.services.clock.timestamp();
            let id = id::request(call.opened.task(), call.number);
            let child = lineage::child(run.request(), run.agent.clone(), id, draft, now);
            let expectation = Expectation {
                event: expected,
                topic: declared.topic,
                to: Address::Group(id::group_of(&run.agent)),
                expires_at: until,
                schema_name: Some(declared.type_name.to_owned()),
            };
            Publication::new(Arc::new(lineage::request(child, expectation)), to)
        };
        match call.outcome(Some(publish)).await?.outcome {
            Outcome::Answer(answer) if TaskFailed::is_in(&answer) => {
                Err(TaskError::Failed { event_type, failed: Box::new(DecodeError::read(&answer)?) })
            }
            Outcome::Answer(answer) => Ok(DecodeError::read(&answer)?),
            Outcome::Elapsed | Outcome::Given(_) => {
                let is_consumed = run.services.registry.is_consumed(topic, &event_type).await;
                Err(TaskError::TimedOut { event_type, waited: self.timeout.unwrap_or_default(), is_consumed })
            }
        }
    }
}

impl<R: EventPayload> IntoFuture for Delegation<R> {
    type Output = Result<R, TaskError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Awaits delegations, so many at once; the answers in their order.
pub(crate) async fn all<R: EventPayload>(
    limit: usize,
    delegations: Vec<Delegation<R>>,
) -> Result<Vec<R>, TaskError> {
    let mut answers: Vec<Option<R>> = delegations.iter().map(|_| None).collect();
    let failed = (Mutex::new(None), Notify::new());
    let mut each: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(delegations.len());
    for (answer, delegation) in answers.iter_mut().zip(delegations) {
        let failed = &failed;
        each.push(Box::pin(async move {
            match delegation.await {
                Ok(given) => *answer = Some(given),
                Err(error) => {
                    failed.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    failed.1.notify_one();
                }
            }
        }));
    }
    race(failed.1.notified(), at_once(limit.max(1), each)).await;
    match failed.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(answers.into_iter().flatten().collect()),
    }
}

/// One call that waits for an event: an answer, a timer, or whichever comes first.
pub(super) struct Call<'a> {
    pub(super) run: &'a TaskRun,
    pub(super) opened: &'a Opened,
    pub(super) number: u32,
    pub(super) what: String,
    /// When it is over in any case, from the first run on.
    pub(super) timeout: Option<Duration>,
}

impl Call<'_> {
    /// What came of it: recorded already, or made now and waited for.
    pub(super) async fn outcome(
        &self,
        publish: Option<impl FnOnce(Option<Timestamp>) -> Publication>,
    ) -> Result<Recorded, TaskError> {
        let Self { run, opened, number, .. } = *self;
        let made = if opened.fresh { None } else { opened.journal.made(number).await? };
        let made = match made {
            Some(made) if made.what != self.what => return Err(self.changed(made.what)),
            Some(made) => made,
            None => {
                let until = self.timeout.map(|timeout| run.services.clock.timestamp().after(timeout));
                Made { what: self.what.clone(), until, published: false }
            }
        };
        if !opened.fresh
            && let Some(recorded) = opened.journal.outcome(number).await?
        {
            // What a step recorded says so.
            if !recorded.what.is_empty() {
                return Err(self.changed(recorded.what));
            }
            return Ok(recorded);
        }
        if !made.published {
            // When its time is over must not move, should this run end here.
            if made.until.is_some() {
                opened.journal.make(number, &made).await?;
            }
            // First, so that nobody is asked where the broker knows no timers.
            if let Some(until) = made.until {
                run.set_timer(id::timer(opened.task(), number), until).await?;
            }
            if let Some(publish) = publish {
                run.send(publish(made.until)).await?;
            }
            opened.journal.make(number, &Made { published: true, ..made }).await?;
        }
        run.outcome(opened, number).await
    }

    fn changed(&self, recorded: String) -> TaskError {
        TaskError::Changed { number: self.number, recorded, now: self.what.clone() }
    }
}
