//! Apps: agents, their handlers and their surroundings, from start to drain.
//!
//! Owns configuration and life cycle; knows nothing of how a delivery is handled.

mod builder;
#[cfg(feature = "main")]
mod command_line;
#[cfg(feature = "main")]
pub(crate) mod main;
mod provision;
mod registration;
mod running;
mod start;

pub use self::{
    builder::AppBuilder,
    provision::Provisioned,
    running::{Running, Shutdown},
};

/// A program of agents.
///
/// `#[soorma::main]` makes one; by hand it goes like this:
///
/// ```no_run
/// # async fn f() -> Result<(), soorma::StartError> {
/// use soorma::App;
///
/// let running = App::builder("order-processor").broker_url("memory:").start().await?;
/// running.stopped().await;
/// running.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct App;

impl App {
    /// An app whose handlers belong to the agent `name`, unless they name another one.
    pub fn builder(name: impl Into<String>) -> AppBuilder {
        AppBuilder::new(name.into())
    }
}
