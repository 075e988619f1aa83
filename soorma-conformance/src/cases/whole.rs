//! C44: cases ten times in parallel, on a current-thread runtime too.

use std::sync::Arc;

use anyhow::ensure;

use crate::{Case, Options, bed::Bed, case::case, run};

pub(super) const CASES: &[Case] = &[case!("C44", "ten times in parallel, current-thread too", ten_times)];

/// What is run where sizes are small: one of each family, and none that waits for long. With large sizes it is all of
/// them.
const FEW: &str = "C01, C03, C09, C12, C15, C20, C28, C36, C40, C48, C51";

async fn ten_times(bed: Bed) -> anyhow::Result<()> {
    let mut options = Options::only(FEW);
    if bed.size(0, 1) == 1 {
        options.only = super::all().iter().map(|case| case.id.to_owned()).filter(|id| id != "C44").collect();
    }
    options.copies = 10;
    options.jobs = 2;
    options.large = false;
    let target = bed.target().clone();
    let (again, same) = (Arc::clone(&target), options.clone());
    // A runtime of its own, on a thread of its own: with one thread, whatever blocks is seen.
    let one_thread = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        anyhow::Ok(runtime.block_on(run(again, &same)))
    });
    let report = run(target, &options).await;
    ensure!(report.passed(), "on the runtime of this run:\n{report}");
    let report = one_thread.await??;
    ensure!(report.passed(), "on a current-thread runtime:\n{report}");
    Ok(())
}
