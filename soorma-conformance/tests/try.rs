use soorma_conformance::{Memory, Options, run};
use std::sync::Arc;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one() {
    let mut options = match std::env::var("CASES") {
        Ok(c) => Options::only(&c),
        Err(_) => Options::default(),
    };
    options.progress = true;
    let report = run(Arc::new(Memory::new()), &options).await;
    println!("{report}");
    report.assert_passed();
}
