//! `sqlite:` under the conformance suite, as `cargo xtask conformance --broker sqlite` shows it.

use std::sync::Arc;

use soorma_conformance::{Options, run};
use soorma_sqlite_tests::SqliteTarget;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_does_what_every_broker_must() {
    run(Arc::new(SqliteTarget::new()), &Options::default()).await.assert_passed();
}
