//! From [`Outputs`] to its implementation.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{
    model::{Outputs, Variant},
    parse::Failed,
};
use crate::{
    names::{Ends, local},
    quiet::quiet,
};

/// The payload types are named in the body of one constant only: rustc reports a mistake once for each body.
pub(super) fn expand(outputs: &Outputs) -> TokenStream {
    let Outputs { names, name, variants } = outputs;
    let p = names.at(name.span());
    let (this, payload, out) = (local("this"), local("payload"), local("outputs"));
    let produces = variants.iter().map(|variant| match &variant.output {
        Some(ty) => names.member(ty, "IntoOutputs", "PRODUCES"),
        None => quote!(#p::Produces::Nothing),
    });
    let arms = variants.iter().map(|Variant { name: variant, output }| match output {
        Some(ty) => {
            let into_outputs = names.member(ty, "IntoOutputs", "into_outputs");
            quote_spanned!(Ends::of(ty).last=> #name::#variant(#payload) => #into_outputs(#payload, #out),)
        }
        None => quote!(#name::#variant => #p::Ok(()),),
    });
    let quiet = quiet();
    quote! {
        #quiet
        const _: () = {
            const PARTS: #p::OutputsParts<#name> = #p::OutputsParts {
                produces: #p::Produces::OneOf(&[#(#produces),*]),
                into_outputs: |#this, #out| match #this { #(#arms)* },
            };
            #[automatically_derived]
            impl #p::IntoOutputs for #name {
                const PRODUCES: #p::Produces = PARTS.produces;
                fn into_outputs(self, #out: &mut #p::Outputs) -> #p::anyhow::Result<()> {
                    (PARTS.into_outputs)(self, #out)
                }
            }
        };
    }
}

/// A type with mistakes: an implementation all the same, so that the handlers that return it do not fail as well.
pub(super) fn stand_in(failed: Failed) -> TokenStream {
    let Failed { errors, names, name } = failed;
    let errors = errors.into_tokens();
    let Some(name) = name else { return errors };
    let p = names.at(name.span());
    quote! {
        #errors
        #[automatically_derived]
        impl #p::IntoOutputs for #name {
            const PRODUCES: #p::Produces = #p::Produces::OneOf(&[]);
            fn into_outputs(self, _: &mut #p::Outputs) -> #p::anyhow::Result<()> {
                #p::Ok(())
            }
        }
    }
}
