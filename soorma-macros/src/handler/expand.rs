//! From [`Handler`] to code.
//!
//! The user's types are named in one body only, that of `PARTS`: rustc reports a mistake once for each body. What
//! is checked beyond the types reads `PARTS` and names none of them.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use super::{
    checks, entry,
    model::{Handler, RoleAttribute, Shape},
    parse::Failed,
};
use crate::{
    function::Item,
    names::{Ends, Names, local},
    quiet::quiet,
};

pub(super) fn expand(handler: &Handler) -> TokenStream {
    let Handler { names, item, shape, attributes } = handler;
    let name = &shape.name;
    let p = names.at(name.span());
    let parts = parts(handler);
    let checks = checks::checks(handler);
    let entries =
        attributes.iter().enumerate().map(|(index, attribute)| entry::entry(handler, index, attribute));
    let function = function(item);
    let warnings = attributes.iter().filter_map(|attribute| warning(item, attribute));
    let marker = marker(item, shape);
    let shared: Vec<_> = item.shared_attrs().collect();
    let quiet = quiet();
    quote! {
        #function
        #marker
        #(#warnings)*
        #(#shared)*
        #quiet
        const _: () = {
            #parts
            #checks
            #[automatically_derived]
            impl #p::Registered for #name {
                const ENTRIES: &'static [#p::Entry] = &[#(#entries),*];
            }
            #p::inventory::submit! { #p::Submission(<#name as #p::Registered>::ENTRIES) }
        };
    }
}

/// A function with mistakes: itself, and enough for `handlers![it]` not to fail as well.
pub(super) fn stand_in(failed: Box<Failed>) -> TokenStream {
    let Failed { errors, item, names, shape } = *failed;
    let errors = errors.into_tokens();
    let Some(shape) = shape else { return quote!(#item #errors) };
    let marker = marker(&item, &shape);
    let shared = item.shared_attrs();
    let name = &shape.name;
    let p = names.at(name.span());
    quote! {
        #[allow(dead_code)]
        #item
        #errors
        #marker
        #(#shared)*
        impl #p::Registered for #name {
            const ENTRIES: &'static [#p::Entry] = &[];
        }
    }
}

/// The user's function. That it awaits nothing, keeps its arguments, or is called by our code alone, is not
/// for its author to change. What they say of a lint comes after, and so counts.
fn function(item: &Item) -> TokenStream {
    let Item { attrs, rest } = item;
    quote! {
        #[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
        #(#attrs)*
        #rest
    }
}

/// `struct name {}`: a name in the namespace of types, beside that of the function among the values. It lets
/// `handlers![path::to::name]` find what is written down of the function.
fn marker(item: &Item, shape: &Shape) -> TokenStream {
    let Shape { visibility, name, .. } = shape;
    let (shared, quiet) = (item.shared_attrs(), quiet());
    quote! {
        #(#shared)*
        #[doc(hidden)]
        #quiet
        #[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
        #visibility struct #name {}
    }
}

/// `event_type = "*"` is allowed, and hardly ever meant. Stable Rust lets a macro warn only of what is deprecated.
fn warning(item: &Item, attribute: &RoleAttribute) -> Option<TokenStream> {
    let literal = attribute.event_type.as_ref().filter(|pattern| pattern.is_bare_star())?.literal();
    let shared = item.shared_attrs();
    let bare_star = Ident::new("bare_star", literal.span());
    Some(quote_spanned! {literal.span()=>
        #(#shared)*
        const _: () = {
            #[deprecated(note = "`*` hears event types of one segment only; `>` hears all of them")]
            #[allow(non_upper_case_globals)]
            const #bare_star: () = ();
            #bare_star
        };
    })
}

/// Everything that needs the user's types.
fn parts(handler: &Handler) -> TokenStream {
    let Handler { names, shape, attributes, .. } = handler;
    let Shape { name, arguments, .. } = shape;
    let p = names.at(name.span());
    let args = arguments.iter().map(|ty| names.member(ty, "FromDelivery", "ARG"));
    let produces = names.member(&output(shape), "IntoOutputs", "PRODUCES");
    let call = call(names, shape);
    let startup = local("startup");
    let checks = arguments.iter().map(|ty| {
        let check = names.member(ty, "FromDelivery", "check");
        quote_spanned!(Ends::of(ty).last=> #check(#startup))
    });
    let declared = attributes.iter().map(|attribute| {
        let contracts = attribute.produces.iter().map(|ty| {
            let p = names.at(Ends::of(ty).first);
            quote_spanned!(Ends::of(ty).first=> #p::contract_of::<#ty>())
        });
        quote!(&[#(#contracts),*])
    });
    quote! {
        const PARTS: #p::Parts = #p::Parts {
            args: &[#(#args),*],
            produces: #produces,
            call: #call,
            check: |#startup| #p::missing([#(#checks),*]),
            declared: &[#(#declared),*],
        };
    }
}

/// `()` where no return type is written.
fn output(shape: &Shape) -> TokenStream {
    match &shape.output {
        Some(ty) => ty.to_token_stream(),
        None => quote_spanned!(shape.name.span()=> ()),
    }
}

/// The closure that takes the arguments, calls the function and gathers what it returns. It has the span of the
/// function's name, so that a future that is not `Send` is reported there.
fn call(names: &Names, shape: &Shape) -> TokenStream {
    let Shape { name, arguments, .. } = shape;
    let at = name.span();
    let p = names.at(at);
    let (incoming, outputs) = (local("incoming"), local("outputs"));
    let bound: Vec<Ident> = (0..arguments.len()).map(|index| local(&format!("argument_{index}"))).collect();
    let taken = arguments.iter().zip(&bound).map(|(ty, bound)| {
        let take = names.member(ty, "FromDelivery", "from_delivery");
        quote_spanned!(Ends::of(ty).last=> let #bound = #take(#incoming)?;)
    });
    let ty: Type = syn::Type::Verbatim(output(shape));
    let give = names.member(&ty, "IntoOutputs", "into_outputs");
    quote_spanned! {at=>
        |#incoming| #p::boxed(async move {
            #(#taken)*
            let mut #outputs = <#p::Outputs as #p::Default>::default();
            #give(#name(#(#bound),*).await, &mut #outputs)?;
            #p::Ok(#outputs)
        })
    }
}
