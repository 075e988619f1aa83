//! The constants that compare what an attribute says with what the types say.
//!
//! Each is a constant of its own, so that all of them are evaluated and each mistake is reported, at the word that
//! is wrong. The functions are in `soorma::__private::check`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{
    Role,
    model::{Handler, RoleAttribute},
};
use crate::names::{self, Ends};

pub(super) fn checks(handler: &Handler) -> TokenStream {
    let mut checks = TokenStream::new();
    let mut roles: Vec<Role> = Vec::new();
    for attribute in &handler.attributes {
        if !roles.contains(&attribute.role) {
            roles.push(attribute.role);
            checks.extend(of_role(handler, attribute.role));
        }
        if !attribute.role.is_hook() {
            checks.extend(of_attribute(handler, attribute));
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
        let written = names::text(ty);
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
fn of_attribute(handler: &Handler, attribute: &RoleAttribute) -> TokenStream {
    let Handler { names, shape, .. } = handler;
    let RoleAttribute { role, ends, topic, event_type, options, .. } = attribute;
    let p = names.at(shape.name.span());
    let variant = Ident::new(role.variant(), shape.name.span());
    let written = written(handler, attribute);

    // `#[on_task]` and `#[on_result]` have one topic each; their arguments are checked against it.
    let topic_check = role.topic().is_none().then(|| {
        let ends = topic.as_ref().map_or(*ends, |topic| Ends::of(&topic.written));
        let (topic, event_type_written) = (&written.topic, event_type.is_some());
        let check = names.check(ends, "topic", &quote!(#topic, #event_type_written, PARTS.args));
        quote_spanned!(ends.first=> const _: () = #check;)
    });

    let ends = event_type.as_ref().map_or(*ends, |event_type| Ends::of(event_type.literal()));
    let (event_type, topic_written) = (&written.event_type, topic.is_some() || role.topic().is_some());
    let args = quote!(#p::Role::#variant, #event_type, #topic_written, PARTS.args);
    let check = names.check(ends, "event_type", &args);
    let event_type_check = quote_spanned!(ends.first=> const _: () = #check;);

    let ordered_check = options.ordered.as_ref().map(|word| {
        let check = names.check(Ends::of(word), "ordered", &quote!(#p::Role::#variant, PARTS.args));
        quote_spanned!(word.span()=> const _: () = #check;)
    });
    quote!(#topic_check #event_type_check #ordered_check)
}

/// What an attribute says, as options.
pub(super) struct Written {
    pub(super) topic: TokenStream,
    pub(super) event_type: TokenStream,
}

pub(super) fn written(handler: &Handler, attribute: &RoleAttribute) -> Written {
    let Handler { names, shape, .. } = handler;
    let p = names.at(shape.name.span());
    let topic = match (&attribute.topic, attribute.role.topic()) {
        (Some(topic), _) => {
            let topic = topic.tokens(names);
            quote!(#p::Some(#topic))
        }
        (None, Some(only)) => {
            let only = Ident::new(only.ident(), shape.name.span());
            quote!(#p::Some(#p::EventTopic::#only))
        }
        (None, None) => quote!(#p::None),
    };
    let event_type = match &attribute.event_type {
        Some(event_type) => {
            let literal = event_type.literal();
            quote!(#p::Some(#literal))
        }
        None => quote!(#p::None),
    };
    Written { topic, event_type }
}
