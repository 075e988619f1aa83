//! What is measured: something that publishes, and handles what it publishes.

use std::{any::Any, pin::Pin};

type Publishing = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A program that runs.
pub(crate) struct Program {
    publish: Box<dyn Fn(u64) -> Publishing>,
    _keep: Box<dyn Any>,
}

impl Program {
    /// `publish` publishes so many events; `keep` lives as long as the program.
    pub(crate) fn new<F>(keep: impl Any, publish: impl Fn(u64) -> F + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        Self { publish: Box::new(move |events| Box::pin(publish(events))), _keep: Box::new(keep) }
    }

    /// One future for all of them.
    pub(crate) fn publish(&self, events: u64) -> Publishing {
        (self.publish)(events)
    }
}
