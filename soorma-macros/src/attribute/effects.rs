//! `effects = Reversible`: one of three, by its name in Rust.

use quote::ToTokens;
use soorma_common::Effects;
use syn::{Ident, parse::ParseStream};

use super::value::read_as;
use crate::suggest;

/// Reads `effects = Reversible`.
pub(crate) fn effects(key: &Ident, input: ParseStream<'_>) -> syn::Result<Effects> {
    let written: Ident = read_as(key, input, "a word without quotes", "Reversible")?;
    let name = written.to_string();
    Effects::ALL.into_iter().find(|effects| effects.ident() == name).ok_or_else(|| {
        let known: Vec<_> = Effects::ALL.iter().map(|effects| effects.ident()).collect();
        let message = suggest::unknown("value of `effects` is called", &name, "it is one of", &known);
        syn::Error::new_spanned(written.into_token_stream(), message)
    })
}
