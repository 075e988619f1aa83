//! One subscription of one agent: draws deliveries, as many as there is room for, and starts an attempt for each.

use std::{pin::pin, sync::Arc};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{
    attempt::Attempt,
    held::HeldSet,
    history::Histories,
    phase::Phase,
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
    worker: Arc<Worker>,
    phase: Phase,
}

/// What all attempts of one subscription share.
pub(crate) struct Worker {
    pub(super) handler: Handler,
    pub(super) services: Arc<Services>,
    pub(super) held: Arc<HeldSet>,
    pub(super) histories: Histories,
    /// One permit a handler that runs.
    pub(super) slots: Semaphore,
}

impl Dispatcher {
    pub(crate) fn new(
        handler: Handler,
        subscription: Box<dyn Subscription>,
        services: Arc<Services>,
        phase: Phase,
    ) -> Self {
        let worker = Worker {
            held: Arc::new(HeldSet::new(services.clock.clone(), handler.spec.lease)),
            histories: Histories::new(&services, &handler.durable_name),
            slots: Semaphore::new(handler.policy.concurrency),
            handler,
            services,
        };
        Self { subscription, worker: Arc::new(worker), phase }
    }

    /// Runs until the app drains, then until what runs has ended or is given up. Gives the number of handlers
    /// that were given up.
    pub(crate) fn run(self) -> impl Future<Output = usize> {
        let tracker = self.worker.services.clock.tracker();
        async move {
            let task = pin!(self.dispatch());
            tracker.run(task).await
        }
    }

    async fn dispatch(self) -> usize {
        let Self { mut subscription, worker, phase } = self;
        let held = worker.held.clone();
        let draws = async {
            let mut attempts = JoinSet::new();
            draw(&mut *subscription, &worker, &phase, &mut attempts).await;
            // Nothing more is drawn. Those that wait for a slot hand back by themselves.
            finish(&mut attempts, phase.clone()).await
        };
        match race(draws, held.keep()).await {
            First::Left(abandoned) => abandoned,
            First::Right(never) => match never {},
        }
    }
}

/// Draws deliveries until the app drains or the broker is closed.
async fn draw(
    subscription: &mut dyn Subscription,
    worker: &Arc<Worker>,
    phase: &Phase,
    attempts: &mut JoinSet<()>,
) {
    // What runs, and as much again that waits for a slot.
    let prefetch = Arc::new(Semaphore::new(worker.handler.policy.concurrency * 2));
    let mut stop = phase.clone();
    loop {
        let First::Right(Some(mut room)) = race(stop.draining(), some_room(&prefetch)).await else { return };
        let deliveries = match race(stop.draining(), subscription.next(room.num_permits())).await {
            First::Right(Ok(deliveries)) => deliveries,
            First::Right(Err(error)) => {
                tracing::warn!(subscription = %worker.handler.spec.id, %error, "no more deliveries");
                return;
            }
            First::Left(()) => return,
        };
        // Taken in hand before any of them runs, so that each one's lease is kept from now on.
        let now = worker.services.clock.now();
        for delivery in deliveries {
            let Delivery { event, sequence, delivered, receipt } = delivery;
            let hand = worker.held.take(receipt, now);
            let permit = room.split(1);
            let attempt = Attempt { worker: worker.clone(), event, sequence, delivered, hand };
            let (phase, tracker) = (phase.clone(), worker.services.clock.tracker());
            attempts.spawn(async move {
                let task = pin!(attempt.run(phase));
                tracker.run(task).await;
                drop(permit);
            });
        }
        while attempts.try_join_next().is_some() {}
    }
}

/// All the room that there is; waits until there is some.
async fn some_room(prefetch: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    let mut room = prefetch.clone().acquire_owned().await.ok()?;
    let rest = u32::try_from(prefetch.available_permits()).unwrap_or(u32::MAX);
    if let Ok(rest) = prefetch.clone().try_acquire_many_owned(rest) {
        room.merge(rest);
    }
    Some(room)
}

/// Waits for what runs; gives up what still runs when the grace period is over.
async fn finish(attempts: &mut JoinSet<()>, mut phase: Phase) -> usize {
    let all = async { while attempts.join_next().await.is_some() {} };
    match race(all, phase.abandoning()).await {
        First::Left(()) => 0,
        First::Right(()) => {
            let abandoned = attempts.len();
            attempts.shutdown().await;
            abandoned
        }
    }
}
