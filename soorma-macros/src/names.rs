//! Every path that generated code may mention, and how tokens get their spans.
//!
//! All paths lead into `soorma::__private`, so a user's crate needs nothing else in scope; `crate = path` says
//! where `soorma` is when it goes by another name.
//!
//! Spans decide which words of the user's an error underlines. rustc takes a span with the hygiene of an expansion
//! for generated code and adds "this error originates in the attribute macro"; so paths are given the span of what
//! they stand for, hygiene included.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::Path;

/// Where `soorma` is.
#[derive(Clone, Default)]
pub(crate) struct Names {
    root: Option<Path>,
}

impl Names {
    /// `crate = path`, or `::soorma`.
    pub(crate) fn new(root: Option<Path>) -> Self {
        Self { root }
    }

    /// `::soorma::__private`, with this span.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        match &self.root {
            None => quote_spanned!(span=> ::soorma::__private),
            Some(root) => {
                let root = respan(root.to_token_stream(), span);
                quote_spanned!(span=> #root::__private)
            }
        }
    }

    /// `<ty as Trait>::member`, which rustc reports as standing exactly where the type stands.
    pub(crate) fn member(&self, ty: &impl ToTokens, of_trait: &str, member: &str) -> TokenStream {
        let Ends { first, last } = Ends::of(ty);
        let p = self.at(first);
        let of_trait = Ident::new(of_trait, first);
        let member = Ident::new(member, last);
        quote_spanned!(first=> <#ty as #p::#of_trait>::#member)
    }

    /// `__private::check::name(args)`, which an error underlines from one end to the other.
    pub(crate) fn check(&self, ends: Ends, name: &str, args: &TokenStream) -> TokenStream {
        let p = self.at(ends.first);
        let name = Ident::new(name, ends.first);
        let mut call = quote_spanned!(ends.first=> #p::check::#name);
        let mut args = Group::new(Delimiter::Parenthesis, args.clone());
        args.set_span(ends.last);
        call.extend([TokenTree::Group(args)]);
        call
    }
}

/// Moves tokens to another place and keeps what they resolve to (`$crate` stays that crate).
fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(span.resolved_at(token.span()));
        token
    };
    tokens.into_iter().map(moved).collect()
}

/// The spans of the first and the last token: stable Rust cannot join them, but rustc does where a call starts
/// at one and ends at the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Ends {
    pub(crate) fn of(tokens: &impl ToTokens) -> Self {
        let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        Self { first, last: spans.last().unwrap_or(first) }
    }

    pub(crate) fn at(span: Span) -> Self {
        Self { first: span, last: span }
    }
}

/// A local variable of generated code, which no code of the user's can see. The underscores are for constants of
/// the user's: a pattern means the constant where there is one of that name.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// The same variable, where an error about its value is to point at something of the user's.
pub(crate) fn local_at(name: &str, span: Span) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site().located_at(span))
}

/// The line of a span: `line!()` would give that of the outermost macro.
pub(crate) fn line(span: Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(0)
}

/// A type as a person writes it: `Event<OrderPlaced>` where the tokens alone give `Event < OrderPlaced >`.
pub(crate) fn text(ty: &impl ToTokens) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, plain) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
    ] {
        text = text.replace(spaced, plain);
    }
    text
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn paths_start_where_soorma_is() {
        let at = |names: Names| names.at(Span::call_site()).to_string();
        assert_eq!(at(Names::default()), ":: soorma :: __private");
        assert_eq!(at(Names::new(Some(parse_quote!(renamed::bus)))), "renamed :: bus :: __private");
    }

    #[test]
    fn types_are_written_without_spaces() {
        let ty: syn::Type = parse_quote!(soorma::Event<Vec<(A, &'static B)>>);
        assert_eq!(text(&ty), "soorma::Event<Vec<(A, &'static B)>>");
    }

    #[test]
    fn the_ends_of_a_type_are_its_first_and_last_token() {
        let tokens: TokenStream = "Event<OrderPlaced>".parse().unwrap();
        let Ends { first, last } = Ends::of(&tokens);
        assert_eq!((first.start().column, last.start().column), (0, 17));
        assert_eq!(Ends::of(&quote!()).first.start().line, Span::call_site().start().line);
    }
}
