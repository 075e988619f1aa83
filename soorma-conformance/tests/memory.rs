//! The whole suite on `memory:`.

use std::sync::Arc;

use soorma_conformance::{Memory, Options, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_what_every_broker_must_do() {
    let report = run(Arc::new(Memory::new()), &Options::default()).await;
    println!("{report}");
    report.assert_passed();
}
