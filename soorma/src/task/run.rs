//! One run of a task: who it is, how far it has come, and whether it only waits.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
};

use soorma_common::EventEnvelope;
use tokio::sync::{Notify, OnceCell};

use super::{
    Wake,
    busy::{Busy, Waits},
    error::TaskError,
    id,
    journal::Journal,
    opened::Opened,
    record::{Head, Recorded, State},
};
use crate::{
    handler::Scope,
    held::Lease,
    phase::Phase,
    race::{First, race},
    services::Services,
    sorted::Sorted,
    store::{StoreError, Versioned},
};

/// One run of a task.
pub(crate) struct TaskRun {
    pub(super) services: Arc<Services>,
    pub(super) agent: Arc<str>,
    /// The durable name of the handler's subscription.
    pub(super) subscription: Arc<str>,
    request: Arc<EventEnvelope>,
    /// What this run was woken by; otherwise it is the request itself.
    wake: Option<Wake>,
    /// Made when it is asked for first: most tasks record nothing.
    journal: OnceLock<Journal>,
    /// What is known of the head before it is taken: nothing, that there is none, or what it was.
    known: Mutex<Option<Option<Versioned<Head>>>>,
    /// From the first call that is recorded on.
    opened: OnceCell<Opened>,
    /// Set when the run is over, or somebody else has the task: what of it still runs records nothing more.
    over: AtomicBool,
    taken_over: AtomicBool,
    /// Whether the delivery is still ours.
    lease: Lease,
    pub(super) phase: Phase,
    /// How many calls were made.
    calls: AtomicU32,
    /// Steps that run now: they are not interrupted.
    pub(super) steps: AtomicUsize,
    /// Calls that wait now.
    waiting: Mutex<Sorted<u32>>,
    /// Told when a call has waited for long.
    pub(super) tired: Notify,
    /// Where a task that is deferred publishes from.
    pub(super) deferred: OnceLock<Arc<Scope>>,
}

/// What runs a task: the handler, and the delivery.
pub(crate) struct Carrier {
    pub(crate) services: Arc<Services>,
    pub(crate) agent: Arc<str>,
    /// The durable name of the handler's subscription.
    pub(crate) subscription: Arc<str>,
    pub(crate) lease: Lease,
    pub(crate) phase: Phase,
}

/// How an attempt to suspend a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// It is suspended, or somebody else has it: drop it.
    Over,
    /// It does not only wait, or what it waits for has just come.
    GoesOn,
}

impl TaskRun {
    /// The run that the first delivery of a request begins. The good path looks at no journal.
    pub(crate) fn of_request(carrier: Carrier, request: Arc<EventEnvelope>) -> Self {
        Self::new(carrier, request, None, Some(None))
    }

    /// The run that a request begins which comes again; nothing where another delivery carries the task.
    pub(crate) async fn of_repeated(
        carrier: Carrier,
        request: Arc<EventEnvelope>,
    ) -> Result<(Self, bool), StoreError> {
        let run = Self { known: Mutex::default(), ..Self::of_request(carrier, request) };
        let head = run.journal().head().await?;
        let is_its_turn = match &head {
            Some(head) if head.value.is_done() => run.is_answered().await.map(|_| false)?,
            Some(head) => head.value.is_for(&run.ticket(), None),
            None => !run.is_answered().await?,
        };
        run.know(head).await?;
        Ok((run, is_its_turn))
    }

    /// The run that a wake-up begins, and whether it is its turn; `None` where there is no such task.
    pub(crate) async fn of_wake(carrier: Carrier, wake: Wake) -> Result<Option<(Self, bool)>, StoreError> {
        let journal = Journal::new(carrier.services.store.clone(), &carrier.agent, &wake.task);
        let Some(head) = journal.head().await? else { return Ok(None) };
        let request = Arc::new(head.value.request.clone());
        let run = Self::new(carrier, request, Some(wake), None);
        run.know(Some(head)).await?;
        match run.open().await {
            Ok(_) => Ok(Some((run, true))),
            Err(TaskError::Journal(error)) => Err(error),
            Err(_) => Ok(Some((run, false))),
        }
    }

    fn new(
        carrier: Carrier,
        request: Arc<EventEnvelope>,
        wake: Option<Wake>,
        known: Option<Option<Versioned<Head>>>,
    ) -> Self {
        let Carrier { services, agent, subscription, lease, phase } = carrier;
        Self {
            journal: OnceLock::new(),
            services,
            agent,
            subscription,
            request,
            wake,
            known: Mutex::new(known),
            opened: OnceCell::new(),
            over: AtomicBool::new(false),
            taken_over: AtomicBool::new(false),
            lease,
            phase,
            calls: AtomicU32::new(0),
            steps: AtomicUsize::new(0),
            waiting: Mutex::default(),
            tired: Notify::new(),
            deferred: OnceLock::new(),
        }
    }

