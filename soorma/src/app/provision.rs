//! Provisioning without running: what the agents need on the broker is made, and what they need no more is found.

use std::fmt;

use super::AppBuilder;
use crate::{
    broker::{BrokerError, Drift, Drifted, SubscriptionId, SubscriptionSpec},
    error::StartError,
    handler::Table,
    services::Services,
    task::Answers,
};

/// What provisioning did and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provisioned {
    /// The subscriptions that exist now.
    pub subscriptions: Vec<SubscriptionId>,
    /// The settings that were not what this version chooses, and were changed where the broker can.
    pub corrected: Vec<Drift>,
    /// The durable subscriptions of these agents that no handler claims. They go on collecting events.
    pub unclaimed: Vec<SubscriptionId>,
    /// Whether those were removed.
    pub pruned: bool,
}

impl AppBuilder {
    /// Makes what the agents need on the broker, changes settings that are not ours, and finds durable
    /// subscriptions of these agents that no handler claims any more; with `prune` it removes them. Nothing runs.
    ///
    /// # Errors
    /// [`StartError`]; where one cannot be removed, because an older version still uses it, too.
    pub async fn provision(self, prune: bool) -> Result<Provisioned, StartError> {
        let table = self.table()?;
        let (_, services) = self.services().await?;
        let specs = table.specs(&services.settings);
        let provisioned = provision(&services, &table, specs, prune).await;
        services.close().await;
        Ok(provisioned?)
    }
}

async fn provision(
    services: &Services,
    table: &Table,
    specs: Vec<SubscriptionSpec>,
    prune: bool,
) -> Result<Provisioned, BrokerError> {
    let corrected = services.broker.provision(&specs, Drifted::Correct).await?;
    let mut unclaimed = services.broker.durables().await?;
    unclaimed.retain(|id| {
        table.agents.iter().any(|agent| *agent.name == *Answers::agent_of(id))
            && specs.iter().all(|spec| spec.id != *id)
    });
    if prune {
        for id in &unclaimed {
            services.broker.remove(id).await?;
        }
    }
    let subscriptions = specs.into_iter().map(|spec| spec.id).collect();
    Ok(Provisioned { subscriptions, corrected, unclaimed, pruned: prune })
}

impl fmt::Display for Provisioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "subscriptions: {}", self.subscriptions.len())?;
        for drift in &self.corrected {
            writeln!(f, "setting: {drift}")?;
        }
        let fate = if self.pruned { "removed" } else { "no handler claims it; `--prune` removes it" };
        for id in &self.unclaimed {
            writeln!(f, "{id}: {fate}")?;
        }
        Ok(())
    }
}
