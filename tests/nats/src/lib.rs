//! A NATS server for tests: one process, its own port and its own directory.

mod binary;
mod server;

pub use self::{
    binary::find_server,
    server::{NatsServer, NatsServerOptions},
};
