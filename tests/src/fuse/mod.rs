//! A process that dies at its n-th effect: a broker and a store that count what an app does with them, and from one
//! moment on never answer again. Whatever lies between two effects is the same to everybody else, so every n, before the
//! effect and after it, is every point at which a process can die.

mod broker;
mod store;

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::Semaphore;

pub use self::{broker::FusedBroker, store::FusedStore};

/// On which side of an effect a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nobody but the process knows that it was about to.
    Before,
    /// It happened, and the process has not learnt of it.
    After,
}

/// When a process dies.
#[derive(Debug)]
pub struct Fuse {
    at: usize,
    side: Side,
    count: AtomicUsize,
    /// Where the next yields come from.
    chance: AtomicU64,
    armed: AtomicBool,
    blown: Semaphore,
}

impl Fuse {
    /// One that dies at its effect number `at`, from 0. `seed` mixes up what happens at the same time.
    #[must_use]
    pub fn new(at: usize, side: Side, seed: u64) -> Arc<Self> {
        let chance = AtomicU64::new(seed);
        let (count, armed) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { at, side, count, chance, armed, blown: Semaphore::new(0) })
    }

    /// One that never dies.
    #[must_use]
    pub fn never() -> Arc<Self> {
        Self::new(usize::MAX, Side::Before, 0)
    }

    /// Counts from now on.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Ends once the process is dead.
    pub async fn blown(&self) {
        // Never closed.
        let _ = self.blown.acquire().await;
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_blown(&self) -> bool {
        self.count.load(Ordering::SeqCst) > self.at
    }

    async fn effect<T>(&self, effect: impl Future<Output = T>) -> T {
        if !self.armed.load(Ordering::SeqCst) {
            return effect.await;
        }
        for _ in 0..self.yields() {
            tokio::task::yield_now().await;
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        if number < self.at {
            return effect.await;
        }
        if number == self.at {
            if self.side == Side::After {
                effect.await;
            }
            self.blown.add_permits(1);
        }
        pending().await
    }

    /// What has no effect.
    async fn look<T>(&self, look: impl Future<Output = T>) -> T {
        if self.is_blown() { pending().await } else { look.await }
    }

    /// None in the first run, so that one run is the plain one.
    fn yields(&self) -> u64 {
        let chance = self.chance.load(Ordering::Relaxed);
        if chance == 0 {
            return 0;
        }
        let next = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.chance.store(next, Ordering::Relaxed);
        (next >> 60) % 4
    }
}
