//! One row of the handler table, as code.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::{
    checks::{self, Written},
    model::{Handler, RoleAttribute, Shape},
    options::{From, Options},
};
use crate::names::{self, Names};

/// One `Entry`: what is written down of one attribute.
pub(super) fn entry(handler: &Handler, index: usize, attribute: &RoleAttribute) -> TokenStream {
    let Handler { names, shape, .. } = handler;
    let p = names.at(shape.name.span());
    let role = Ident::new(attribute.role.variant(), shape.name.span());
    let agent = option(names, shape, attribute.agent.as_ref());
    let name = shape.name.unraw().to_string();
    let line = names::line(shape.name.span());
    let common = quote! {
        role: #p::Role::#role,
        agent: #agent,
        handler: #p::core::concat!(#p::core::module_path!(), "::", #name),
        file: #p::core::file!(),
        line: #line,
        produces: PARTS.produces,
        call: PARTS.call,
        check: PARTS.check,
    };
    if attribute.role.is_hook() {
        return quote!(#p::Entry::Hook(#p::HookRegistration { #common }));
    }
    let Written { topic, event_type } = checks::written(handler, attribute);
    let description = &shape.description;
    let options = options(names, shape, &attribute.options);
    quote! {
        #p::Entry::Handler(#p::Registration {
            #common
            topic: #p::resolve::topic(#topic, PARTS.args),
            pattern: #p::resolve::event_type(#event_type, PARTS.args),
            description: #description,
            consumes: #p::resolve::consumes(PARTS.args),
            declared: PARTS.declared[#index],
            options: #options,
        })
    }
}

/// The options that were written, over the defaults.
fn options(names: &Names, shape: &Shape, options: &Options) -> TokenStream {
    let p = names.at(shape.name.span());
    let mut fields = TokenStream::new();
    let mut set = |field: &str, value: TokenStream| {
        let field = Ident::new(field, shape.name.span());
        fields.extend(quote!(#field: #value,));
    };
    if let Some(max) = options.max_attempts {
        set("max_attempts", quote!(#p::Some(#max)));
    }
    if let Some((first, longest)) = options.backoff_ms {
        set("backoff_ms", quote!(#p::Some((#first, #longest))));
    }
    if let Some(timeout) = options.timeout_ms {
        set("timeout_ms", quote!(#p::Some(#timeout)));
    }
    if let Some(concurrency) = options.concurrency {
        set("concurrency", quote!(#p::Some(#concurrency)));
    }
    if options.ordered.is_some() {
        set("ordered", quote!(true));
    }
    if options.broadcast {
        set("broadcast", quote!(true));
    }
    match options.from {
        Some(From::Start) => set("from", quote!(#p::Some(#p::Start::Beginning))),
        Some(From::Now) => set("from", quote!(#p::Some(#p::Start::Now))),
        None => {}
    }
    if let Some(name) = &options.name {
        set("name", quote!(#name));
    }
    if let Some(was) = &options.was {
        set("was", quote!(#p::Some(#was)));
    }
    if options.recorded {
        set("recorded", quote!(true));
    }
    quote!(#p::Options { #fields ..#p::Options::DEFAULT })
}

fn option(names: &Names, shape: &Shape, value: Option<&String>) -> TokenStream {
    let p = names.at(shape.name.span());
    match value {
        Some(value) => quote!(#p::Some(#value)),
        None => quote!(#p::None),
    }
}
