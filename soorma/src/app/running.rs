//! An app that runs, and its end.

use std::sync::Arc;

use tokio::task::{JoinHandle, JoinSet};

use super::start::run_hook;
use crate::{
    Bus,
    broker::SubscriptionId,
    handler::HookRegistration,
    phase::PhaseSender,
    race::{First, race},
    registry::{Presence, Registry},
    run::{Dispatcher, Ended},
    services::Services,
};

/// An app that runs. Dropping it stops everything at once, as if the process had died; [`shutdown`](Self::shutdown)
/// is the kind way.
#[derive(Debug)]
pub struct Running {
    name: Arc<str>,
    services: Arc<Services>,
    presence: Presence,
    // Before the phase, whose end means drain: dropped all at once, an app hands nothing back.
    dispatchers: JoinSet<Ended>,
    answers: Vec<Abort>,
    phase: PhaseSender,
    hooks: Vec<(Arc<str>, HookRegistration)>,
    subscriptions: Vec<SubscriptionId>,
}

/// How a shutdown went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// Handlers that still ran when the grace period was over, and were given up. Their events come back elsewhere.
    pub abandoned: usize,
    /// Shutdown hooks that failed; their errors are logged.
    pub failed_hooks: usize,
    /// Subscriptions that the broker gave nothing more, while the app ran. The app asked itself to stop then.
    pub deaf_subscriptions: usize,
}

impl Running {
    pub(super) fn new(
        name: String,
        services: Arc<Services>,
        presence: Presence,
        phase: PhaseSender,
        listening: Listening,
        hooks: Vec<(Arc<str>, HookRegistration)>,
    ) -> Self {
        let Listening { dispatchers, answers, subscriptions } = listening;
        let dispatchers = dispatchers.into_iter().map(Dispatcher::run).collect();
        let answers = answers.into_iter().map(Abort).collect();
        Self { name: name.into(), services, presence, dispatchers, answers, phase, hooks, subscriptions }
    }

    /// A bus in the app's name, for whatever publishes from outside its handlers.
    #[must_use]
    pub fn bus(&self) -> Bus {
        Bus::new(self.services.clone(), self.name.clone(), None)
    }

    /// Which events there are, and which agents live.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.services.registry
    }

    /// Ends when somebody has asked the app to stop by [`Context::shutdown`](crate::Context::shutdown), or when the
    /// broker gives nothing more. Cancel safe.
    pub async fn stopped(&self) {
        let mut stop = self.services.stop.subscribe();
        // The sender lives in the services, which are alive here.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Drains: nothing new starts, what runs is finished and settled, what had not started goes back at once. What
    /// still runs after the grace period is given up, and comes back elsewhere when its lease ends. Then the
    /// shutdown hooks run, each within the grace period, and the broker is closed if it was opened for this app.
    pub async fn shutdown(mut self) -> Shutdown {
        self.presence.leave();
        self.phase.drain();
        let mut shutdown = Shutdown::default();
        let clock = self.services.clock.clone();
        let grace = self.services.settings.grace;
        match race(join(&mut self.dispatchers, &mut shutdown), clock.sleep(grace)).await {
            First::Left(()) => {}
            First::Right(()) => {
                self.phase.abandon();
                join(&mut self.dispatchers, &mut shutdown).await;
            }
        }
        // Tasks that ran to their end needed them.
        self.answers.clear();
        // Withdrawn meanwhile, or else the lease ends it.
        self.presence.left().await;
        for (agent, hook) in &self.hooks {
            if let Err(error) = run_hook(&self.services, agent, hook, grace).await {
                tracing::error!(hook = hook.handler, error = format!("{error:#}"), "shutdown hook failed");
                shutdown.failed_hooks += 1;
            }
        }
        self.services.close().await;
        tracing::info!(app = %self.name, abandoned = shutdown.abandoned, "stopped");
        shutdown
    }

    pub(crate) fn subscriptions(&self) -> &[SubscriptionId] {
        &self.subscriptions
    }
}

/// What an app listens to, and with what.
pub(super) struct Listening {
    pub(super) dispatchers: Vec<Dispatcher>,
    /// For the answers to what tasks have delegated.
    pub(super) answers: Vec<JoinHandle<()>>,
    pub(super) subscriptions: Vec<SubscriptionId>,
}

/// A task that ends with its owner.
#[derive(Debug)]
struct Abort(JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits for all dispatchers, and adds up how they ended.
async fn join(dispatchers: &mut JoinSet<Ended>, shutdown: &mut Shutdown) {
    while let Some(ended) = dispatchers.join_next().await {
        match ended {
            Ok(Ended { abandoned, deaf }) => {
                shutdown.abandoned += abandoned;
                shutdown.deaf_subscriptions += usize::from(deaf);
            }
            Err(error) => {
                tracing::error!(%error, "a dispatcher died");
                shutdown.deaf_subscriptions += 1;
            }
        }
    }
}
