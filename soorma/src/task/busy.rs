//! What a run of a task is at: steps that run, calls that wait. Each is known for as long as its guard lives.

use std::sync::atomic::Ordering;

use super::run::TaskRun;

/// A step that runs.
pub(super) struct Busy<'a>(&'a TaskRun);

impl<'a> Busy<'a> {
    pub(super) fn begin(run: &'a TaskRun) -> Self {
        run.steps.fetch_add(1, Ordering::Relaxed);
        Self(run)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.steps.fetch_sub(1, Ordering::Relaxed);
        // What waits beside it held the end of the app up until now.
        if self.0.phase.is_draining() {
            self.0.tired.notify_one();
        }
    }
}

/// A call that waits.
pub(super) struct Waits<'a>(&'a TaskRun, u32);

impl<'a> Waits<'a> {
    pub(super) fn begin(run: &'a TaskRun, number: u32) -> Self {
        run.waiting().add(number);
        Self(run, number)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting().remove(&self.1);
    }
}
