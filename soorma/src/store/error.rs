//! What can go wrong with a store.

use super::Key;

/// The store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else wrote first.
    #[error("`{0}` was written by somebody else")]
    Conflict(Key),
    /// What is stored does not have the shape that is asked for, or cannot be written as JSON.
    #[error("`{key}` does not hold a `{expected}`")]
    Shape {
        /// The key.
        key: Key,
        /// The type asked for.
        expected: &'static str,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The value is larger than the store takes.
    #[error("`{key}` has {bytes} bytes, and this store takes {limit} at the most")]
    TooLarge {
        /// The key.
        key: Key,
        /// What it has.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The store does not answer.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
