//! An app that runs, and its end.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::start::run_hook;
use crate::{
    Bus,
    broker::SubscriptionId,
    handler::HookRegistration,
    race::{First, race},
    run::{Dispatcher, PhaseSender},
    services::Services,
};

/// An app that runs. Dropping it stops everything at once, as if the process had died; [`shutdown`](Self::shutdown)
/// is the kind way.
#[derive(Debug)]
pub struct Running {
    name: Arc<str>,
    services: Arc<Services>,
    phase: PhaseSender,
    dispatchers: JoinSet<usize>,
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
}

impl Running {
    pub(super) fn new(
        name: String,
        services: Arc<Services>,
        phase: PhaseSender,
        dispatchers: Vec<Dispatcher>,
        hooks: Vec<(Arc<str>, HookRegistration)>,
        subscriptions: Vec<SubscriptionId>,
    ) -> Self {
        let dispatchers = dispatchers.into_iter().map(Dispatcher::run).collect();
        Self { name: name.into(), services, phase, dispatchers, hooks, subscriptions }
    }

    /// A bus in the app's name, for whatever publishes from outside its handlers.
    #[must_use]
    pub fn bus(&self) -> Bus {
        Bus::new(self.services.clone(), self.name.clone(), None)
    }

    /// Ends when somebody has asked the app to stop by
    /// [`Context::shutdown`](crate::Context::shutdown). Cancel safe.
    pub async fn stopped(&self) {
        let mut stop = self.services.stop.subscribe();
        // The sender lives in the services, which are alive here.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Drains: nothing new starts, what runs is finished and settled, what had not started goes back at once. What
    /// still runs after the grace period is given up, and comes back elsewhere when its lease ends. Then the
    /// shutdown hooks run, and the broker is closed.
    pub async fn shutdown(mut self) -> Shutdown {
        self.phase.drain();
        let mut abandoned = 0;
        let clock = self.services.clock.clone();
        match race(join(&mut self.dispatchers), clock.sleep(self.services.settings.grace)).await {
            First::Left(none) => abandoned += none,
            First::Right(()) => {
                self.phase.abandon();
                abandoned += join(&mut self.dispatchers).await;
            }
        }
        let mut failed_hooks = 0;
        for (agent, hook) in &self.hooks {
            if let Err(error) = run_hook(&self.services, agent, hook).await {
                tracing::error!(hook = hook.handler, error = format!("{error:#}"), "shutdown hook failed");
                failed_hooks += 1;
            }
        }
        self.services.inbox.close();
        self.services.broker.close().await;
        tracing::info!(app = %self.name, abandoned, "stopped");
        Shutdown { abandoned, failed_hooks }
    }

    pub(crate) fn subscriptions(&self) -> &[SubscriptionId] {
        &self.subscriptions
    }
}

/// The sum of the handlers that were given up.
async fn join(dispatchers: &mut JoinSet<usize>) -> usize {
    let mut abandoned = 0;
    while let Some(ended) = dispatchers.join_next().await {
        match ended {
            Ok(its) => abandoned += its,
            Err(error) => tracing::error!(%error, "a dispatcher died"),
        }
    }
    abandoned
}
