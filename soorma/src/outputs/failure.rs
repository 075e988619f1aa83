//! Which errors a handler may return.

/// An error that a handler can return: whatever `anyhow::Error` can be made of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error that a handler can return",
    label = "not convertible into `anyhow::Error`",
    note = "return `anyhow::Result<..>`, or a `Result` whose error implements `std::error::Error + Send + Sync`",
    note = "a text becomes an error by `anyhow::anyhow!(\"..\")`"
)]
pub trait Failure {
    #[doc(hidden)]
    fn into_error(self) -> anyhow::Error;
}

#[diagnostic::do_not_recommend]
impl<E: Into<anyhow::Error>> Failure for E {
    fn into_error(self) -> anyhow::Error {
        self.into()
    }
}
