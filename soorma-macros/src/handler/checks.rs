//! The constants that compare what an attribute says with what the types say.
//!
//! Each is a constant of its own, so that all of them are evaluated and each mistake is reported, at the word that
//! is wrong. The functions are in `soorma::__private::check`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{
    Role,
    model::{Handler, RoleAttribute},
};
use crate::names::Ends;

/// The names of the constants that hold the topic and the event type of one attribute.
pub(super) fn constants(index: usize) -> (Ident, Ident) {
    (format_ident!("TOPIC_{index}"), format_ident!("EVENT_TYPE_{index}"))
}

pub(super) fn checks(handler: &Handler) -> TokenStream {
    let mut checks = TokenStream::new();
    let mut roles: Vec<Role> = Vec::new();
    for (index, attribute) in handler.attributes.iter().enumerate() {
        if !roles.contains(&attribute.role) {
            roles.push(attribute.role);
            checks.extend(of_role(handler, attribute.role));
        }
        if !attribute.role.is_hook() {
            checks.extend(of_attribute(handler, index, attribute));
        }
    }
    checks
}

/// Every argument makes sense under the attribute, one at most carries the payload, and a task is answered.
fn of_role(handler: &Handler, role: Role) -> TokenStream {
    let Handler { names, shape, .. } = handler;
    let variant = Ident::new(role.variant(), shape.name.span());
    let arguments = shape.arguments.iter().enumerate().map(|(index, ty)| {
        let ends = Ends::of(ty);
        let p = names.at(ends.first);
        let written = quote!(#p::core::stringify!(#ty));
        let args = quote!(#p::Role::#variant, PARTS.args, #index, #written);
        let check = names.check(ends, "argument", &args);
        quote_spanned!(ends.first=> const _: () = #check;)
    });
    let answer = (role == Role::Task).then(|| {
        let ends = shape.output.as_ref().map_or_else(|| Ends::at(shape.name.span()), Ends::of);
        let check = names.check(ends, "answers", &quote!(&PARTS.produces, PARTS.args));
        quote_spanned!(ends.first=> const _: () = #check;)
    });
    quote!(#(#arguments)* #answer)
}

/// Topic and event type agree with the payload, and are known at all.
fn of_attribute(handler: &Handler, index: usize, attribute: &RoleAttribute) -> TokenStream {
    let Handler { names, shape, .. } = handler;
    let RoleAttribute { role, ends, topic, event_type, options, .. } = attribute;
    let p = names.at(shape.name.span());
    let variant = Ident::new(role.variant(), shape.name.span());
    let (topic_const, event_type_const) = constants(index);

    let topic_written = topic.is_some() || role.topic().is_some();
    let event_type_written = event_type.is_some();

    let topic = match (topic, role.topic()) {
        (Some(topic), only) => {
            let at = Ends::of(&topic.written);
            let written = topic.tokens(names);
            match only {
                Some(_) => written,
                None => names.check(at, "topic", &quote!(#p::Some(#written), #event_type_written, PARTS.args)),
            }
        }
        (None, Some(only)) => {
            let only = Ident::new(only.ident(), shape.name.span());
            quote!(#p::EventTopic::#only)
        }
        (None, None) => names.check(*ends, "topic", &quote!(#p::None, #event_type_written, PARTS.args)),
    };

    let (at, written) = match event_type {
        Some(event_type) => {
            let literal = event_type.literal();
            (Ends::at(literal.span()), quote!(#p::Some(#literal)))
        }
        None => (*ends, quote!(#p::None)),
    };
    let args = quote!(#p::Role::#variant, #written, #topic_written, PARTS.args);
    let event_type = names.check(at, "event_type", &args);

    let ordered = options.ordered.as_ref().map(|word| {
        let check = names.check(Ends::at(word.span()), "ordered", &quote!(#p::Role::#variant, PARTS.args));
        quote_spanned!(word.span()=> const _: () = #check;)
    });
    quote! {
        const #topic_const: #p::EventTopic = #topic;
        const #event_type_const: &'static #p::core::primitive::str = #event_type;
        #ordered
    }
}
