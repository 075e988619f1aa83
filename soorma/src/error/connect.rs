//! A broker or store that cannot be reached by its URL.

/// A broker or store cannot be reached by its URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No broker of that scheme is built in.
    #[error("no {what} for `{url}`; there is {known}")]
    UnknownScheme {
        /// `broker` or `store`.
        what: &'static str,
        /// The URL as given.
        url: String,
        /// The schemes that this build knows.
        known: &'static str,
    },
    /// The URL says something that the broker does not understand.
    #[error("{what} URL `{url}`: {reason}")]
    Invalid {
        /// `broker` or `store`.
        what: &'static str,
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing answers there, or it does not let us in.
    #[error("no {what} at `{url}`")]
    Unreachable {
        /// `broker` or `store`.
        what: &'static str,
        /// The URL, without what is secret.
        url: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What answers there will not do.
    #[error("{what} at `{url}`: {reason}")]
    Refused {
        /// `broker` or `store`.
        what: &'static str,
        /// The URL, without what is secret.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}
