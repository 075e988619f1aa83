//! The brokers of this workspace, as targets of the suite.

use std::sync::Arc;

use anyhow::bail;
use soorma_conformance::{Memory, Target};
use soorma_nats_tests::NatsTarget;
use soorma_sqlite_tests::SqliteTarget;

type Make = fn() -> anyhow::Result<Arc<dyn Target>>;

/// By the name that `--broker` takes.
const TARGETS: &[(&str, Make)] = &[
    ("memory", || Ok(Arc::new(Memory::new()))),
    ("sqlite", || Ok(Arc::new(SqliteTarget::new()))),
    ("nats", || Ok(Arc::new(NatsTarget::start()?))),
];

/// The targets of these names; all of them, where none is given.
pub(crate) fn named(names: &[String]) -> anyhow::Result<Vec<Arc<dyn Target>>> {
    if names.is_empty() {
        return TARGETS.iter().map(|(_, make)| make()).collect();
    }
    let one = |name: &String| match TARGETS.iter().find(|(known, _)| known == name) {
        Some((_, make)) => make(),
        None => {
            let known: Vec<_> = TARGETS.iter().map(|(known, _)| *known).collect();
            bail!("no broker `{name}`; there is {}", known.join(", "))
        }
    };
    names.iter().map(one).collect()
}
