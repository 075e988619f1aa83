//! Attribute macros of somebody else's, for handlers to carry beside soorma's.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Writes the item down anew: every token seems to come from this macro.
#[proc_macro_attribute]
pub fn retold(_args: TokenStream, item: TokenStream) -> TokenStream {
    item.to_string().parse().unwrap_or(item)
}

/// Puts the body of an `async fn` into a block of its own, as attributes that log a call do.
#[proc_macro_attribute]
pub fn wrapped(_args: TokenStream, item: TokenStream) -> TokenStream {
    let wrap = |token| match token {
        TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
            let mut wrapped: TokenStream = "let call = async move".parse().unwrap_or_default();
            wrapped.extend([TokenTree::Group(body.clone())]);
            wrapped.extend("; call.await".parse::<TokenStream>());
            let mut group = Group::new(Delimiter::Brace, wrapped);
            group.set_span(body.span());
            TokenTree::Group(group)
        }
        other => other,
    };
    item.into_iter().map(wrap).collect()
}

/// Adds an item beside the one that it stands on.
#[proc_macro_attribute]
pub fn accompanied(_args: TokenStream, item: TokenStream) -> TokenStream {
    let mut both: TokenStream = "const _: () = ();".parse().unwrap_or_default();
    both.extend(item);
    both
}
