//! What `main` may return.

use crate::{AppBuilder, outputs::Failure};

/// What `async fn main(app: AppBuilder)` may return.
#[diagnostic::on_unimplemented(
    message = "`main` takes the app and does not give it back",
    label = "`{Self}` is no `AppBuilder`",
    note = "return `AppBuilder`, or a `Result<AppBuilder, E>` such as `anyhow::Result<AppBuilder>`"
)]
pub trait IntoApp {
    /// The app.
    ///
    /// # Errors
    /// That of the user's `main`.
    fn into_app(self) -> anyhow::Result<AppBuilder>;
}

impl IntoApp for AppBuilder {
    fn into_app(self) -> anyhow::Result<AppBuilder> {
        Ok(self)
    }
}

impl<E: Failure> IntoApp for Result<AppBuilder, E> {
    fn into_app(self) -> anyhow::Result<AppBuilder> {
        self.map_err(Failure::into_error)
    }
}

/// What `async fn main()` may return.
#[diagnostic::on_unimplemented(
    message = "`main` without arguments returns nothing, or a `Result<(), E>`",
    label = "`{Self}` is neither",
    note = "to configure the app, write `async fn main(app: AppBuilder) -> AppBuilder`"
)]
pub trait IntoDone {
    /// Nothing.
    ///
    /// # Errors
    /// That of the user's `main`.
    fn into_done(self) -> anyhow::Result<()>;
}

impl IntoDone for () {
    fn into_done(self) -> anyhow::Result<()> {
        Ok(())
    }
}

impl<E: Failure> IntoDone for Result<(), E> {
    fn into_done(self) -> anyhow::Result<()> {
        self.map_err(Failure::into_error)
    }
}
