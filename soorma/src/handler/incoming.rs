//! What a function is given when it is called: the event, and what surrounds it.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use serde::de::DeserializeOwned;
use soorma_common::EventEnvelope;

use crate::{
    Bus, Context,
    error::{DecodeError, MissingEvent},
    services::Services,
    task::TaskRun,
};

/// One call of a function: what [`FromDelivery`](crate::FromDelivery) takes its arguments from.
#[derive(Debug)]
pub struct Incoming {
    event: Option<Arc<EventEnvelope>>,
    attempt: u32,
    callee: Arc<Callee>,
    scope: Option<Arc<Scope>>,
    task: Option<Arc<TaskRun>>,
}

/// Whose function is called: in one place, since each call takes hold of all of it.
#[derive(Debug)]
pub(crate) struct Callee {
    pub(crate) agent: Arc<str>,
    /// The durable name; the agent's for a hook.
    pub(crate) subscription: Arc<str>,
    pub(crate) services: Arc<Services>,
}

impl Incoming {
    pub(crate) fn of_event(
        event: Arc<EventEnvelope>,
        attempt: u32,
        callee: Arc<Callee>,
        task: Option<Arc<TaskRun>>,
    ) -> Self {
        Self { event: Some(event), attempt, callee, scope: None, task }
    }

    pub(crate) fn of_hook(agent: Arc<str>, services: Arc<Services>) -> Self {
        let callee = Arc::new(Callee { subscription: agent.clone(), agent, services });
        Self { event: None, attempt: 1, callee, scope: None, task: None }
    }

    /// The event.
    ///
    /// # Errors
    /// [`MissingEvent`] in a start-up or shutdown hook.
    pub fn event(&self) -> Result<&Arc<EventEnvelope>, MissingEvent> {
        self.event.as_ref().ok_or(MissingEvent)
    }

    /// The data of the event as a type of your own. Parses anew each time: take it once.
    ///
    /// # Errors
    /// [`DecodeError`], which names the place inside the payload; the event goes to the dead letters at once.
    pub fn payload<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        Ok(DecodeError::read(self.event()?)?)
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The agent that the function belongs to.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.callee.agent
    }

    /// The bus; what is published through it descends from the event.
    #[must_use]
    pub fn bus(&mut self) -> Bus {
        let scope = self.scope();
        Bus::new(self.callee.services.clone(), self.callee.agent.clone(), scope)
    }

    /// Everything at once.
    #[must_use]
    pub fn context(&mut self) -> Context {
        Context::new(self.bus())
    }

    /// A shared value that the program gave with [`AppBuilder::state`](crate::AppBuilder::state).
    #[must_use]
    pub fn state<S: Send + Sync + 'static>(&self) -> Option<Arc<S>> {
        self.callee.services.state.get()
    }

    /// The run of a task, under `#[on_task]`.
    pub(crate) fn task(&self) -> Option<&Arc<TaskRun>> {
        self.task.as_ref()
    }

    pub(crate) fn scope(&mut self) -> Option<Arc<Scope>> {
        if self.scope.is_none()
            && let Some(parent) = &self.event
        {
            let scope = Scope::new(parent.clone(), self.callee.subscription.clone());
            self.scope = Some(Arc::new(scope));
        }
        self.scope.clone()
    }

    /// The scope, where a bus was taken.
    pub(crate) fn taken_scope(&self) -> Option<&Arc<Scope>> {
        self.scope.as_ref()
    }
}

/// Where something is published from: the event being handled, and by whom.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) parent: Arc<EventEnvelope>,
    /// The durable name of the subscription: outputs of two handlers of one event differ by it.
    pub(crate) subscription: Arc<str>,
    /// Set when something was published past the depth that a workflow may have.
    pub(crate) too_deep: AtomicBool,
    /// How often equal payloads were published, so that each occurrence gets an id of its own.
    occurrences: Mutex<HashMap<u128, u32>>,
}

impl Scope {
    pub(crate) fn new(parent: Arc<EventEnvelope>, subscription: Arc<str>) -> Self {
        Self { parent, subscription, too_deep: AtomicBool::new(false), occurrences: Mutex::default() }
    }

    /// Counts this digest: 0 the first time.
    pub(crate) fn occurrence(&self, digest: u128) -> u32 {
        let mut occurrences = self.occurrences.lock().unwrap_or_else(PoisonError::into_inner);
        let count = occurrences.entry(digest).or_default();
        *count += 1;
        *count - 1
    }
}

/// What is known when an app starts: what [`FromDelivery::check`](crate::FromDelivery::check) looks at.
#[derive(Debug)]
pub struct Startup<'a> {
    pub(crate) state: &'a StateMap,
}

impl Startup<'_> {
    /// Whether the program gave a shared value of this type.
    #[must_use]
    pub fn has_state<S: Send + Sync + 'static>(&self) -> bool {
        self.state.contains::<S>()
    }
}

/// Something that an argument needs and that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{argument}`: {reason}")]
pub struct Missing {
    /// The argument's type.
    pub argument: String,
    /// What is missing, and how to give it.
    pub reason: String,
}

/// Shared values by type. A program has a handful, so a look along the list is the fastest look-up.
#[derive(Clone, Debug, Default)]
pub(crate) struct StateMap(Vec<(TypeId, Arc<dyn Any + Send + Sync>)>);

impl StateMap {
    pub(crate) fn insert<S: Send + Sync + 'static>(&mut self, state: Arc<S>) {
        self.0.retain(|(id, _)| *id != TypeId::of::<S>());
        self.0.push((TypeId::of::<S>(), state));
    }

    pub(crate) fn contains<S: 'static>(&self) -> bool {
        self.0.iter().any(|(id, _)| *id == TypeId::of::<S>())
    }

    pub(crate) fn get<S: Send + Sync + 'static>(&self) -> Option<Arc<S>> {
        let (_, state) = self.0.iter().find(|(id, _)| *id == TypeId::of::<S>())?;
        state.clone().downcast().ok()
    }
}
