//! That this process is there: its agents stand in the registry under a lease, which is renewed while it lives.
//!
//! Owns the task that does so. A registry out of reach holds nobody up: the task goes on trying.

use std::time::{Duration, Instant};

use soorma_common::EventDefinition;
use tokio::{sync::watch, task::JoinHandle};

use super::{AGENTS, RegisterError, RegisteredAgent, Registry, root};
use crate::{
    BoxFuture,
    at_once::at_once,
    clock::Clock,
    race::{First, race},
    store::{Records, StoreError},
};

/// How long a registry out of reach is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a registry out of reach is waited for at the end.
const WITHDRAWAL: Duration = Duration::from_secs(2);

/// How many agents are renewed side by side.
const AT_ONCE: usize = 16;

/// The agents of this process in the registry; as long as it is kept.
#[derive(Debug)]
pub(crate) struct Presence {
    clock: Clock,
    /// True once the agents shall be withdrawn.
    leave: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What is kept registered, besides the agents.
pub(crate) struct Registered {
    pub(crate) registry: Registry,
    pub(crate) clock: Clock,
    pub(crate) lease: Duration,
    pub(crate) definitions: Vec<EventDefinition>,
    /// Whether the definitions are registered.
    pub(crate) defined: bool,
}

struct Keeper {
    of: Registered,
    agents: Vec<Standing>,
}

/// One agent, and the revision of its record; `None` where it is not known to be there.
struct Standing {
    agent: RegisteredAgent,
    records: Records<RegisteredAgent>,
    revision: Option<u64>,
}

impl Presence {
    /// Registers the agents, and keeps them registered; definitions that could not be registered yet before them.
    /// Returns at `deadline` at the latest.
    pub(crate) async fn begin(of: Registered, agents: Vec<RegisteredAgent>, deadline: Instant) -> Self {
        let (clock, defined) = (of.clock.clone(), of.defined);
        let standing = |agent: RegisteredAgent| {
            let key = root().join(AGENTS).join(&agent.name);
            let records = Records::new(of.registry.0.store.clone(), key).expiring(of.lease);
            Standing { agent, records, revision: None }
        };
        let agents = agents.into_iter().map(standing).collect();
        let mut keeper = Keeper { of, agents };
        // Whoever is told that the app is ready finds it registered, if that can be.
        let first = match defined {
            true => race(keeper.renew(), clock.sleep_until(deadline)).await,
            false => First::Left(keeper.retry()),
        };
        let first = match first {
            First::Left(pause) => pause,
            First::Right(()) => {
                tracing::warn!("the registry does not answer: the agents run, and cannot be discovered yet");
                Duration::ZERO
            }
        };
        let (leave, left) = watch::channel(false);
        let task = tokio::spawn(clock.task(async move { keeper.run(first, left).await }));
        Self { clock, leave, task }
    }

    /// Begins to withdraw the agents: whoever looks from now on shall not count on them.
    pub(crate) fn leave(&self) {
        self.leave.send_replace(true);
    }

    /// Ends when they are withdrawn, or when the registry has not answered for some time: the lease ends it then.
    pub(crate) async fn left(&mut self) {
        match race(&mut self.task, self.clock.sleep(WITHDRAWAL)).await {
            First::Left(Ok(())) => {}
            First::Left(Err(error)) => tracing::error!(%error, "the registration died"),
            First::Right(()) => tracing::warn!("the agents stay in the registry until their lease ends"),
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Keeper {
    async fn run(mut self, first: Duration, mut left: watch::Receiver<bool>) {
        let mut pause = first;
        // A renewal that is cut off lies before the withdrawal on the same connection.
        while let First::Left(next) = race(self.renew_after(pause), left.wait_for(|left| *left)).await {
            pause = next;
        }
        self.withdraw().await;
    }

    async fn renew_after(&mut self, pause: Duration) -> Duration {
        let clock = self.of.clock.clone();
        clock.sleep(pause).await;
        // A call that is never answered must not be the last one.
        let limit = clock.sleep(self.of.lease);
        match race(self.renew(), limit).await {
            First::Left(pause) => pause,
            First::Right(()) => {
                tracing::warn!("the registry does not answer: the agents may not be discovered");
                Duration::ZERO
            }
        }
    }

    /// Registers once more; gives the pause until the next time.
    async fn renew(&mut self) -> Duration {
        match self.register().await {
            Ok(()) => self.of.lease / 3,
            Err(error) => {
                tracing::warn!(%error, "the registry is out of reach: the agents run, and cannot be discovered yet");
                self.retry()
            }
        }
    }

    fn retry(&self) -> Duration {
        PAUSE.min(self.of.lease / 3)
    }

    async fn register(&mut self) -> Result<(), StoreError> {
        if !self.of.defined {
            self.define().await?;
        }
        self.extend().await?;
        // An agent that was gone may have lost its definitions with it: the store may be another one.
        if !self.of.defined {
            self.define().await?;
            self.extend().await?;
        }
        Ok(())
    }

    /// The agents run already: what is refused now is told, and stays out.
    async fn define(&mut self) -> Result<(), StoreError> {
        loop {
            let refused = match self.of.registry.register(&self.of.definitions).await {
                Ok(()) => {
                    self.of.defined = true;
                    return Ok(());
                }
                Err(RegisterError::Store(error)) => return Err(error),
                Err(RegisterError::Refused(refused)) => refused,
            };
            for refusal in &refused {
                tracing::error!(%refusal, "a definition is refused by the registry");
            }
            let is_refused = |definition: &EventDefinition| {
                refused.iter().any(|refusal| refusal.event_name() == definition.event_name)
            };
            self.of.definitions.retain(|definition| !is_refused(definition));
        }
    }

    /// Extends the lease of every agent, also where that of another one fails.
    async fn extend(&mut self) -> Result<(), StoreError> {
        let mut outcomes: Vec<_> = self.agents.iter().map(|_| Ok(true)).collect();
        let mut extending: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(self.agents.len());
        for (standing, outcome) in self.agents.iter_mut().zip(&mut outcomes) {
            extending.push(Box::pin(async move { *outcome = standing.extend().await }));
        }
        at_once(AT_ONCE, extending).await;
        let mut failed = Ok(());
        let mut at = 0;
        for outcome in outcomes {
            match outcome {
                Ok(was_there) => self.of.defined &= was_there,
                // It will never fit.
                Err(error @ StoreError::TooLarge { .. }) => {
                    tracing::error!(%error, "an agent says too much of itself, and cannot be discovered");
                    self.agents.remove(at);
                    continue;
                }
                Err(error) => failed = Err(error),
            }
            at += 1;
        }
        failed
    }

    async fn withdraw(&self) {
        let mut leaving: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(self.agents.len());
        for Standing { agent, records, .. } in &self.agents {
            leaving.push(Box::pin(async move {
                if let Err(error) = records.delete(&agent.instance).await {
                    tracing::warn!(%error, "an agent stays in the registry until its lease ends");
                }
            }));
        }
        at_once(AT_ONCE, leaving).await;
    }
}

impl Standing {
    /// False where the record was there, and is gone.
    async fn extend(&mut self) -> Result<bool, StoreError> {
        let Self { agent, records, revision } = self;
        if let Some(known) = revision {
            match records.compare_and_set(&agent.instance, *known, agent).await {
                Ok(written) => {
                    *revision = Some(written);
                    return Ok(true);
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let was_there = revision.take().is_none();
        *revision = Some(records.put(&agent.instance, agent).await?);
        Ok(was_there)
    }
}
