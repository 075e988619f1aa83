//! Testing agents: the real app, in process, under a virtual clock, waited for by counting.
//!
//! Owns the harness; knows nothing that an app does not know.

mod live;
mod recorder;

use std::{sync::Arc, time::Duration};

use soorma_common::{EventEnvelope, EventPayload, Request};
use tokio::sync::Notify;

use self::{
    live::{Alive, Live},
    recorder::Recorder,
};
use crate::{
    AppBuilder, Bus, Running, Shutdown,
    broker::{Backlog, Broker, BrokerError, DeadLetter, Published, memory::MemoryBroker},
    clock::Clock,
    error::{AskError, BusError, StartError},
    registry::Registry,
    store::{Store, memory::MemoryStore},
};

/// The real app, in process, on `memory:`, under a virtual clock.
///
/// ```
/// use soorma::{prelude::*, testing::TestApp, handlers};
///
/// /// A customer placed an order.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = BusinessFacts, event_type = "order.placed")]
/// struct OrderPlaced { order_id: String }
///
/// /// An order was noted.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = BusinessFacts, event_type = "order.noted")]
/// struct OrderNoted { order_id: String }
///
/// #[on_event]
/// async fn note(order: Event<OrderPlaced>) -> OrderNoted {
///     OrderNoted { order_id: order.into_payload().order_id }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let app = TestApp::start(App::builder("orders").handlers(handlers![note])).await?;
/// app.publish(OrderPlaced { order_id: "o1".into() }).await?;
/// app.settle().await?;
/// assert_eq!(app.published::<OrderNoted>()[0].order_id, "o1");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestApp {
    running: Running,
    bed: TestBed,
    _alive: Alive,
}

/// The surroundings of an app that outlive it: so that a test can start it again on the same broker and store.
#[derive(Clone)]
pub struct TestBed {
    clock: Clock,
    recorder: Arc<Recorder>,
    store: Arc<dyn Store>,
    activity: Arc<Notify>,
    live: Arc<Live>,
}

impl TestBed {
    /// An empty broker and store, under a virtual clock.
    #[must_use]
    pub fn new() -> Self {
        let clock = Clock::simulated();
        Self::on(Arc::new(MemoryBroker::new(clock.clone())), clock)
    }

    /// A broker of your own, for example one that misbehaves, and the clock that it goes by.
    #[must_use]
    pub fn on(broker: Arc<dyn Broker>, clock: Clock) -> Self {
        let store = Arc::new(MemoryStore::new(clock.clone()));
        Self::with(broker, store, clock)
    }

    /// A broker and a store of your own.
    #[must_use]
    pub fn with(broker: Arc<dyn Broker>, store: Arc<dyn Store>, clock: Clock) -> Self {
        Self {
            clock,
            recorder: Arc::new(Recorder::new(broker)),
            store,
            activity: Arc::default(),
            live: Arc::default(),
        }
    }

    /// The clock, to give it to handlers as their state.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Starts an app on it. Several may run at once: instances of one agent, or different agents.
    ///
    /// # Errors
    /// [`StartError`], as outside a test.
    pub async fn start(&self, app: AppBuilder) -> Result<TestApp, StartError> {
        let running = app
            .clock(self.clock.clone())
            .broker(self.recorder.clone())
            .store(self.store.clone())
            .activity(self.activity.clone())
            .suspend_after(Duration::ZERO)
            .start()
            .await?;
        let alive = Live::add(&self.live, &self.activity, running.subscriptions());
        Ok(TestApp { running, bed: self.clone(), _alive: alive })
    }

    /// The broker, for what the harness does not offer.
    #[must_use]
    pub fn broker(&self) -> &dyn Broker {
        &*self.recorder
    }

