//! One run of a task: who it is, how far it has come, and whether it only waits.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use soorma_common::EventEnvelope;
use tokio::sync::{Notify, OnceCell};

use super::{
    Wake,
    error::TaskError,
    id,
    journal::Journal,
    record::{Recorded, State},
};
use crate::{
    race::{First, race},
    services::Services,
    store::StoreError,
};

/// One run of a task.
pub(crate) struct TaskRun {
    pub(super) services: Arc<Services>,
    pub(super) agent: Arc<str>,
    /// The durable name of the handler's subscription.
    subscription: Arc<str>,
    request: Arc<EventEnvelope>,
    /// What this run was woken by; otherwise it is the request itself.
    wake: Option<Wake>,
    /// From the first call that is recorded on.
    opened: OnceCell<Opened>,
    /// How many calls were made.
    calls: AtomicU32,
    /// Steps that run now: they are not interrupted.
    steps: AtomicUsize,
    /// Calls that wait now.
    waiting: Mutex<BTreeSet<u32>>,
    /// Told when a call has waited for long.
    tired: Notify,
}

/// A journal that is ours.
pub(super) struct Opened {
    pub(super) task: String,
    pub(super) journal: Journal,
    /// Whether nothing can be recorded yet, because the task began with this run.
    pub(super) fresh: bool,
    /// `None` once somebody else has it.
    epoch: Mutex<Option<u64>>,
}

/// How an attempt to suspend a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// It is suspended: drop it.
    Suspended,
    /// It does not only wait, or what it waits for has just come.
    GoesOn,
    /// Somebody else has it.
    TakenOver,
}

impl TaskRun {
    /// The run that a request begins.
    pub(crate) fn of_request(
        services: Arc<Services>,
        agent: Arc<str>,
        subscription: Arc<str>,
        request: Arc<EventEnvelope>,
    ) -> Self {
        Self {
            services,
            agent,
            subscription,
            request,
            wake: None,
            opened: OnceCell::new(),
            calls: AtomicU32::new(0),
            steps: AtomicUsize::new(0),
            waiting: Mutex::default(),
            tired: Notify::new(),
        }
    }

