//! The plain kinds of values: texts, names, numbers, paths, types, words without a value.

use proc_macro2::TokenStream;
use quote::ToTokens;
use soorma_common::grammar;
use syn::{
    Expr, ExprArray, ExprLit, Ident, Lit, LitInt, LitStr, Member, Path, Token, Type,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    token::Paren,
};

use super::rest_of_value;
use crate::suggest;

/// Takes the `=`; there must be something after it.
pub(super) fn equals(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    let ends = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    if !ends(input) && !input.peek(Token![=]) {
        return Err(input.error(format!("`=` comes after `{key}`, for example `{key} = {example}`")));
    }
    if input.parse::<Option<Token![=]>>()?.is_none() || ends(input) {
        let message = format!("`{key}` needs a value, for example `{key} = {example}`");
        return Err(syn::Error::new(key.span(), message));
    }
    Ok(())
}

/// Takes a value that can be read as a `T`, or says what it should have been.
pub(super) fn read_as<T: Parse>(
    key: &Ident,
    input: ParseStream<'_>,
    kind: &str,
    example: &str,
) -> syn::Result<T> {
    equals(key, input, example)?;
    let ahead = input.fork();
    if ahead.parse::<T>().is_ok() && (ahead.is_empty() || !ahead.peek(Token![.]) && !ahead.peek(Token![+])) {
        return input.parse();
    }
    let value = rest_of_value(input);
    Err(syn::Error::new_spanned(value, format!("`{key}` is {kind}, for example `{key} = {example}`")))
}

/// `key = "text"`.
pub(crate) fn string(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    read_as(key, input, "a text in quotes", &format!("{example:?}"))
}

/// `key = "name"`, in the grammar of agents and handlers.
pub(crate) fn name(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let name = string(key, input, example)?;
    match grammar::check_name(&name.value()) {
        Ok(()) => Ok(name),
        Err(error) => {
            let message = format!("invalid `{key}`: {}; for example `{key} = {example:?}`", error.rule);
            Err(syn::Error::new(name.span(), message))
        }
    }
}

/// `key = "Some words."`.
pub(crate) fn sentence(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let text = string(key, input, example)?;
    if text.value().trim().is_empty() {
        let message = format!("`{key}` says nothing: leave it out, or write `{key} = {example:?}`");
        return Err(syn::Error::new(text.span(), message));
    }
    Ok(text)
}

/// `key = ["text", "text"]`, none of them empty or twice.
pub(crate) fn texts(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<Vec<LitStr>> {
    let list: ExprArray = read_as(key, input, "a list of texts in brackets", example)?;
    let mut texts: Vec<LitStr> = Vec::new();
    for element in &list.elems {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = element else {
            let message = format!("`{key}` is a list of texts in brackets, for example `{key} = {example}`");
            return Err(syn::Error::new_spanned(element, message));
        };
        if text.value().trim().is_empty() {
            return Err(syn::Error::new(text.span(), format!("`{key}`: this one is empty")));
        }
        if texts.iter().any(|earlier| earlier.value() == text.value()) {
            return Err(syn::Error::new(text.span(), format!("`{key}`: {} is given twice", text.token())));
        }
        texts.push(text.clone());
    }
    Ok(texts)
}

/// `key = "one of these words"`.
pub(crate) fn one_of(
    key: &Ident,
    input: ParseStream<'_>,
    words: &[&'static str],
) -> syn::Result<&'static str> {
    let word = string(key, input, words.first().unwrap_or(&""))?;
    let value = word.value();
    words.iter().find(|known| **known == value).copied().ok_or_else(|| {
        let kind = format!("value of `{key}` is called");
        syn::Error::new(word.span(), suggest::unknown(&kind, &value, "it is one of", words))
    })
}

/// `key = 5`, 1 or more.
pub(crate) fn positive(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<u32> {
    let number: LitInt = read_as(key, input, "a whole number", example)?;
    let problem = match number.base10_parse::<i128>() {
        Ok(value) => match u32::try_from(value) {
            Ok(value @ 1..) => return Ok(value),
            _ if value < 1 => format!("`{key}` is 1 or more"),
            _ => format!("`{key}` is {} at the most", u32::MAX),
        },
        Err(_) => format!("`{key}` is a whole number, for example `{key} = {example}`"),
    };
    Err(syn::Error::new_spanned(number, problem))
}

/// `key = some::path`.
pub(crate) fn path(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<Path> {
    let written: ModPath = read_as(key, input, "a path without quotes", example)?;
    Ok(written.0)
}

/// A path as in `use`, without generic arguments.
struct ModPath(Path);

impl Parse for ModPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Path::parse_mod_style).map(Self)
    }
}

/// `key = SomeType`.
pub(crate) fn ty(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<Type> {
    read_as(key, input, "a type without quotes", example)
}

/// `key = an expression`.
pub(crate) fn expr(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<Expr> {
    read_as(key, input, "an expression", example)
}

/// A word without a value.
pub(crate) fn flag(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    if !input.peek(Token![=]) && !input.peek(Paren) {
        return Ok(()); // a forgotten comma: for the caller to say
    }
    let value = rest_of_value(input);
    Err(syn::Error::new_spanned(value, format!("`{key}` takes no value: write `{key}` alone")))
}

/// `key(A, B)` or `key = [a, b]`: what is between the delimiters.
pub(crate) fn list<T: Parse + ToTokens>(
    key: &Ident,
    input: ParseStream<'_>,
    example: &str,
) -> syn::Result<Vec<T>> {
    let content;
    if input.peek(Paren) {
        syn::parenthesized!(content in input);
    } else if input.peek(Token![=]) && input.peek2(syn::token::Bracket) {
        input.parse::<Token![=]>()?;
        syn::bracketed!(content in input);
    } else {
        rest_of_value(input);
        return Err(syn::Error::new(key.span(), format!("`{key}` is a list: `{example}`")));
    }
    let elements = Punctuated::<T, Token![,]>::parse_terminated(&content);
    elements.map(|elements| elements.into_iter().collect()).map_err(|error| {
        // syn would complain of what is left unread as well
        let rest = content.parse::<TokenStream>();
        let at =
            rest.ok().and_then(|rest| rest.into_iter().next()).map_or(error.span(), |token| token.span());
        syn::Error::new(at, format!("`{key}` is a list of names without quotes: `{example}`"))
    })
}

/// `key = field`, or `key = 0` in a tuple.
pub(crate) fn member(key: &Ident, input: ParseStream<'_>) -> syn::Result<Member> {
    read_as(key, input, "a field", "customer_id")
}
