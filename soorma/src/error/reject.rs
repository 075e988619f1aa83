//! The error that ends all attempts.

use std::{error::Error, fmt};

/// An error that no further attempt will mend: the event goes to the dead letters at once.
///
/// It works anywhere in the chain of causes, and as the context of another error; not behind thiserror's
/// `#[error(transparent)]`, which leaves no trace of it in the chain.
///
/// ```
/// use soorma::Reject;
///
/// fn check(quantity: u32) -> anyhow::Result<()> {
///     if quantity == 0 {
///         return Err(Reject::new("an order of nothing").into());
///     }
///     Ok(())
/// }
/// # assert!(check(0).is_err());
/// ```
#[derive(Debug)]
pub struct Reject {
    reason: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Reject {
    /// With a reason.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), source: None }
    }

    /// With a reason and the error behind it.
    #[must_use]
    pub fn because(reason: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { reason: reason.into(), source: Some(source.into()) }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for Reject {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}
