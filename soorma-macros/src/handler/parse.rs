//! From tokens to [`Handler`], or to every mistake in them.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, Meta};

use super::{
    Role,
    model::{Handler, RoleAttribute, Shape},
    options::{self, Options},
};
use crate::{
    attribute::{self, Reader, Topic},
    docs,
    errors::Errors,
    function::{Head, Item},
    names::{Ends, Names},
};

/// What is left of a function with mistakes: enough to emit it again.
pub(super) struct Failed {
    pub(super) errors: Errors,
    pub(super) item: Item,
    pub(super) names: Names,
    pub(super) shape: Option<Shape>,
}

pub(super) fn parse(role: Role, args: TokenStream, item: TokenStream) -> Result<Handler, Box<Failed>> {
    let mut errors = Errors::default();
    let mut item = Item::new(item);
    let siblings = take_siblings(&mut item.attrs);

    let owner = role.vocabulary().owner;
    let shape = Head::read(&item.rest, owner, &mut errors).and_then(|head| {
        head.check(owner, &mut errors);
        (!head.is_method()).then(|| shape(&head, &item.attrs))
    });

    let hygiene = shape.as_ref().map_or_else(Span::call_site, |shape| shape.name.span());
    let outermost = Ends::at(Span::call_site().resolved_at(hygiene));
    let mut attributes = vec![read_attribute(role, outermost, args, &mut errors)];
    for (role, attr) in siblings {
        let ends = Ends::of(attr.path());
        match attr.meta {
            Meta::Path(_) => attributes.push(read_attribute(role, ends, TokenStream::new(), &mut errors)),
            Meta::List(list) => attributes.push(read_attribute(role, ends, list.tokens, &mut errors)),
            Meta::NameValue(meta) => errors
                .over(meta, format!("the arguments of `{}` stand in parentheses", role.vocabulary().owner)),
        }
    }

    let names = Names::new(attributes.iter().find_map(|attribute| attribute.root.clone()));
    match shape {
        Some(shape) if errors.is_empty() => Ok(Handler { names, item, shape, attributes }),
        shape => Err(Box::new(Failed { errors, item, names, shape })),
    }
}

fn shape(head: &Head, attrs: &[Attribute]) -> Shape {
    Shape {
        visibility: head.visibility.clone(),
        name: head.signature.ident.clone(),
        arguments: head.arguments().cloned().collect(),
        output: head.output().cloned(),
        description: docs::description(attrs),
    }
}

/// Takes the attributes that are ours off the function. None hides in a `#[cfg_attr(..)]`: rustc resolves those first.
fn take_siblings(attrs: &mut Vec<Attribute>) -> Vec<(Role, Attribute)> {
    let mut siblings = Vec::new();
    for attr in std::mem::take(attrs) {
        let role = attr.path().segments.last().and_then(|last| Role::of_attribute(&last.ident));
        match role {
            Some(role) => siblings.push((role, attr)),
            None => attrs.push(attr),
        }
    }
    siblings
}

fn read_attribute(role: Role, ends: Ends, args: TokenStream, errors: &mut Errors) -> RoleAttribute {
    let mut read = RoleAttribute {
        role,
        ends,
        agent: None,
        topic: None,
        event_type: None,
        options: Options::default(),
        produces: Vec::new(),
        root: None,
    };
    let mut written: Vec<Ident> = Vec::new();
    Reader::new(role.vocabulary()).read(args, errors, &mut |key, input, errors| {
        written.push(key.clone());
        match key.to_string().as_str() {
            "topic" => read.topic = Some(check_topic(role, attribute::topic(key, input)?)?),
            "event_type" => read.event_type = Some(attribute::event_type(key, input, role.grammar())?),
            "agent" => read.agent = Some(attribute::name(key, input, "analytics")?.value()),
            "produces" => read.produces = attribute::list(key, input, "produces(OrderPlaced, OrderShipped)")?,
            "crate" => read.root = Some(attribute::path(key, input, "my_soorma")?),
            _ => read.options.take(key, input, errors)?,
        }
        Ok(())
    });
    options::contradictions(&written, errors);
    read
}

/// `#[on_task]` and `#[on_result]` have one topic each; it may be written, but no other.
fn check_topic(role: Role, topic: Topic) -> syn::Result<Topic> {
    match role.topic() {
        Some(only) if only != topic.value => {
            let message = format!(
                "`{}` hears `{}` and nothing else; for `{}` there is `#[on_event]`",
                role.vocabulary().owner,
                only.ident(),
                topic.value.ident()
            );
            Err(syn::Error::new_spanned(topic.written, message))
        }
        _ => Ok(topic),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn mistakes(role: Role, args: TokenStream, item: TokenStream) -> Vec<String> {
        parse(role, args, item).err().map(|failed| failed.errors.messages()).unwrap_or_default()
    }

    #[test]
    fn siblings_are_read_and_taken_off() {
        let item = quote! {
            /// Counts orders.
            #[soorma::on_event(topic = BusinessFacts, agent = "analytics")]
            #[allow(unused)]
            #[on_startup]
            pub async fn count(bus: Bus) {}
        };
        let handler = parse(Role::Event, quote!(topic = BillingEvents, event_type = ">"), item).ok().unwrap();
        let roles: Vec<_> = handler.attributes.iter().map(|attribute| attribute.role).collect();
        assert_eq!(roles, [Role::Event, Role::Event, Role::Startup]);
        assert_eq!(handler.attributes[1].agent.as_deref(), Some("analytics"));
        assert_eq!(handler.item.attrs.len(), 2);
        assert_eq!(handler.shape.description, "Counts orders.");
    }

    #[test]
    fn mistakes_in_attribute_siblings_and_signature_come_together() {
        let item = quote! {
            #[on_task(concurrency = 0)]
            fn count(bus: &Bus) {}
        };
        let found = mistakes(Role::Event, quote!(topic = BusinesFacts, event_type = "Order"), item);
        assert_eq!(found.len(), 5, "{found:#?}");
    }

    #[test]
    fn a_function_with_mistakes_is_kept_without_our_attributes() {
        let failed = parse(
            Role::Event,
            quote!(topik),
            quote!(
                #[on_event]
                async fn f() {}
            ),
        )
        .err()
        .unwrap();
        let item = &failed.item;
        assert_eq!(
            quote!(#item).to_string(),
            quote!(
                async fn f() {}
            )
            .to_string()
        );
        assert!(failed.shape.is_some());
    }

    #[test]
    fn a_task_hears_requests_only() {
        let found = mistakes(
            Role::Task,
            quote!(topic = BusinessFacts),
            quote!(
                async fn f() {}
            ),
        );
        assert!(found[0].starts_with("`#[on_task]` hears `ActionRequests` and nothing else"), "{found:?}");
        assert_eq!(
            mistakes(
                Role::Task,
                quote!(topic = ActionRequests),
                quote!(
                    async fn f() {}
                )
            )
            .len(),
            0
        );
    }
}