    /// Waits until every event is settled by every handler of every app that runs on this bed. Counted, never timed.
    ///
    /// It moves the virtual clock over backoffs, and over nothing else: a handler that waits for a time-out of its
    /// own, or for the deadline of an `ask`, is waited for until the test [`advance`](TestApp::advance)s.
    ///
    /// # Errors
    /// [`BrokerError`] when the broker is closed.
    pub async fn settle(&self) -> Result<(), BrokerError> {
        loop {
            let changed = self.activity.notified();
            let ids = self.live.ids();
            let backlog = self.recorder.backlog(&ids).await?;
            if backlog.total() == 0 {
                return Ok(());
            }
            match backlog.next_due {
                Some(due) if backlog.waiting == 0 && backlog.in_flight == 0 => self.clock.reach(due).await,
                _ => changed.await,
            }
        }
    }
}

impl std::fmt::Debug for TestBed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestBed")
            .field("broker", &self.recorder)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

impl Default for TestBed {
    fn default() -> Self {
        Self::new()
    }
}

impl TestApp {
    /// Starts an app on a broker and a store of its own.
    ///
    /// # Errors
    /// [`StartError`], as outside a test.
    pub async fn start(app: AppBuilder) -> Result<Self, StartError> {
        TestBed::new().start(app).await
    }

    /// Publishes as a program outside handlers would.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn publish<P: EventPayload>(&self, payload: P) -> Result<Published, BusError> {
        self.bus().publish(payload).await
    }

    /// Asks as a program outside handlers would.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask<P: Request>(&self, payload: P) -> Result<P::Response, AskError> {
        self.bus().ask(payload).await
    }

    /// A bus in the app's name.
    #[must_use]
    pub fn bus(&self) -> Bus {
        self.running.bus()
    }

    /// [`TestBed::settle`].
    ///
    /// # Errors
    /// [`BrokerError`] when the broker is closed.
    pub async fn settle(&self) -> Result<(), BrokerError> {
        self.bed.settle().await
    }

    /// How much is not settled yet by the handlers of this app.
    ///
    /// # Errors
    /// [`BrokerError`] when the broker is closed.
    pub async fn backlog(&self) -> Result<Backlog, BrokerError> {
        self.bed.recorder.backlog(self.running.subscriptions()).await
    }

    /// Moves the virtual clock on; whatever falls due on the way happens, in its order.
    pub async fn advance(&self, duration: Duration) {
        self.bed.clock.advance(duration).await;
    }

    /// The clock that the app goes by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.bed.clock
    }

    /// The payloads of this type that were published, by the test and by handlers, oldest first. What the broker
    /// recognised as a repetition is not among them.
    ///
    /// # Panics
    /// Where an event of that name has another shape.
    #[must_use]
    pub fn published<P: EventPayload>(&self) -> Vec<P> {
        let contract = P::CONTRACT;
        self.events()
            .iter()
            .filter(|event| event.topic == contract.topic && event.event_type == contract.event_type)
            .map(|event| match event.data_as() {
                Ok(payload) => payload,
                Err(error) => panic!("`{}` was published with another shape: {error}", contract.event_type),
            })
            .collect()
    }

    /// Everything that was published, oldest first, repetitions left out.
    #[must_use]
    pub fn events(&self) -> Vec<Arc<EventEnvelope>> {
        self.bed.recorder.events()
    }

    /// The dead letters, oldest first.
    ///
    /// # Errors
    /// [`BrokerError`] when the broker is closed.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, BrokerError> {
        self.bed.recorder.dead_letters().list(usize::MAX).await
    }

    /// [`TestBed::broker`].
    #[must_use]
    pub fn broker(&self) -> &dyn Broker {
        self.bed.broker()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.bed.store
    }

    /// Which events there are, and which agents live.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.running.registry()
    }

    /// The broker, the store and the clock, to start another app on them.
    #[must_use]
    pub fn bed(&self) -> TestBed {
        self.bed.clone()
    }

    /// Drains and ends the app. The broker stays open for the [`bed`](Self::bed).
    pub async fn shutdown(self) -> Shutdown {
        self.running.shutdown().await
    }

    /// Ends the app as a crash would: nothing is settled, and what it had in hand comes back when its lease ends.
    pub fn kill(self) {
        drop(self);
    }
}