    /// Keeps a head for when it is taken. One that this very delivery has finished is tidied up.
    async fn know(&self, head: Option<Versioned<Head>>) -> Result<(), StoreError> {
        if let Some(Versioned { value, .. }) = &head
            && value.state == (State::Done { ticket: self.ticket() })
        {
            self.tidy(value).await?;
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
        Ok(())
    }

    /// Whether an earlier run has begun to do something.
    pub(crate) async fn is_begun(&self) -> Result<bool, StoreError> {
        let is_known = self.is_woken() || self.is_deferred();
        Ok(is_known || self.journal().head().await?.is_some_and(|head| !head.value.is_done()))
    }

    pub(crate) fn request(&self) -> &Arc<EventEnvelope> {
        &self.request
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.wake.is_some()
    }

    /// Takes what an earlier run has left that made so many calls, if there is anything.
    pub(crate) async fn take_up(&self, calls: u32) -> Result<(), TaskError> {
        self.calls.fetch_max(calls, Ordering::Relaxed);
        self.is_answered().await?;
        // A replay comes for the first time, and finds one all the same.
        let has_journal = self.is_woken() || self.journal().head().await?.is_some();
        if has_journal { self.open().await.map(drop) } else { Ok(()) }
    }

    /// Takes the journal, once; whoever had it is fenced.
    pub(super) async fn open(&self) -> Result<&Opened, TaskError> {
        if self.is_over() {
            return Err(TaskError::TakenOver);
        }
        self.opened.get_or_try_init(|| self.take()).await
    }

    /// Whether nothing more is to be recorded: the run has ended, or its delivery is lost.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) || !self.lease.is_ours()
    }

