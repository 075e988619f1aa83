//! Tasks that a virtual clock waits for: it does not move while one of them runs, or is about to.
//!
//! A task is about to run from the moment in which it is woken; so its waker is wrapped. Under the system's clock
//! nothing of this happens.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use super::simulated::Simulated;

/// What one task is run under.
#[derive(Debug)]
pub(crate) struct Tracker(Option<Arc<Tracked>>);

#[derive(Debug)]
struct Tracked {
    clock: Arc<Simulated>,
    /// Woken, and not polled since; holds the clock.
    woken: AtomicBool,
    /// The executor's.
    waker: Mutex<Option<Waker>>,
}

impl Tracker {
    /// A task that is about to run from now on.
    pub(super) fn new(clock: Option<&Arc<Simulated>>) -> Self {
        Self(clock.map(|clock| {
            clock.hold();
            Arc::new(Tracked { clock: clock.clone(), woken: AtomicBool::new(true), waker: Mutex::default() })
        }))
    }

    /// Runs the task. It is taken by reference, so that it is not moved once more.
    pub(crate) async fn run<F: Future + ?Sized>(self, mut task: Pin<&mut F>) -> F::Output {
        match &self.0 {
            None => task.await,
            Some(tracked) => poll_fn(|cx| tracked.poll(task.as_mut(), cx)).await,
        }
    }
}

impl Tracked {
    fn poll<F: Future + ?Sized>(self: &Arc<Self>, task: Pin<&mut F>, cx: &Context<'_>) -> Poll<F::Output> {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
        // The hold of the wake-up becomes that of the run; a wake-up meanwhile brings one of its own.
        if !self.woken.swap(false, Ordering::AcqRel) {
            self.clock.hold();
        }
        let _run = Run(&self.clock);
        task.poll(&mut Context::from_waker(&Waker::from(self.clone())))
    }
}

/// A task that runs; it lets go of the clock however that ends.
struct Run<'a>(&'a Simulated);

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl Wake for Tracked {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Held first: the task may end at any moment, and lets go of what its wake-up holds.
        self.clock.hold();
        if self.woken.swap(true, Ordering::AcqRel) {
            self.clock.release();
        }
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        // A task that has ended is about to run no more, whoever still has its waker.
        if let Some(tracked) = &self.0
            && tracked.woken.swap(true, Ordering::AcqRel)
        {
            tracked.clock.release();
        }
    }
}
