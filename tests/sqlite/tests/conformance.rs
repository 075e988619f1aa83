//! `sqlite:` under the conformance suite, as `cargo xtask conformance --broker sqlite` shows it.

use std::sync::Arc;

use soorma_conformance::{Options, run};
use soorma_sqlite_tests::SqliteTarget;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_does_what_every_broker_must() {
    let mut options = Options::default();
    if let Ok(ids) = std::env::var("ONLY") {
        options = Options::only(&ids);
    }
    options.progress = true;
    let report = run(Arc::new(SqliteTarget::new()), &options).await;
    println!("{report}");
    report.assert_passed();
}
