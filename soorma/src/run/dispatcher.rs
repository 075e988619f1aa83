//! One subscription of one agent: draws deliveries as far as there is room, and has workers handle them.

use std::{pin::pin, sync::Arc};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{
    attempt::{Attempt, Drawn},
    held::HeldSet,
    history::Histories,
    phase::Phase,
    prefetch::Prefetch,
};
use crate::{
    broker::{Delivery, Subscription},
    handler::Handler,
    race::{First, race},
    services::Services,
};

/// One subscription of one agent, ready to run.
pub(crate) struct Dispatcher {
    subscription: Box<dyn Subscription>,
    work: Arc<Work>,
    phase: Phase,
    /// As many as run at once, made when they are first needed.
    workers: JoinSet<()>,
}

/// What all attempts of one subscription share.
pub(super) struct Work {
    pub(super) handler: Handler,
    pub(super) services: Arc<Services>,
    pub(super) held: Arc<HeldSet>,
    pub(super) histories: Histories,
    prefetch: Prefetch<Drawn>,
}

impl Dispatcher {
    pub(crate) fn new(
        handler: Handler,
        subscription: Box<dyn Subscription>,
        services: Arc<Services>,
        phase: Phase,
    ) -> Self {
        let work = Work {
            held: Arc::new(HeldSet::new(services.clock.clone(), handler.spec.lease)),
            histories: Histories::new(&services, &handler.durable_name),
            prefetch: Prefetch::new(),
            handler,
            services,
        };
        Self { subscription, work: Arc::new(work), phase, workers: JoinSet::new() }
    }

    /// Runs until the app drains, then until what runs has ended or is given up. Gives the number of handlers
    /// that were given up.
    pub(crate) fn run(mut self) -> impl Future<Output = usize> {
        let tracker = self.work.services.clock.tracker();
        async move {
            let held = self.work.held.clone();
            let whole = async {
                self.draw().await;
                for unused in self.work.prefetch.close() {
                    Attempt::new(&self.work, unused).return_unused().await;
                }
                self.finish().await
            };
            let task = pin!(race(whole, held.keep()));
            match tracker.run(task).await {
                First::Left(abandoned) => abandoned,
                First::Right(never) => match never {},
            }
        }
    }

    /// Draws deliveries until the app drains or the broker is closed.
    async fn draw(&mut self) {
        let concurrency = self.work.handler.policy.concurrency;
        // What runs, and as much again that waits for a worker.
        let places = Arc::new(Semaphore::new(concurrency * 2));
        loop {
            let First::Right(Some(mut room)) = race(self.phase.draining(), some_room(&places)).await else {
                return;
            };
            let next = self.subscription.next(room.num_permits());
            let deliveries = match race(self.phase.draining(), next).await {
                First::Right(Ok(deliveries)) => deliveries,
                First::Right(Err(error)) => {
                    tracing::warn!(subscription = %self.work.handler.spec.id, %error, "no more deliveries");
                    return;
                }
                First::Left(()) => return,
            };
            // Taken in hand before any of them runs, so that each one's lease is kept from now on.
            let now = self.work.services.clock.now();
            let unserved = self.work.prefetch.push(deliveries.into_iter().map(|delivery| {
                let Delivery { event, sequence, delivered, receipt } = delivery;
                let hand = self.work.held.take(receipt, now);
                Drawn { event, sequence, delivered, hand, place: room.split(1) }
            }));
            for _ in 0..unserved.min(concurrency - self.workers.len()) {
                let (work, tracker) = (self.work.clone(), self.work.services.clock.tracker());
                self.workers.spawn(async move {
                    let task = pin!(async {
                        while let Some(drawn) = work.prefetch.pop().await {
                            Attempt::new(&work, drawn).run().await;
                        }
                    });
                    tracker.run(task).await;
                });
            }
        }
    }

    /// Waits for what runs; gives up what still runs when the grace period is over.
    async fn finish(&mut self) -> usize {
        let Self { workers, phase, .. } = self;
        let all = async { while workers.join_next().await.is_some() {} };
        match race(all, phase.abandoning()).await {
            First::Left(()) => 0,
            First::Right(()) => {
                let abandoned = workers.len();
                workers.shutdown().await;
                abandoned
            }
        }
    }
}

/// All the room that there is; waits until there is some.
async fn some_room(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    let mut room = places.clone().acquire_owned().await.ok()?;
    let rest = u32::try_from(places.available_permits()).unwrap_or(u32::MAX);
    if let Ok(rest) = places.clone().try_acquire_many_owned(rest) {
        room.merge(rest);
    }
    Some(room)
}
