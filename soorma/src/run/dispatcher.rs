//! One subscription of one agent: draws deliveries as far as there is room, and has workers handle them.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use tokio::{runtime::Handle, task::JoinSet};

use super::{
    attempt::{Attempt, Drawn},
    history::Histories,
    prefetch::Prefetch,
    settling::Settling,
    worker,
};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Subscription},
    handler::{Callee, Handler},
    held::HeldSet,
    phase::Phase,
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
    pub(super) callee: Arc<Callee>,
    pub(super) services: Arc<Services>,
    pub(super) held: Arc<HeldSet>,
    pub(super) histories: Histories,
    pub(super) phase: Phase,
    pub(super) prefetch: Prefetch<Drawn>,
    /// Where what is handled is settled, unless workers do it: what is stored nowhere is settled at once, anything else is waited
    /// for, best together with others.
    pub(super) settling: Option<Settling>,
}

impl Work {
    /// How many were handled, and are being settled.
    fn unsettled(&self) -> usize {
        self.settling.as_ref().map_or(0, Settling::open)
    }

    /// Wakes the dispatcher, if there is room again, or something to settle.
    pub(super) fn call_dispatcher(&self) {
        if let Some(settling) = &self.settling {
            settling.call();
        }
        self.held.call();
    }
}

impl Dispatcher {
    pub(crate) fn new(
        handler: Handler,
        subscription: Box<dyn Subscription>,
        services: Arc<Services>,
        phase: Phase,
    ) -> Self {
        // What runs, and as much again that waits for a worker or for the confirmation of its acknowledgement.
        let places = handler.policy.concurrency * 2;
        let callee = Callee {
            agent: handler.agent.clone(),
            subscription: handler.durable_name.clone(),
            services: services.clone(),
        };
        let work = Work {
            callee: Arc::new(callee),
            held: Arc::new(HeldSet::new(services.clock.clone(), handler.spec.lease, places)),
            histories: Histories::new(&services, &handler, phase.clone()),
            prefetch: Prefetch::new(Handle::current().metrics().num_workers()),
            settling: services.broker.capabilities().durable.then(Settling::default),
            phase: phase.clone(),
            handler,
            services,
        };
        Self { subscription, work: Arc::new(work), phase, workers: JoinSet::new() }
    }

    /// Runs until the app drains, then until what runs has ended or is given up.
    pub(crate) fn run(mut self) -> BoxFuture<'static, Ended> {
        let tracker = self.work.services.clock.tracker();
        Box::pin(async move {
            let work = self.work.clone();
            let whole = async {
                let alarm = Alarm(Some(self.work.services.clone()));
                let deaf = self.draw().await.is_err();
                if deaf {
                    drop(alarm);
                } else {
                    alarm.disarm();
                }
                self.subscription.stop();
                self.return_unused();
                Ended { abandoned: self.finish().await, deaf }
            };
            let settle = async {
                match &work.settling {
                    Some(settling) => settling.run(&work).await,
                    None => pending().await,
                }
            };
            // What is settled makes room, so it is looked at first.
            let task = pin!(race(race(settle, work.held.keep()), whole));
            match tracker.run(task).await {
                First::Right(ended) => ended,
                First::Left(First::Left(never) | First::Right(never)) => match never {},
            }
        })
    }

    /// Draws deliveries until the app drains.
    async fn draw(&mut self) -> Result<(), BrokerError> {
        let concurrency = self.work.handler.policy.concurrency;
        // Not for each that ends: more than half of what waits for a worker is still there by then.
        let least = (concurrency / 2).max(1);
        let mut missed = 0;
        loop {
            let First::Right(room) = race(self.phase.draining(), self.work.held.room(least)).await else {
                return Ok(());
            };
            let next = self.subscription.next(room);
            let deliveries = match race(self.phase.draining(), next).await {
                First::Right(Ok(deliveries)) => deliveries,
                First::Right(Err(error)) => {
                    tracing::error!(subscription = %self.work.handler.spec.id, %error, "no more deliveries");
                    return Err(error);
                }
                First::Left(()) => return Ok(()),
            };
            if self.subscription.missed() > missed {
                let more = self.subscription.missed() - missed;
                missed += more;
                let subscription = &self.work.handler.spec.id;
                tracing::warn!(%subscription, missed = more, "so many events, at the most, were gone before they were handled");
            }
            // Taken in hand before any of them runs, so that each one's lease is kept from now on.
            let unserved = self.work.prefetch.push(deliveries.into_iter().map(|delivery| {
                let Delivery { event, sequence, delivered, receipt, .. } = delivery;
                Drawn { event, sequence, delivered, hand: self.work.held.take(receipt) }
            }));
            for _ in 0..unserved.min(concurrency - self.workers.len()) {
                let (work, seat) = (self.work.clone(), self.work.prefetch.seat());
                self.spawn(Box::pin(async move { worker::run(&work, seat).await }));
            }
        }
    }

    /// Hands back what no worker has taken, all at once.
    fn return_unused(&mut self) {
        for unused in self.work.prefetch.close() {
            let work = self.work.clone();
            self.spawn(Box::pin(async move { Attempt::new(&work, unused).return_unused().await }));
        }
    }

    /// Boxed, so that the machinery of a task is compiled once and not for each of them.
    fn spawn(&mut self, mut task: BoxFuture<'static, ()>) {
        let tracker = self.work.services.clock.tracker();
        self.workers
            .spawn(Box::pin(async move { tracker.run(task.as_mut()).await }) as BoxFuture<'static, ()>);
    }

    /// Waits for what runs; gives up what still runs when the grace period is over.
    async fn finish(&mut self) -> usize {
        let Self { workers, phase, work, .. } = self;
        let all = async {
            while workers.join_next().await.is_some() {}
            // In this task, just before: nobody else has to say so.
            poll_fn(|_| if work.unsettled() == 0 { Poll::Ready(()) } else { Poll::Pending }).await;
        };
        match race(all, phase.abandoning()).await {
            First::Left(()) => 0,
            First::Right(()) => {
                // Not waited for: one that blocks its thread would never end.
                workers.abort_all();
                workers.len() + work.unsettled()
            }
        }
    }
}

/// Asks the app to stop when a dispatcher draws no more, unless that is what the app wants: nobody would notice an
/// app that lives on and hears nothing. Also goes off when somebody's broker panics.
struct Alarm(Option<Arc<Services>>);

impl Alarm {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(services) = &self.0 {
            services.stop.send_replace(true);
        }
    }
}

/// How a dispatcher ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Handlers that were given up.
    pub(crate) abandoned: usize,
    /// Whether it ended because the broker gave nothing more, and not because the app drained.
    pub(crate) deaf: bool,
}
