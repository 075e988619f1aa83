//! The annotated function: taken apart without looking into its body, and always there to be emitted again.
//!
//! A mistake in the body is rustc's to report, and a mistake in the signature must not make the function vanish
//! for the rest of the program.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, FnArg, ReturnType, Safety, Signature, Type, Visibility,
    parse::{ParseStream, Parser},
};

use crate::errors::Errors;

/// An item: its attributes, and the rest as it was written.
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) rest: TokenStream,
}

impl Item {
    pub(crate) fn new(item: TokenStream) -> Self {
        let parser = |input: ParseStream<'_>| {
            Ok(Self { attrs: input.call(Attribute::parse_outer)?, rest: input.parse()? })
        };
        parser.parse2(item.clone()).unwrap_or(Self { attrs: Vec::new(), rest: item })
    }

    /// The attributes that what is generated beside the function must carry too.
    pub(crate) fn shared_attrs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("allow"))
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.attrs.iter().for_each(|attr| attr.to_tokens(tokens));
        self.rest.to_tokens(tokens);
    }
}

/// The head of a function.
pub(crate) struct Head {
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

impl Head {
    /// Reads the head of a function; `owner` is the attribute, for example `#[on_event]`.
    pub(crate) fn read(rest: &TokenStream, owner: &str, errors: &mut Errors) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            let head = Self { visibility: input.parse()?, signature: input.parse()? };
            input.parse::<TokenStream>()?; // the body
            Ok(head)
        };
        let error = match parser.parse2(rest.clone()) {
            Ok(head) => return Some(head),
            Err(error) => error,
        };
        if rest.clone().into_iter().any(|token| token.to_string() == "fn") {
            errors.add(error);
        } else {
            let at = rest.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
            errors.at(at, format!("`{owner}` goes on an `async fn`"));
        }
        None
    }

    /// Whether it is a method: beside it there can be no other items.
    pub(crate) fn is_method(&self) -> bool {
        matches!(self.signature.inputs.first(), Some(FnArg::Receiver(_)))
    }

    /// The types of the arguments.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Type> {
        self.signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(&*argument.ty),
            FnArg::Receiver(_) => None,
        })
    }

    /// The return type, where one is written.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    /// Checks what every annotated function must be: free, `async`, and of fixed types.
    pub(crate) fn check(&self, owner: &str, errors: &mut Errors) {
        let Signature { constness, asyncness, safety, abi, fn_token, generics, inputs, .. } = &self.signature;
        match (asyncness, constness) {
            (Some(_), _) => {} // `const async` is rustc's to refuse
            (None, None) => {
                errors.over(fn_token, format!("`{owner}` goes on an `async fn`: write `async` before `fn`"));
            }
            (None, Some(token)) => {
                errors.over(
                    token,
                    format!("`{owner}` goes on an `async fn`: write `async` in place of `const`"),
                );
            }
        }
        if let Safety::Unsafe(token) = safety {
            errors.over(token, format!("`{owner}` goes on a function that is not `unsafe`"));
        }
        if let Some(abi) = abi {
            errors.over(abi, format!("`{owner}` goes on a function that is not `extern`"));
        }
        if !generics.params.is_empty() {
            let message = format!("`{owner}` goes on a function without generic parameters: name the types");
            errors.over(&generics.params, message);
        }
        for argument in inputs {
            let FnArg::Typed(argument) = argument else { continue };
            for attribute in argument.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
                let message =
                    format!("`{owner}` sees every argument: put `#[cfg(..)]` on two whole functions instead");
                errors.over(attribute, message);
            }
        }
        if let Some(FnArg::Receiver(receiver)) = inputs.first() {
            errors.over(receiver, format!("`{owner}` goes on a free function, outside of `impl`: no `self`"));
        }
        for argument in self.arguments() {
            check_argument(argument, errors);
        }
        if let Some(output) = self.output()
            && mentions_impl(output.to_token_stream())
        {
            errors.over(output, "`impl` does not say what the function publishes: name the return type");
        }
    }
}

fn check_argument(ty: &Type, errors: &mut Errors) {
    match ty {
        Type::Reference(reference) => {
            errors.over(reference, "an argument is owned, not borrowed: leave out the `&`");
        }
        ty if mentions_impl(ty.to_token_stream()) => {
            errors.over(ty, "`impl` does not say which type to hand to the function: name the type");
        }
        _ => {}
    }
}

fn mentions_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == "impl",
        proc_macro2::TokenTree::Group(group) => mentions_impl(group.stream()),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn mistakes(item: TokenStream) -> Vec<String> {
        let mut errors = Errors::default();
        if let Some(head) = Head::read(&Item::new(item).rest, "#[on_event]", &mut errors) {
            head.check("#[on_event]", &mut errors);
        }
        errors.messages()
    }

    #[test]
    fn a_body_is_not_looked_into() {
        let item: TokenStream = quote!(#[doc = "Hi"] pub async fn f(_: A, b: B<C>) -> D { let = ; });
        let item = Item::new(item);
        let head = Head::read(&item.rest, "#[on_event]", &mut Errors::default()).unwrap();
        assert_eq!((item.attrs.len(), head.arguments().count()), (1, 2));
    }

    #[test]
    fn every_mistake_in_a_signature_is_found() {
        let found = mistakes(quote! {
            unsafe extern "C" fn f<T>(&self, a: &A, b: Vec<impl B>) -> impl C {}
        });
        assert_eq!(found.len(), 8, "{found:#?}");
        assert_eq!(found[0], "`#[on_event]` goes on an `async fn`: write `async` before `fn`");
    }

    #[test]
    fn what_is_no_function_is_refused() {
        assert_eq!(
            mistakes(quote!(
                pub struct S;
            )),
            ["`#[on_event]` goes on an `async fn`"]
        );
    }
}
