//! From [`Payload`] to its implementations.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use soorma_common::EventTopic;
use syn::{Expr, Type, ext::IdentExt};

use super::{
    model::{Guidance, Payload},
    parse::Failed,
};
use crate::{
    names::{self, Ends, Names, local},
    quiet::quiet,
};

pub(super) fn expand(payload: &Payload) -> TokenStream {
    let Payload { names, name, topic, event_type, response, key, examples, guidance, description } = payload;
    let p = names.at(name.span());
    let contract = Contract {
        topic: topic.tokens(names),
        event_type: {
            let literal = event_type.literal();
            quote!(#literal)
        },
        description,
        has_response: response.is_some(),
        keyed: key.is_some(),
    };
    let contract = contract.tokens(names, name);
    let partition_key = key.as_ref().map(|key| {
        let at = Ends::of(key).first;
        let p = names.at(at);
        quote_spanned! {at=>
            fn partition_key(&self) -> #p::Option<#p::String> {
                #p::OrderKey::order_key(&self.#key)
            }
        }
    });
    let examples = (!examples.is_empty()).then(|| self::examples(names, name, examples));
    let guidance = (!guidance.is_silent()).then(|| self::guidance(names, name, guidance));
    let outputs = outputs(names, name);
    let request = response.as_ref().map(|response| request(names, name, response));
    let fact = (topic.value == EventTopic::BusinessFacts).then(|| fact(names, name));
    let quiet = quiet();
    quote! {
        #[automatically_derived]
        #quiet
        impl #p::EventPayload for #name {
            #contract
            #partition_key
            #examples
            #guidance
        }
        #outputs
        #request
        #fact
        #quiet
        const _: () = {
            #p::inventory::submit! { #p::Declared(#p::contract_of::<#name>()) }
        };
    }
}

/// A type with mistakes: an implementation with an empty event type. Whoever uses the type finds it implemented,
/// and the checks keep silent about it, so one mistake is one error.
pub(super) fn stand_in(failed: Failed) -> TokenStream {
    let Failed { errors, names, name, response } = failed;
    let errors = errors.into_tokens();
    let Some(name) = name else { return errors };
    let p = names.at(name.span());
    let contract = Contract {
        topic: quote!(#p::EventTopic::BusinessFacts),
        event_type: quote!(""),
        description: "",
        has_response: false,
        keyed: true,
    };
    let contract = contract.tokens(&names, &name);
    let outputs = outputs(&names, &name);
    let request = response.map(|response| {
        quote! {
            #[automatically_derived]
            impl #p::Request for #name {
                type Response = #response;
            }
        }
    });
    let fact = fact(&names, &name);
    let quiet = quiet();
    quote! {
        #errors
        #[automatically_derived]
        #quiet
        impl #p::EventPayload for #name {
            #contract
        }
        #outputs
        #request
        #fact
    }
}

/// The parts of the constant that are not the same for all types.
struct Contract<'a> {
    topic: TokenStream,
    event_type: TokenStream,
    description: &'a str,
    has_response: bool,
    keyed: bool,
}

impl Contract<'_> {
    fn tokens(&self, names: &Names, name: &Ident) -> TokenStream {
        let Self { topic, event_type, description, has_response, keyed } = self;
        let p = names.at(name.span());
        let type_name = name.unraw().to_string();
        let line = names::line(name.span());
        let response = if *has_response { quote!(#p::response_of::<Self>()) } else { quote!(#p::None) };
        quote! {
            const CONTRACT: #p::Contract = #p::Contract {
                topic: #topic,
                event_type: #event_type,
                type_name: #type_name,
                place: #p::Place {
                    module: #p::core::module_path!(),
                    file: #p::core::file!(),
                    line: #line,
                },
                description: #description,
                response: #response,
                keyed: #keyed,
                definition: #p::EventDefinition::of::<#name>,
            };
        }
    }
}

fn examples(names: &Names, name: &Ident, examples: &[Expr]) -> TokenStream {
    let p = names.at(name.span());
    // The type is written at each expression: a value of another type is reported there, and only there.
    let (samples, locals): (Vec<_>, Vec<_>) = examples
        .iter()
        .enumerate()
        .map(|(i, example)| {
            let sample = local(&format!("example_{i}"));
            let at = Ends::of(example).first;
            (quote_spanned!(at=> let #sample: Self = #example;), sample)
        })
        .unzip();
    quote! {
        fn examples() -> #p::Vec<Self> {
            #(#samples)*
            #p::Vec::from([#(#locals),*])
        }
    }
}

fn guidance(names: &Names, name: &Ident, guidance: &Guidance) -> TokenStream {
    let p = names.at(name.span());
    let Guidance { version, when_to_use, not_when, tags, effects } = guidance;
    let version = version.map(|version| quote!(version: #version,));
    let when_to_use = when_to_use.as_ref().map(|text| quote!(when_to_use: #text,));
    let not_when = not_when.as_ref().map(|text| quote!(not_when: #text,));
    let tags = (!tags.is_empty()).then(|| quote!(tags: &[#(#tags),*],));
    let effects = effects.map(|effects| {
        let effects = Ident::new(effects.ident(), Span::mixed_site());
        quote!(effects: #p::Some(#p::Effects::#effects),)
    });
    quote! {
        fn guidance() -> #p::Guidance {
            #p::Guidance { #version #when_to_use #not_when #tags #effects ..#p::Guidance::NONE }
        }
    }
}

fn fact(names: &Names, name: &Ident) -> TokenStream {
    let p = names.at(name.span());
    let quiet = quiet();
    quote! {
        #[automatically_derived]
        #quiet
        impl #p::DeclaredFact for #name {}
    }
}

/// A payload can be returned from a handler.
fn outputs(names: &Names, name: &Ident) -> TokenStream {
    let p = names.at(name.span());
    let (outputs, quiet) = (local("outputs"), quiet());
    quote! {
        #[automatically_derived]
        #quiet
        impl #p::IntoOutputs for #name {
            const PRODUCES: #p::Produces = #p::Produces::One(#p::contract_of::<Self>());
            fn into_outputs(self, #outputs: &mut #p::Outputs) -> #p::anyhow::Result<()> {
                #p::Outputs::push(#outputs, &self)
            }
        }
    }
}

/// The response is named here only; everything else reaches it through this implementation.
fn request(names: &Names, name: &Ident, response: &Type) -> TokenStream {
    let p = names.at(name.span());
    let (ends, quiet) = (Ends::of(response), quiet());
    let check = names.check(ends, "response", &quote!(#p::contract_of::<#name>()));
    let check = quote_spanned!(ends.first=> #quiet const _: () = #check;);
    quote! {
        #[automatically_derived]
        #quiet
        impl #p::Request for #name {
            type Response = #response;
        }
        #check
    }
}
