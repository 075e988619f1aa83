//! NATS servers for tests: one process each, its own port and its own directory.

mod binary;
mod cluster;
mod server;

pub use self::{
    binary::find_server,
    cluster::NatsCluster,
    server::{NatsServer, NatsServerOptions},
};
