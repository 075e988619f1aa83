//! How an app is configured.

use std::{ffi::OsString, sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    broker::Broker,
    clock::Clock,
    connect,
    describe::Description,
    error::ConnectError,
    handler::{Handlers, StateMap, Table, TableError},
    services::Services,
    settings::Settings,
    store::Store,
};

/// An app before it starts.
#[must_use = "an app does nothing until it is started"]
pub struct AppBuilder {
    pub(super) name: String,
    pub(super) handlers: Option<Handlers>,
    /// The crates that the generated main names.
    handlers_in: &'static [&'static str],
    pub(super) agents: Vec<String>,
    pub(super) arguments: Arguments,
    broker: Choice<dyn Broker>,
    /// `None`: beside the broker.
    store: Option<Choice<dyn Store>>,
    clock: Clock,
    state: StateMap,
    settings: Settings,
    activity: Option<Arc<Notify>>,
}

/// A broker or store: by URL, or one that is there.
enum Choice<T: ?Sized> {
    Url(String),
    Given(Arc<T>),
}

/// The program's own command line arguments.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// What the generated main did not take.
    pub(super) given: Vec<OsString>,
    /// What the program has asked for: name, value's name, help.
    pub(super) known: Vec<(&'static str, &'static str, &'static str)>,
}

const MEMORY: &str = "memory:";

impl AppBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            handlers: None,
            handlers_in: &[],
            agents: Vec::new(),
            arguments: Arguments::default(),
            broker: Choice::Url(MEMORY.to_owned()),
            store: None,
            clock: Clock::system(),
            state: StateMap::default(),
            settings: Settings::default(),
            activity: None,
        }
    }

    /// Uses these handlers, and not those that the linked crates annotate.
    pub fn handlers(mut self, handlers: Handlers) -> Self {
        self.handlers = Some(handlers);
        self
    }

    /// Gives a shared value to every handler that has a `State<S>` for an argument. One a type.
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Self {
        self.state.insert(Arc::new(state));
        self
    }

    /// The broker, by URL: `memory:` where nothing is said.
    pub fn broker_url(mut self, url: impl Into<String>) -> Self {
        self.broker = Choice::Url(url.into());
        self
    }

    /// A broker that is there already, for example one that two apps share. It stays open when the app ends.
    ///
    /// Instances of one agent count attempts in their store: give them the same [`store`](Self::store) too.
    pub fn broker(mut self, broker: Arc<dyn Broker>) -> Self {
        self.broker = Choice::Given(broker);
        self
    }

    /// The store, by URL. Where nothing is said it is that of the broker's URL; beside a broker that is there
    /// already it is `memory:`.
    pub fn store_url(mut self, url: impl Into<String>) -> Self {
        self.store = Some(Choice::Url(url.into()));
        self
    }

    /// A store that is there already.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(Choice::Given(store));
        self
    }

    /// Runs these agents only. All, where nothing is said.
    pub fn agents(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.agents = names.into_iter().map(Into::into).collect();
        self
    }

    /// The clock that backoff, leases and time-outs go by.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// For how long a delivery is one instance's before another gets it, and for how long an instance without a sign of life
    /// stands in the registry; 30 s. Both are extended while it lives.
    ///
    /// Give all instances of an agent the same: some brokers, `nats:` among them, keep one for the whole group.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long a shutdown waits for running handlers; 30 s.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// How deep a workflow may go, from event to event; 256. Past it publishing fails, and loops of agents end.
    pub fn max_depth(mut self, depth: u32) -> Self {
        self.settings.max_depth = depth;
        self
    }

    /// How long a publisher outside handlers waits for room in a full topic; 30 s.
    pub fn publish_timeout(mut self, timeout: Duration) -> Self {
        self.settings.publish_timeout = timeout;
        self
    }

    /// How long a task that only waits (for a delegation, a sleep) keeps its place; 200 ms. Then it is suspended: what it has done is in
    /// its journal, its place is free for another one, and it runs again, from the journal, when what it waits for comes.
    ///
    /// `TestApp` suspends at once, so that a task which does not run the same twice shows it.
    pub fn suspend_after(mut self, patience: Duration) -> Self {
        self.settings.suspend_after = patience;
        self
    }

    /// A command line argument of the program's own: `--<name> <value>`, or `--<name>=<value>`.
    ///
    /// `--help` shows it. `None` where it was not given; the last one where it was given twice.
    pub fn arg(&mut self, name: &'static str, value: &'static str, help: &'static str) -> Option<String> {
        self.arguments.take(name, value, help)
    }

    /// The crates that the generated main links by naming them.
    #[cfg(feature = "main")]
    pub(super) fn handlers_in(mut self, crates: &'static [&'static str]) -> Self {
        self.handlers_in = crates;
        self
    }

    /// What is told of every settlement, so that apps on one broker can share it.
    pub(crate) fn activity(mut self, activity: Arc<Notify>) -> Self {
        self.activity = Some(activity);
        self
    }

    /// What the app consists of, checked like at the start. Nothing is connected for it, and nothing runs.
    ///
    /// # Errors
    /// [`TableError`]: the handlers do not fit together.
    pub fn describe(&self) -> Result<Description, TableError> {
        Ok(Description::of(&self.table()?))
    }

    /// The handlers, checked. Nothing is connected for it.
    pub(super) fn table(&self) -> Result<Table, TableError> {
        let handlers = self.handlers.clone().unwrap_or_else(|| Handlers::linked(self.handlers_in));
        Table::build(handlers, &self.name, &self.agents, &self.state, &self.settings)
    }

    pub(super) async fn services(self) -> Result<(String, Services), ConnectError> {
        let clock = &self.clock;
        let (broker, store) = match (self.broker, self.store) {
            // The broker's own store, over one connection.
            (Choice::Url(url), None) => {
                let (broker, store) = connect::both(&url, clock).await?;
                ((broker, true), store)
            }
            (broker, store) => {
                let broker = match broker {
                    Choice::Given(broker) => (broker, false),
                    Choice::Url(url) => (connect::broker(&url, clock).await?, true),
                };
                let store = match store {
                    Some(Choice::Given(store)) => store,
                    Some(Choice::Url(url)) => connect::store(&url, clock).await?,
                    None => connect::store(MEMORY, clock).await?,
                };
                (broker, store)
            }
        };
        let services =
            Services::new(broker, store, self.clock, self.state, self.settings, self.activity, &self.name);
        Ok((self.name, services))
    }
}

impl Arguments {
    fn take(&mut self, name: &'static str, value: &'static str, help: &'static str) -> Option<String> {
        self.known.push((name, value, help));
        let flag = format!("--{name}");
        let mut found = None;
        let mut at = 0;
        while at < self.given.len() {
            let given = self.given[at].to_string_lossy().into_owned();
            if given == flag && at + 1 < self.given.len() {
                self.given.remove(at);
                found = Some(self.given.remove(at).to_string_lossy().into_owned());
            } else if let Some(value) = given.strip_prefix(&flag).and_then(|rest| rest.strip_prefix('=')) {
                found = Some(value.to_owned());
                self.given.remove(at);
            } else {
                at += 1;
            }
        }
        found
    }
}

impl std::fmt::Debug for AppBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppBuilder")
            .field("name", &self.name)
            .field("agents", &self.agents)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
