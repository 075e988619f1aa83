//! NATS servers for tests: one process each, its own port and its own directory, and what it takes; and `nats:` as a
//! target of the conformance suite.

mod binary;
mod cluster;
mod conformance;
mod guard;
mod process;
mod proxy;
mod server;

pub use self::{
    binary::find_server,
    cluster::NatsCluster,
    conformance::NatsTarget,
    guard::Guard,
    process::Usage,
    server::{NatsServer, NatsServerOptions},
};
