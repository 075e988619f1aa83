//! NATS servers for tests: one process each, its own port and its own directory; and `nats:` as a target of the
//! conformance suite.

mod binary;
mod cluster;
mod conformance;
mod proxy;
mod server;

pub use self::{
    binary::find_server,
    cluster::NatsCluster,
    conformance::NatsTarget,
    server::{NatsServer, NatsServerOptions},
};
