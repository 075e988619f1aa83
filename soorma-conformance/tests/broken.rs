//! The suite itself: every case can pass on a broker that has everything, and each broken broker fails the case that
//! is named here for it.

use std::sync::Arc;

use soorma_conformance::{Options, Outcome, run};

mod lab;

use lab::{CAUGHT_BY, Fault, Lab};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_has_everything_passes_every_case() {
    let mut options = Options::default();
    options.progress = std::env::var_os("PROGRESS").is_some();
    let report = run(Arc::new(Lab::new(Fault::None)), &options).await;
    println!("{report}");
    report.assert_passed();
    let not_run: Vec<_> =
        report.cells().filter(|(_, _, cell)| cell.outcome != Outcome::Passed(Vec::new())).collect();
    assert!(not_run.is_empty(), "{not_run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_broken_broker_fails_the_case_that_is_named_for_it() {
    let mut running = tokio::task::JoinSet::new();
    for (fault, case) in
        CAUGHT_BY.iter().flat_map(|(fault, cases)| cases.iter().map(move |case| (fault, case)))
    {
        running.spawn(async move {
            let report = run(Arc::new(Lab::new(*fault)), &Options::only(case)).await;
            let why: Vec<String> = report.failures().map(|(_, _, why)| why.to_owned()).collect();
            (fault, case, why)
        });
    }
    let mut unnoticed = Vec::new();
    while let Some(done) = running.join_next().await {
        let (fault, case, why) = done.unwrap();
        println!("{fault:?}: {case}: {}", why.join("; "));
        if why.is_empty() {
            unnoticed.push((fault, case));
        }
    }
    assert!(unnoticed.is_empty(), "not caught: {unnoticed:?}");
}
