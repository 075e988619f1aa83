//! `nats:` under the conformance suite, as `cargo xtask conformance --broker nats` shows it.

use std::sync::Arc;

use soorma_conformance::{Options, run};
use soorma_nats_tests::NatsTarget;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_does_what_every_broker_must() {
    let target = Arc::new(NatsTarget::start().unwrap());
    run(target, &Options::default()).await.assert_passed();
}
