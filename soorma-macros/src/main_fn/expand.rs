//! From [`Main`] to code: the user's function stays as it is, inside the one that the program starts with.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::{model::Main, parse::Failed};
use crate::{
    function::Item,
    names::{self, Ends, local, local_at},
};

pub(super) fn expand(main: &Main) -> TokenStream {
    let Main { names, item: Item { attrs, rest }, span, name, handlers_in, argument, output, description } =
        main;
    let p = names.at(*span);
    let app = local("app");
    let user_main = Ident::new("main", *span);
    let output = match output {
        Some(ty) => ty.to_token_stream(),
        None => quote_spanned!(*span=> ()),
    };
    let body = match argument {
        Some(ty) => {
            let into_app = names.member(&output, "IntoApp", "into_app");
            let app = local_at("app", Ends::of(ty).first);
            quote_spanned!(Ends::of(&output).last=> #into_app(#user_main(#app).await))
        }
        None => {
            let into_done = names.member(&output, "IntoDone", "into_done");
            quote_spanned!(Ends::of(&output).last=> #into_done(#user_main().await).map(|()| #app))
        }
    };
    let crate_names = handlers_in.iter().map(names::text);
    let crates = handlers_in
        .iter()
        .map(|path| quote_spanned!(Ends::of(path).first=> #[allow(unused_imports)] use #path as _;));
    // With the span of the name: a future that is not `Send` is reported there.
    let run = quote_spanned!(*span=> |#app| #p::boxed(async move { #body }));
    quote! {
        #(#crates)*
        fn main() -> #p::ExitCode {
            #[allow(clippy::items_after_statements, clippy::single_call_fn, clippy::unused_async)]
            #(#attrs)*
            #rest
            #p::main(
                #p::About {
                    name: #name,
                    handlers_in: &[#(#crate_names),*],
                    version: #p::core::env!("CARGO_PKG_VERSION"),
                    description: #description,
                },
                #run,
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