    async fn take(&self) -> Result<Opened, TaskError> {
        let by = soorma_common::id::fresh().to_string();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner).take();
        loop {
            let found = match known.take() {
                Some(known) => known,
                None => self.journal().head().await?,
            };
            let revision = found.as_ref().map(|found| found.revision);
            let state = State::Running { ticket: self.ticket() };
            let head = match found.map(|found| found.value) {
                None if self.wake.is_none() => Head {
                    epoch: 1,
                    by: by.clone(),
                    state,
                    calls: 0,
                    settled: false,
                    request: (*self.request).clone(),
                    subscription: self.subscription.to_string(),
                },
                Some(head) if head.is_for(&self.ticket(), self.wake.as_ref()) => {
                    // The request has come again, or was replayed.
                    let settled = head.settled && self.wake.is_some();
                    Head { epoch: head.epoch + 1, by: by.clone(), state, settled, ..head }
                }
                _ => {
                    self.taken_over.store(true, Ordering::Relaxed);
                    self.over.store(true, Ordering::Relaxed);
                    return Err(TaskError::TakenOver);
                }
            };
            if let Some(held) = self.journal().write(revision, head).await? {
                return Ok(Opened::new(self.journal().clone(), held));
            }
        }
    }

    /// The name of the task.
    pub(super) fn task(&self) -> &str {
        self.journal().task()
    }

    fn journal(&self) -> &Journal {
        self.journal.get_or_init(|| {
            let task = match &self.wake {
                Some(wake) => wake.task.clone(),
                None => id::task(&self.subscription, &self.request),
            };
            Journal::new(self.services.store.clone(), &self.agent, &task)
        })
    }

    fn ticket(&self) -> String {
        self.wake.as_ref().map_or_else(|| "request".to_owned(), Wake::id)
    }

    pub(crate) fn calls_made(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The number of a call that is made now.
    pub(crate) fn number(&self) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Says that a step runs, until what is given is dropped.
    pub(super) fn busy(&self) -> Busy<'_> {
        Busy::begin(self)
    }

    /// Waits until it is recorded what came of a call.
    pub(super) async fn outcome(&self, opened: &Opened, number: u32) -> Result<Recorded, TaskError> {
        let arrives = self.services.answers.expect(opened.journal.task(), number);
        let _waits = Waits::begin(self, number);
        let mut phase = self.phase.clone();
        let mut drains = false;
        loop {
            if let Some(recorded) = opened.journal.outcome(number).await? {
                return Ok(recorded);
            }
            let patience = self.services.clock.sleep(self.services.settings.suspend_after);
            // An app that ends waits for nobody who waits.
            let drained = async { if drains { pending().await } else { phase.draining().await } };
            match race(arrives.told(), race(patience, drained)).await {
                First::Left(()) => {}
                First::Right(why) => {
                    drains |= matches!(why, First::Right(()));
                    self.tired.notify_one();
                    // Whoever runs the task looks whether it can be suspended before this goes on.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Takes back what was recorded of a task that was done by then.
    pub(super) async fn forget(&self, opened: &Opened, number: u32) -> Result<(), StoreError> {
        if opened.journal.head().await?.is_none_or(|head| head.value.is_done()) {
            opened.journal.erase(number).await?;
        }
        Ok(())
    }

    /// Ends when a call has waited for so long that the task may be suspended.
    pub(crate) async fn tired(&self) {
        self.tired.notified().await;
    }

    /// Suspends the task, if it only waits. It must not run meanwhile, nor go on after an error: then it is handed back.
    pub(crate) async fn suspend(&self) -> Result<Parked, StoreError> {
        let waiting: Vec<u32> = self.waiting().keys().copied().collect();
        let Some(opened) = self.opened.get() else { return Ok(Parked::GoesOn) };
        if waiting.is_empty() || self.steps.load(Ordering::Relaxed) > 0 {
            return Ok(Parked::GoesOn);
        }
        if !self.advance(opened, State::Suspended { ticket: self.ticket() }).await? {
            return Ok(Parked::Over);
        }
        // Whoever recorded an outcome before this found the task running, and has woken nobody.
        for number in waiting {
            if opened.journal.outcome(number).await?.is_some() {
                let again = self.advance(opened, State::Running { ticket: self.ticket() }).await?;
                return Ok(if again { Parked::GoesOn } else { Parked::Over });
            }
        }
        tracing::debug!(request = &*self.request.id, "a task that waits is suspended");
        Ok(Parked::Over)
    }

    /// The handler has ended: what it has left running records nothing more.
    pub(crate) fn end_calls(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Leaves a task that is given up as one that its request, replayed, can go on with.
    pub(crate) async fn give_up(&self) -> Result<(), StoreError> {
        self.end(State::GivenUp { ticket: self.ticket() }).await.map(drop)
    }

    /// Says that the outputs are published, and removes what is recorded. Its delivery is acknowledged only then: should
    /// it come again, it is not begun anew.
    pub(crate) async fn finish(&self) -> Result<(), StoreError> {
        match self.end(State::Done { ticket: self.ticket() }).await? {
            Some(opened) => self.tidy(&opened.last()).await,
            None => Ok(()),
        }
    }

    /// Removes what is left of a task that is done; also the head, where its request does not come again.
    async fn tidy(&self, head: &Head) -> Result<(), StoreError> {
        self.journal().remove_calls(head.calls).await?;
        if head.settled { self.journal().remove_head().await } else { Ok(()) }
    }

    /// Its delivery is acknowledged. Where that is the request itself, it is noted: then the head goes with the task.
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        if self.wake.is_some() {
            return Ok(());
        }
        match self.opened.get() {
            Some(opened) if opened.last().is_done() => self.journal().remove_head().await,
            Some(opened) => opened.settle().await,
            None if self.is_taken_over() || self.knows_a_head() => self.journal().settle().await,
            // It has recorded nothing.
            None => Ok(()),
        }
    }

    fn knows_a_head(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().is_some_and(Option::is_some)
    }

    /// Whether another instance was found to have the task.
    pub(crate) fn is_taken_over(&self) -> bool {
        self.taken_over.load(Ordering::Relaxed)
    }

    /// The last word on a journal that is open; `None` where there is none, or it is somebody else's.
    async fn end(&self, state: State) -> Result<Option<&Opened>, StoreError> {
        let Some(opened) = self.opened.get() else { return Ok(None) };
        Ok(self.advance(opened, state).await?.then_some(opened))
    }

    /// Moves the head on; false where it is not ours any more.
    async fn advance(&self, opened: &Opened, state: State) -> Result<bool, StoreError> {
        let ours = opened.advance(state, self.calls_made()).await?;
        if !ours {
            self.taken_over.store(true, Ordering::Relaxed);
            self.over.store(true, Ordering::Relaxed);
        }
        Ok(ours)
    }

    pub(super) fn waiting(&self) -> MutexGuard<'_, Sorted<u32>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for TaskRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskRun").field("request", &self.request.id).finish_non_exhaustive()
    }
}
