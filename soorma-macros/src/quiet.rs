//! What generated code is excused from: lints are for what a person wrote, and their reader could change nothing.

use proc_macro2::TokenStream;
use quote::quote;

/// The attribute for an item that no person wrote. That a lint is denied for the whole crate, whatever it is, must
/// not make it one of ours.
pub(crate) fn quiet() -> TokenStream {
    quote! {
        #[allow(
            deprecated,
            unreachable_code,
            unused_qualifications,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            clippy::restriction
        )]
    }
}
