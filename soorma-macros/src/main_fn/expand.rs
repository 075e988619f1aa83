//! From [`Main`] to code: the user's function stays as it is, inside the one that the program starts with.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{model::Main, parse::Failed};
use crate::{
    function::Item,
    names::{Ends, local},
};

pub(super) fn expand(main: &Main) -> TokenStream {
    let Main { names, item: Item { attrs, rest }, span, name, handlers_in, argument, output, description } = main;
    let p = names.at(*span);
    let app = local("app");
    let user_main = Ident::new("main", *span);
    let at = output.as_ref().map_or(*span, |ty| Ends::of(ty).first);
    let at_p = names.at(at);
    let body = match argument {
        Some(ty) => {
            let called = quote_spanned!(Ends::of(ty).last=> #user_main(#app));
            quote_spanned!(at=> #at_p::IntoApp::into_app(#called.await))
        }
        None => quote_spanned!(at=> #at_p::IntoDone::into_done(#user_main().await).map(|()| #app)),
    };
    quote! {
        #(#[allow(unused_imports)] use #handlers_in as _;)*
        fn main() -> #p::ExitCode {
            #(#attrs)*
            #[allow(clippy::unused_async, clippy::items_after_statements)]
            #rest
            #p::main(
                #p::About {
                    name: #name,
                    version: #p::core::env!("CARGO_PKG_VERSION"),
                    description: #description,
                },
                |#app| #p::boxed(async move { #body }),
            )
        }
    }
}

/// A function with mistakes: it is kept inside a `main`, because rustc accepts no `async fn main`.
pub(super) fn stand_in(failed: Failed) -> TokenStream {
    let Failed { errors, item, is_main } = failed;
    let errors = errors.into_tokens();
    if is_main {
        quote! {
            #errors
            fn main() {
                #[allow(dead_code)]
                #item
            }
        }
    } else {
        quote!(#item #errors)
    }
}
