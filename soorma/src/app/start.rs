//! The start of an app, in the order that keeps the promises: check, connect, subscribe, run hooks, handle.

use std::{sync::Arc, time::Duration};

use super::{AppBuilder, Running, registration::Registration, running::Listening};
use crate::{
    BoxFuture,
    at_once::try_at_once,
    broker::{BrokerError, Drifted},
    error::StartError,
    guard::guarded,
    handler::{AgentTable, HookRegistration, Incoming, Role, Table},
    phase::PhaseSender,
    race::{First, race},
    registry::{Presence, RegisterError, Registered},
    run::Dispatcher,
    services::Services,
    task::Answers,
};

/// How long a registry that does not answer holds up the start, in all.
const REGISTRY: Duration = Duration::from_secs(10);

/// How many subscriptions are made side by side.
const AT_ONCE: usize = 16;

impl AppBuilder {
    /// Starts the app: checks the handlers, connects, makes every subscription, runs the start-up hooks, and then
    /// handles events.
    ///
    /// # Errors
    /// [`StartError`]: nothing runs then.
    pub async fn start(self) -> Result<Running, StartError> {
        let table = self.table()?;
        let (name, services) = self.services().await?;
        warn_of_short_windows(&services, &table);
        let services = Arc::new(services);

        // What contradicts the catalogue is refused before anything happens.
        let Registration { definitions, agents } = Registration::of(&table, services.clock.timestamp());
        let clock = services.clock.clone();
        let deadline = clock.now() + REGISTRY;
        let defined = match race(services.registry.register(&definitions), clock.sleep_until(deadline)).await
        {
            First::Left(Ok(())) => true,
            First::Left(Err(error @ RegisterError::Refused(_))) => return Err(error.into()),
            First::Left(Err(RegisterError::Store(error))) => {
                tracing::warn!(%error, "the registry is out of reach: the events are registered later");
                false
            }
            First::Right(()) => {
                tracing::warn!(waited = ?REGISTRY, "the registry does not answer: the events are registered later");
                false
            }
        };

        // All subscriptions exist before the first hook runs, so nothing that a hook publishes is missed.
        let specs = table.specs(&services.settings);
        for drift in services.broker.provision(&specs, Drifted::Keep).await? {
            tracing::warn!(%drift, "a setting of the broker; `provision` changes it");
        }
        let phase = PhaseSender::new();
        let mut joins: Vec<BoxFuture<'_, _>> = Vec::with_capacity(specs.len());
        let mut hooks = Vec::new();
        let mut answers = Vec::new();
        let names = table.agents.iter().map(|agent| &*agent.name).collect::<Vec<_>>().join(",");
        for AgentTable { name: agent, handlers, hooks: its_hooks } in table.agents {
            if let Some(spec) = specs.iter().find(|spec| Answers::is_spec_of(&agent, &spec.id)) {
                let subscription = services.broker.subscribe(spec).await?;
                answers.push(Answers::serve(services.clone(), agent.clone(), subscription));
            }
            for handler in handlers {
                let (services, phase) = (services.clone(), phase.watch());
                joins.push(Box::pin(async move {
                    let subscription = services.broker.subscribe(&handler.spec).await?;
                    Ok::<_, BrokerError>(Dispatcher::new(handler, subscription, services, phase))
                }));
            }
            hooks.extend(its_hooks.into_iter().map(|hook| (agent.clone(), hook)));
        }
        let dispatchers = try_at_once(AT_ONCE, joins).await?;
        let (registry, lease) = (services.registry.clone(), services.settings.lease);
        let registered = Registered { registry, clock, lease, definitions, defined };
        let mut presence = Presence::begin(registered, agents, deadline).await;
        for (agent, hook) in hooks.iter().filter(|(_, hook)| hook.role == Role::OnStartup) {
            if let Err(error) = run_hook(&services, agent, hook, services.settings.timeout).await {
                presence.leave();
                presence.left().await;
                return Err(StartError::Hook { hook: hook.handler, source: error.into() });
            }
        }
        let subscriptions = specs.into_iter().map(|spec| spec.id).collect();
        hooks.retain(|(_, hook)| hook.role == Role::OnShutdown);
        tracing::info!(app = name, agents = names, handlers = dispatchers.len(), "ready");
        let listening = Listening { dispatchers, answers, subscriptions };
        Ok(Running::new(name, services, presence, phase, listening, hooks))
    }
}

/// Calls a hook, for so long at the most; what it returns is published.
pub(super) async fn run_hook(
    services: &Arc<Services>,
    agent: &Arc<str>,
    hook: &HookRegistration,
    limit: Duration,
) -> anyhow::Result<()> {
    let mut incoming = Incoming::of_hook(agent.clone(), services.clone());
    let outputs = guarded(&services.clock, limit, (hook.call)(&mut incoming), |returned| returned).await??;
    incoming.bus().publish_outputs(outputs).await?;
    Ok(())
}

/// Outputs are published once within the broker's window: whoever retries for longer shall know it.
fn warn_of_short_windows(services: &Services, table: &Table) {
    let window = services.broker.capabilities().dedup_window;
    for handler in table.handlers().filter(|handler| handler.outlasts(window)) {
        tracing::warn!(
            handler = handler.registration.handler,
            ?window,
            "its retries outlast the window in which the broker recognises a repeated output; \
             outputs of its last attempts may be published twice"
        );
    }
}
