//! The whole suite on the broker that the documentation of `soorma::broker` shows.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use soorma::{BoxFuture, Clock, store::memory::MemoryStore};
use soorma_conformance::{Connection, Need, Options, Outcome, Space, Target, run};

#[expect(unreachable_pub, reason = "as in a crate of its own")]
#[path = "../../soorma/src/broker/example.rs"]
mod example;

/// One broker for each space. Its "processes" share it.
#[derive(Default)]
struct Small(Mutex<HashMap<String, Connection>>);

impl Target for Small {
    fn name(&self) -> String {
        "small:".to_owned()
    }

    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>> {
        Box::pin(async move {
            let open = || Connection {
                broker: Arc::new(example::Small::default()),
                store: Arc::new(MemoryStore::new(Clock::system())),
                owned: false,
            };
            let mut spaces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(spaces.entry(space.name.clone()).or_insert_with(open).clone())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_broker_passes_every_case_but_for_what_it_says_it_cannot() {
    let report = run(Arc::new(Small::default()), &Options::default()).await;
    println!("{report}");
    report.assert_passed();
    let lacks = [
        Need::Server,
        Need::Foreign,
        Need::Capacity,
        Need::Retention,
        Need::DedupWindow,
        Need::Durable,
        Need::Delay,
        Need::Atomic,
        Need::LargestEvent,
        Need::Settings,
    ];
    for (_, case, cell) in report.cells() {
        let (Outcome::NotApplicable(needs) | Outcome::Passed(needs)) = &cell.outcome else { continue };
        assert!(needs.iter().all(|need| lacks.contains(need)), "{}: {needs:?}", case.id);
    }
}
