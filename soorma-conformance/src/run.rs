//! The runner: cases side by side, each in a fresh space, none able to take the others along.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    Case, Target,
    bed::Bed,
    cases,
    report::{Cell, Outcome, Report},
    tolerance::CASE_LIMIT,
};

/// Which cases are run, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The ids to run, for example `C13`; all, where it is empty.
    pub only: Vec<String>,
    /// How many cases run at once.
    pub jobs: usize,
    /// How many times the suite is run, all copies at once: 10 is C44 to the letter.
    pub copies: usize,
    /// Whether sizes are large. `SOORMA_CONFORMANCE=large` says so too.
    pub large: bool,
    /// Whether each case is told on stderr when it ends.
    pub progress: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            only: Vec::new(),
            jobs: 8,
            copies: 1,
            large: std::env::var("SOORMA_CONFORMANCE").is_ok_and(|size| size == "large"),
            progress: false,
        }
    }
}

impl Options {
    /// The case of this id alone, or those of several, separated by commas.
    #[must_use]
    pub fn only(ids: &str) -> Self {
        Self { only: ids.split(',').map(|id| id.trim().to_uppercase()).collect(), ..Self::default() }
    }

    fn selects(&self, case: &Case) -> bool {
        self.only.is_empty() || self.only.iter().any(|id| id == case.id)
    }
}

/// Runs the suite against a target.
///
/// Never fails by itself: what a case says, panics or takes too long for is in the report.
pub async fn run(target: Arc<dyn Target>, options: &Options) -> Report {
    let mut report = Report::new(target.name());
    let places = Arc::new(Semaphore::new(options.jobs.max(1) * options.copies.max(1)));
    let mut running = JoinSet::new();
    for (place, case) in cases::all().into_iter().enumerate() {
        if !options.selects(&case) {
            continue;
        }
        for _ in 0..options.copies.max(1) {
            let (target, places, large) = (target.clone(), places.clone(), options.large);
            let progress = options.progress;
            running.spawn(async move {
                let _place = places.acquire_owned().await;
                let cell = run_one(target.clone(), case, large).await;
                if progress {
                    eprintln!("{} {:<10} {cell} ({:.1} s)", case.id, target.name(), cell.took.as_secs_f64());
                }
                (place, case, cell)
            });
        }
    }
    while let Some(ended) = running.join_next().await {
        // A task that dies here is the runner's own fault; its case is missing from the table then.
        if let Ok((place, case, cell)) = ended {
            report.add(place, case, cell);
        }
    }
    report
}

/// Runs one case in a task of its own, so that a panic is its own.
pub(crate) async fn run_one(target: Arc<dyn Target>, case: Case, large: bool) -> Cell {
    let start = Instant::now();
    let task = tokio::spawn(async move { attempt(target, case, large).await });
    let abort = Abort(task.abort_handle());
    let limit = if large { CASE_LIMIT * 10 } else { CASE_LIMIT };
    let outcome = match tokio::time::timeout(limit, task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::Failed(format!("it panicked: {error}")),
        Err(_) => Outcome::Failed(format!("not over within {limit:?}")),
    };
    drop(abort);
    Cell { outcome, took: start.elapsed() }
}

/// A task that goes with its owner.
struct Abort(tokio::task::AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn attempt(target: Arc<dyn Target>, case: Case, large: bool) -> Outcome {
    let bed = match Bed::make(target, case.needs, large).await {
        Ok(bed) => bed,
        Err(error) => return Outcome::Failed(format!("{error:#}")),
    };
    let missing = match missing(&bed, case).await {
        Ok(missing) => missing,
        Err(error) => return Outcome::Failed(format!("{error:#}")),
    };
    let outcome = if let Some(need) = missing {
        Outcome::NotApplicable(vec![need])
    } else {
        match (case.run)(bed.clone()).await {
            Err(error) => Outcome::Failed(format!("{error:#}")),
            Ok(()) => Outcome::Passed(bed.lacks()),
        }
    };
    // What is left is the target's own to clean; it must not hold up the suite.
    let _ = tokio::time::timeout(Duration::from_secs(10), bed.forget()).await;
    outcome
}

async fn missing(bed: &Bed, case: Case) -> anyhow::Result<Option<crate::Need>> {
    if case.needs.is_empty() {
        return Ok(None);
    }
    let capabilities = bed.connect().await?.broker.capabilities();
    Ok(case.needs.iter().copied().find(|need| !need.is_met(&**bed.target(), &capabilities)))
}
