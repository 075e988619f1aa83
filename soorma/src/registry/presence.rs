//! That this process is there: its agents stand in the registry under a lease, which is renewed while it lives.
//!
//! Owns the task that does so. A registry out of reach holds nobody up: the task goes on trying.

use std::{pin::pin, time::Duration};

use soorma_common::EventDefinition;
use tokio::{sync::watch, task::JoinHandle};

use super::{AGENTS, RegisterError, RegisteredAgent, Registry, root};
use crate::{
    clock::Clock,
    race::{First, race},
    store::{Records, StoreError},
};

/// How long a registry out of reach is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// The agents of this process in the registry; as long as it is kept.
#[derive(Debug)]
pub(crate) struct Presence {
    /// True once the agents shall be withdrawn.
    leave: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What is registered.
struct Registered {
    registry: Registry,
    clock: Clock,
    lease: Duration,
    /// Those that are not registered yet.
    definitions: Vec<EventDefinition>,
    agents: Vec<RegisteredAgent>,
}

impl Presence {
    /// Registers the agents, and keeps them registered; definitions that could not be registered yet before them.
    pub(crate) async fn begin(
        registry: Registry,
        clock: Clock,
        lease: Duration,
        definitions: Vec<EventDefinition>,
        agents: Vec<RegisteredAgent>,
    ) -> Self {
        let mut registered = Registered { registry, clock, lease, definitions, agents };
        // Whoever is told that the app is ready finds it registered, if that can be.
        let first = if registered.definitions.is_empty() { registered.renew().await } else { PAUSE };
        let (leave, left) = watch::channel(false);
        let tracker = registered.clock.tracker();
        let task = tokio::spawn(async move { tracker.run(pin!(registered.run(first, left))).await });
        Self { leave, task }
    }

    /// Begins to withdraw the agents: whoever looks from now on shall not count on them.
    pub(crate) fn leave(&self) {
        self.leave.send_replace(true);
    }

    /// Ends when they are withdrawn.
    pub(crate) async fn left(&mut self) {
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the registration died");
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Registered {
    async fn run(mut self, first: Duration, mut left: watch::Receiver<bool>) {
        let mut pause = first;
        // A renewal that is cut off lies before the withdrawal on the same connection.
        while let First::Left(next) = race(self.renew_after(pause), left.wait_for(|left| *left)).await {
            pause = next;
        }
        self.withdraw().await;
    }

    async fn renew_after(&mut self, pause: Duration) -> Duration {
        self.clock.sleep(pause).await;
        self.renew().await
    }

    /// Registers once more; gives the pause until the next time.
    async fn renew(&mut self) -> Duration {
        match self.register().await {
            Ok(()) => self.lease / 3,
            Err(error) => {
                tracing::warn!(%error, "the registry is out of reach: the agents run, and cannot be discovered yet");
                PAUSE.min(self.lease / 3)
            }
        }
    }

    async fn register(&mut self) -> Result<(), StoreError> {
        match self.registry.register(&self.definitions).await {
            Ok(()) => self.definitions.clear(),
            Err(RegisterError::Store(error)) => return Err(error),
            Err(error @ RegisterError::Refused(_)) => {
                // The agents run already: what is refused now is told, and stays out.
                tracing::error!(%error, "definitions are refused by the registry");
                self.definitions.clear();
            }
        }
        for agent in &self.agents {
            self.records(agent).put(&agent.instance, agent).await?;
        }
        Ok(())
    }

    async fn withdraw(&self) {
        for agent in &self.agents {
            if let Err(error) = self.records(agent).delete(&agent.instance).await {
                tracing::warn!(%error, "the agents stay in the registry until their lease ends");
                return;
            }
        }
    }

    fn records(&self, agent: &RegisteredAgent) -> Records<RegisteredAgent> {
        let key = root().join(AGENTS).join(&agent.name);
        Records::new(self.registry.0.store.clone(), key).expiring(self.lease)
    }
}
