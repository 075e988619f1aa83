//! `Task<T>`: a request to be answered.

use std::{ops::Deref, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::to_raw_value;
use soorma_common::{EventEnvelope, Payload, Request};

use super::{Event, FromDelivery};
use crate::{
    handler::{Incoming, Roles},
    outputs::Failure,
    task::{self, Deferred, Delegation, TaskError, TaskRun},
};

/// A request with its data as a `T`. What the handler returns answers whoever asked.
#[derive(Clone, Debug)]
pub struct Task<T> {
    event: Event<T>,
    run: Option<Arc<TaskRun>>,
}

impl<T> Task<T> {
    /// Asks another agent, and waits for its answer, however long that takes: over the death of this process, too.
    ///
    /// `.await` it as it is, or set [`Delegation::timeout`] and [`Delegation::response_event`] first. Several at once go with
    /// `tokio::try_join!`, any number with [`delegate_all`](Self::delegate_all). Calls are told apart by their order: the
    /// function must make the same calls in the same order each time, as far as what they give is the same.
    pub fn delegate<P: Request>(&self, payload: P) -> Delegation<P::Response> {
        Delegation::new(self.run.as_ref(), &payload)
    }

    /// Asks for many things, `limit` of them at once at the most, and gives the answers in the order of the questions.
    ///
    /// # Errors
    /// The first [`TaskError`]; the others are not waited for.
    pub async fn delegate_all<P: Request>(
        &self,
        limit: usize,
        payloads: impl IntoIterator<Item = P>,
    ) -> Result<Vec<P::Response>, TaskError> {
        task::all(limit, payloads.into_iter().map(|payload| self.delegate(payload)).collect()).await
    }

    /// Does something once: what it gave is recorded, and given again when the task runs again.
    ///
    /// A crash between what it does and the record has it done again, under the same key: hand it to services that take
    /// an idempotency key. An error is not recorded: the next attempt does it again, under the same key, too. While it runs the
    /// task is not suspended.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn step<R, E, F>(
        &self,
        name: &str,
        act: impl FnOnce(String) -> F + Send,
    ) -> impl Future<Output = Result<R, TaskError>> + Send
    where
        R: Serialize + DeserializeOwned + Send,
        E: Failure,
        F: Future<Output = Result<R, E>> + Send,
    {
        let run = self.run.clone();
        let number = run.as_ref().map_or(0, |run| run.number());
        async move {
            let run = run.ok_or(TaskError::NoApp)?;
            task::step(&run, number, name, act).await
        }
    }

    /// Leaves the answer to this agent's `#[on_result]`s: keeps a state for them, and gives what the function returns. What is
    /// to be asked is asked through it, so that the answers lead back here; [`Deferred`] has an example.
    ///
    /// A second run keeps the state that is there. From the first call on the function must return what this gives, in every
    /// run: one that returns anything else is given up, and whoever asked gets [`TaskFailed`](crate::TaskFailed).
    ///
    /// A task that nobody answers ends at the `expires_at` of its request: whoever asked gets [`TaskFailed`](crate::TaskFailed) with the
    /// code `expired`. Of a request without one the state is kept for 30 days after it was changed last; then results find no
    /// task, and nobody is told.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn defer<S: Serialize>(
        &self,
        state: &S,
    ) -> impl Future<Output = Result<Deferred<T::Response>, TaskError>> + Send + use<T, S>
    where
        T: Request,
    {
        let run = self.run.clone();
        let state = to_raw_value(state).map_err(TaskError::State);
        async move {
            let run = run.ok_or(TaskError::NoApp)?;
            task::defer(&run, &state?).await
        }
    }

    /// Says how far the task is, from 0 to 1, and what it does now: a [`TaskProgress`](crate::lifecycle::TaskProgress) event, where the
    /// task belongs to a plan; nothing otherwise. It counts as a call, as [`step`](Self::step) does, so it is said once, also when the
    /// task runs again.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn progress<M: Into<String>>(
        &self,
        fraction: f64,
        message: M,
    ) -> impl Future<Output = Result<(), TaskError>> + Send + use<T, M> {
        let run = self.run.clone();
        let number = run.as_ref().map_or(0, |run| run.number());
        let message = message.into();
        async move {
            match run {
                Some(run) => task::progress(&run, number, fraction, &message).await,
                // A test that calls the function itself belongs to no plan.
                None => Ok(()),
            }
        }
    }

    /// Waits, also over the death of this process; the time counts from the first run on.
    ///
    /// # Errors
    /// [`TaskError`].
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = Result<(), TaskError>> + Send + use<T> {
        let run = self.run.clone();
        let number = run.as_ref().map_or(0, |run| run.number());
        async move {
            let run = run.ok_or(TaskError::NoApp)?;
            task::sleep(&run, number, duration).await
        }
    }

    /// What surrounds the payload: id, who asks, which event they want back.
    #[must_use]
    pub fn envelope(&self) -> &EventEnvelope {
        self.event.envelope()
    }

    /// The payload alone.
    #[must_use]
    pub fn into_payload(self) -> T {
        self.event.into_payload()
    }
}

impl<T: Payload> Task<T> {
    /// A task out of nothing, to call a handler in a test. Its source is `test`; it delegates nothing, and has no journal.
    ///
    /// # Panics
    /// Where the payload cannot be written as JSON.
    #[must_use]
    pub fn new(payload: T) -> Self {
        Self { event: Event::new(payload), run: None }
    }
}

impl<T> AsRef<EventEnvelope> for Task<T> {
    fn as_ref(&self) -> &EventEnvelope {
        self.envelope()
    }
}

impl<T> Deref for Task<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.event
    }
}

impl<T: Payload> FromDelivery for Task<T> {
    type Payload = T;
    const ROLES: Roles = Roles::ON_TASK;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self { event: Event::take(incoming)?, run: incoming.task().cloned() })
    }
}
