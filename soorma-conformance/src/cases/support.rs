//! What several families of cases use.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use soorma::{
    BoxFuture,
    broker::{Broker, DeadLetter, Receipt, SettleError, lane_of},
};
use tokio::sync::Semaphore;

use crate::{
    front::{About, Hooks},
    tolerance::{LOOK, PATIENCE},
    wait,
};

/// Where handlers wait until the case lets them go on.
pub(super) struct Gate {
    permits: Semaphore,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Gate {
    pub(super) fn new() -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self {
            permits: Semaphore::new(0),
            inside: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    /// Waits for the case.
    pub(super) async fn pass(&self) -> anyhow::Result<()> {
        let inside = Inside::enter(self);
        self.permits.acquire().await.context("the gate is gone")?.forget();
        drop(inside);
        Ok(())
    }

    /// Lets so many go on.
    pub(super) fn open(&self, permits: usize) {
        self.permits.add_permits(permits);
    }

    /// Lets all go on, now and later.
    pub(super) fn open_wide(&self) {
        self.permits.add_permits(1 << 24);
    }

    /// How many wait now.
    pub(super) fn inside(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }

    /// How many waited at once, at the most.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Counted down however the wait ends.
struct Inside<'a>(&'a Gate);

impl<'a> Inside<'a> {
    fn enter(gate: &'a Gate) -> Self {
        let inside = gate.inside.fetch_add(1, Ordering::SeqCst) + 1;
        gate.most.fetch_max(inside, Ordering::SeqCst);
        Self(gate)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Never ends: the handler of a process that is to be killed.
pub(super) async fn hang() -> anyhow::Result<()> {
    std::future::pending().await
}

/// The dead letters of one agent.
pub(super) async fn letters(broker: &dyn Broker, agent: &str) -> anyhow::Result<Vec<DeadLetter>> {
    let all = wait::ends(PATIENCE, "listing dead letters", broker.dead_letters().list(10_000)).await??;
    Ok(all.into_iter().filter(|letter| letter.subscription.agent == agent).collect())
}

/// Waits until there are so many, and gives them.
pub(super) async fn letters_reach(
    broker: &dyn Broker,
    agent: &str,
    count: usize,
) -> anyhow::Result<Vec<DeadLetter>> {
    let start = std::time::Instant::now();
    loop {
        let letters = letters(broker, agent).await?;
        if letters.len() >= count {
            return Ok(letters);
        }
        if start.elapsed() > PATIENCE {
            bail!("{} of {count} dead letters within {PATIENCE:?}", letters.len());
        }
        tokio::time::sleep(LOOK * 4).await;
    }
}

/// So many keys, each with a lane of its own.
pub(super) fn keys_in_lanes(count: usize) -> Vec<String> {
    let mut lanes = Vec::new();
    let mut keys = Vec::new();
    for key in (0_u32..).map(|n| format!("key-{n}")) {
        if keys.len() == count.min(16) {
            break;
        }
        if !lanes.contains(&lane_of(&key)) {
            lanes.push(lane_of(&key));
            keys.push(key);
        }
    }
    keys
}

/// A connection over which no lease is ever extended.
pub(super) struct NoExtensions;

impl Hooks for NoExtensions {
    fn extend<'a>(
        &'a self,
        _good: &'a dyn Receipt,
        _about: &'a About,
    ) -> BoxFuture<'a, Result<(), SettleError>> {
        Box::pin(async { Err(SettleError::Unavailable("the extension is lost on the way".into())) })
    }
}

/// A connection on which acknowledgements never arrive, nor does an answer.
pub(super) struct NoAcks;

impl Hooks for NoAcks {
    fn ack<'a>(
        &'a self,
        _good: &'a dyn Receipt,
        _about: &'a About,
    ) -> BoxFuture<'a, Result<(), SettleError>> {
        Box::pin(std::future::pending())
    }
}
