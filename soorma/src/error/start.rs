//! An app that does not start.

use super::ConnectError;
use crate::{broker::BrokerError, handler::TableError, registry::RegisterError};

/// An app did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The broker or the store cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The handlers do not fit together.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A subscription could not be made.
    #[error("the subscriptions could not be made")]
    Broker(#[from] BrokerError),
    /// The registry has an event in another form than this app.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A start-up hook failed.
    #[error("start-up hook `{hook}` failed")]
    Hook {
        /// The path of the function.
        hook: &'static str,
        /// Its error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
