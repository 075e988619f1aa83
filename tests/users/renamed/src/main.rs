//! A program that knows soorma by another name.

#![deny(warnings)]

use bus::prelude::*;

/// Counts down.
#[bus::main(name = "renamed", handlers_in = [users_renamed], crate = bus)]
async fn main(app: AppBuilder) -> AppBuilder {
    app
}