    /// The run that a wake-up begins; `None` where it is not that one's turn any more.
    pub(crate) async fn of_wake(
        services: Arc<Services>,
        agent: Arc<str>,
        subscription: Arc<str>,
        wake: Wake,
    ) -> Result<Option<Self>, StoreError> {
        let journal = Journal::new(services.store.clone(), &agent, &wake.task);
        let Some(head) = journal.head().await? else { return Ok(None) };
        let request = Arc::new(head.value.request);
        let run = Self { wake: Some(wake), ..Self::of_request(services, agent, subscription, request) };
        match run.open().await {
            Ok(_) => Ok(Some(run)),
            Err(TaskError::Journal(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Whether another delivery carries the task: then this one, its request come again, is no longer needed.
    pub(crate) async fn is_carried_by_another(&self) -> Result<bool, StoreError> {
        let journal = Journal::new(self.services.store.clone(), &self.agent, &self.task());
        let head = journal.head().await?;
        Ok(head.is_some_and(|head| !head.value.is_for(&self.ticket(), self.wake.as_ref())))
    }

    pub(crate) fn request(&self) -> &Arc<EventEnvelope> {
        &self.request
    }

    /// Takes the journal, once; whoever had it is fenced.
    pub(super) async fn open(&self) -> Result<&Opened, TaskError> {
        let opened = self.opened.get_or_try_init(|| self.take()).await?;
        if opened.epoch().is_none() { Err(TaskError::TakenOver) } else { Ok(opened) }
    }

    async fn take(&self) -> Result<Opened, TaskError> {
        let task = self.task();
        let journal = Journal::new(self.services.store.clone(), &self.agent, &task);
        let taken =
            journal.take(&self.ticket(), self.wake.as_ref(), &self.request, &self.subscription).await?;
        let epoch = taken.ok_or(TaskError::TakenOver)?;
        Ok(Opened { task, journal, fresh: epoch == 1, epoch: Mutex::new(Some(epoch)) })
    }

    fn task(&self) -> String {
        match &self.wake {
            Some(wake) => wake.task.clone(),
            None => id::task(&self.subscription, &self.request),
        }
    }

    fn ticket(&self) -> String {
        self.wake.as_ref().map_or_else(|| "request".to_owned(), Wake::id)
    }

    /// The number of a call that is made now.
    pub(crate) fn number(&self) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Says that a step runs, until what is given is dropped.
    pub(super) fn busy(&self) -> Busy<'_> {
        self.steps.fetch_add(1, Ordering::Relaxed);
        Busy(&self.steps)
    }

    /// Waits until it is recorded what came of a call.
    pub(super) async fn outcome(&self, opened: &Opened, number: u32) -> Result<Recorded, TaskError> {
        let arrives = self.services.answers.expect(&opened.task, number);
        let _waits = Waits::begin(self, number);
        loop {
            if let Some(recorded) = opened.journal.outcome(number).await? {
                return Ok(recorded);
            }
            let patience = self.services.clock.sleep(self.services.settings.suspend_after);
            match race(arrives.told(), patience).await {
                First::Left(()) => {}
                First::Right(()) => {
                    self.tired.notify_one();
                    // Whoever runs the task looks whether it can be suspended before this goes on.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Ends when a call has waited for so long that the task may be suspended.
    pub(crate) async fn tired(&self) {
        self.tired.notified().await;
    }

    /// Suspends the task, if it only waits. It must not run meanwhile.
    pub(crate) async fn suspend(&self) -> Result<Parked, StoreError> {
        let waiting: Vec<u32> = self.waiting().iter().copied().collect();
        let Some(opened) = self.opened.get() else { return Ok(Parked::GoesOn) };
        if waiting.is_empty() || self.steps.load(Ordering::Relaxed) > 0 {
            return Ok(Parked::GoesOn);
        }
        if !opened.advance(State::Suspended).await? {
            return Ok(Parked::TakenOver);
        }
        // Whoever recorded an outcome before this found the task running, and has woken nobody.
        for number in waiting {
            if opened.journal.outcome(number).await?.is_some() {
                let again = opened.advance(State::Running { ticket: self.ticket() }).await?;
                return Ok(if again { Parked::GoesOn } else { Parked::TakenOver });
            }
        }
        Ok(Parked::Suspended)
    }

    /// Leaves a task that is given up as one that its request, replayed, can go on with.
    pub(crate) async fn park(&self) -> Result<(), StoreError> {
        let Some(opened) = self.opened.get() else { return Ok(()) };
        opened.advance(State::Suspended).await.map(drop)
    }

    /// Whether another instance was found to have the task.
    pub(crate) fn is_taken_over(&self) -> bool {
        self.opened.get().is_some_and(|opened| opened.epoch().is_none())
    }

    /// Removes the journal of a task that has answered, once its delivery is acknowledged.
    pub(crate) async fn forget(&self) -> Result<(), StoreError> {
        let Some(opened) = self.opened.get() else { return Ok(()) };
        opened.journal.remove(self.calls.load(Ordering::Relaxed)).await
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opened {
    fn epoch(&self) -> Option<u64> {
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the head on; false where it is not ours any more.
    async fn advance(&self, state: State) -> Result<bool, StoreError> {
        let Some(epoch) = self.epoch() else { return Ok(false) };
        let next = self.journal.advance(epoch, state).await?;
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(next.is_some())
    }
}

impl std::fmt::Debug for TaskRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskRun").field("request", &self.request.id).finish_non_exhaustive()
    }
}

/// A step that runs.
pub(super) struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A call that waits.
struct Waits<'a>(&'a TaskRun, u32);

impl<'a> Waits<'a> {
    fn begin(run: &'a TaskRun, number: u32) -> Self {
        run.waiting().insert(number);
        Self(run, number)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting().remove(&self.1);
    }
}
