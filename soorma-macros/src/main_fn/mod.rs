//! `#[soorma::main]`: a main function that starts the agents.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;

/// The whole macro.
pub(crate) fn entry(args: TokenStream, item: TokenStream) -> TokenStream {
    match parse::parse(args, item) {
        Ok(main) => expand::expand(&main),
        Err(failed) => expand::stand_in(*failed),
    }
}
