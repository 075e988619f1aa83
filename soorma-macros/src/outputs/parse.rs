//! From an enum to [`Outputs`], or to every mistake in it.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Fields, Ident, Meta};

use super::model::{Outputs, Variant};
use crate::{
    attribute::{self, Reader, Vocabulary},
    errors::Errors,
    names::Names,
};

const OUTPUTS: Vocabulary = Vocabulary { owner: "#[outputs]", keys: &["crate"] };

/// What is left of a type with mistakes.
pub(super) struct Failed {
    pub(super) errors: Errors,
    pub(super) names: Names,
    /// The type, unless it is generic.
    pub(super) name: Option<Ident>,
}

pub(super) fn parse(item: TokenStream) -> Result<Outputs, Box<Failed>> {
    let mut errors = Errors::default();
    let Some(input) = errors.keep(syn::parse2::<DeriveInput>(item)) else {
        return Err(Box::new(Failed { errors, names: Names::default(), name: None }));
    };
    let names = read_attributes(&input, &mut errors);
    let fixed = input.generics.params.is_empty();
    if !fixed {
        errors
            .over(&input.generics.params, "an enum of outputs has no generic parameters: name the payloads");
    }
    let variants = variants(&input, &mut errors);
    let name = input.ident;
    if errors.is_empty() {
        Ok(Outputs { names, name, variants })
    } else {
        Err(Box::new(Failed { errors, names, name: fixed.then_some(name) }))
    }
}

fn read_attributes(input: &DeriveInput, errors: &mut Errors) -> Names {
    let mut names = Names::default();
    let mut reader = Reader::new(OUTPUTS);
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("outputs")) {
        if let Meta::List(list) = &attr.meta {
            reader.read(list.tokens.clone(), errors, &mut |key, input, _| {
                names = Names::new(Some(attribute::path(key, input, "my_soorma")?));
                Ok(())
            });
        } else {
            errors.over(attr.path(), "the arguments of `#[outputs]` stand in parentheses");
        }
    }
    names
}

fn variants(input: &DeriveInput, errors: &mut Errors) -> Vec<Variant> {
    let Data::Enum(data) = &input.data else {
        let message = "`Outputs` goes on an enum, one variant for each event of which one is published; a handler \
                       that publishes several at once returns a tuple";
        errors.over(&input.ident, message);
        return Vec::new();
    };
    if data.variants.is_empty() {
        errors.over(&input.ident, "an enum of outputs has a variant at least");
    }
    let mut read = Vec::new();
    for variant in &data.variants {
        let output = match &variant.fields {
            Fields::Unit => None,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
            _ => {
                let name = &variant.ident;
                errors.over(
                    name,
                    format!("a variant holds one payload: `{name}(Payload)`, or nothing: `{name}`"),
                );
                continue;
            }
        };
        read.push(Variant { name: variant.ident.clone(), output: output.map(|field| field.ty.clone()) });
    }
    read
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn mistakes(item: TokenStream) -> Vec<String> {
        parse(item).err().map(|failed| failed.errors.messages()).unwrap_or_default()
    }

    #[test]
    fn a_variant_holds_one_payload_or_nothing() {
        let outputs = parse(quote!(
            enum Decision {
                Accepted(OrderAccepted),
                Ignored,
            }
        ))
        .ok()
        .unwrap();
        let held: Vec<_> = outputs.variants.iter().map(|variant| variant.output.is_some()).collect();
        assert_eq!(held, [true, false]);
    }

    #[test]
    fn every_bad_variant_is_named() {
        let found = mistakes(quote!(
            enum Decision<T> {
                A { a: u8 },
                B(u8, u8),
                C(T),
            }
        ));
        assert_eq!(found.len(), 3, "{found:#?}");
        assert_eq!(found[1], "a variant holds one payload: `A(Payload)`, or nothing: `A`");
    }

    #[test]
    fn a_struct_is_answered_with_the_tuple() {
        assert!(
            mistakes(quote!(
                struct S {
                    a: A,
                }
            ))[0]
                .starts_with("`Outputs` goes on an enum")
        );
        assert_eq!(
            mistakes(quote!(
                enum E {}
            )),
            ["an enum of outputs has a variant at least"]
        );
    }
}
