//! From a type definition to [`Payload`], or to every mistake in its attributes.

use proc_macro2::TokenStream;
use quote::ToTokens;
use soorma_common::EventTopic;
use syn::{
    Attribute, Data, DeriveInput, Expr, Field, Ident, Member, Meta, Type, TypeReference, parse::ParseStream,
};

use super::{
    field,
    model::{Guidance, Payload},
};
use crate::{
    attribute::{self, EventType, Grammar, Reader, Topic, Vocabulary},
    docs,
    errors::Errors,
    names::Names,
};

const EVENT: Vocabulary = Vocabulary {
    owner: "#[event]",
    keys: &[
        "topic",
        "event_type",
        "response",
        "key",
        "when_to_use",
        "not_when",
        "effects",
        "tags",
        "example",
        "version",
        "crate",
    ],
};

/// What is left of a type with mistakes: enough for an implementation that keeps others from failing as well.
pub(super) struct Failed {
    pub(super) errors: Errors,
    pub(super) names: Names,
    /// The type, unless it is generic or no type that can be a payload.
    pub(super) name: Option<Ident>,
    pub(super) response: Option<Type>,
}

/// What stands in `#[event(..)]`.
#[derive(Default)]
struct Written {
    topic: Option<Topic>,
    event_type: Option<EventType>,
    response: Option<(Ident, Type)>,
    key: Option<Member>,
    examples: Vec<Expr>,
    guidance: Guidance,
    names: Names,
}

pub(super) fn parse(item: TokenStream) -> Result<Payload, Box<Failed>> {
    let mut errors = Errors::default();
    let Some(input) = errors.keep(syn::parse2::<DeriveInput>(item)) else {
        return Err(Box::new(Failed { errors, names: Names::default(), name: None, response: None }));
    };
    let can_be_payload = check_type(&input, &mut errors);
    let written = read_attributes(&input, &mut errors);
    let name = input.ident;
    let Written { topic, event_type, response, key, examples, guidance, names } = written;
    check_response(&name, topic.as_ref(), response.as_ref(), &mut errors);
    let key = key.and_then(|key| errors.keep(field::find(&input.data, key)));
    let response = response.map(|(_, ty)| ty);
    match (topic, event_type) {
        (Some(topic), Some(event_type)) if errors.is_empty() => {
            let description = docs::description(&input.attrs);
            Ok(Payload { names, name, topic, event_type, response, key, examples, guidance, description })
        }
        _ => {
            let name = can_be_payload.then_some(name);
            Err(Box::new(Failed { errors, names, name, response }))
        }
    }
}

/// Whether the type can be a payload at all: otherwise an implementation would be a further mistake.
fn check_type(input: &DeriveInput, errors: &mut Errors) -> bool {
    let mut can_be_payload = true;
    let mut refuse = |tokens: &dyn ToTokens, message| {
        can_be_payload = false;
        errors.over(tokens, message);
    };
    if let Data::Union(data) = &input.data {
        refuse(&data.union_token, "an event payload is a struct or an enum");
    }
    let owns = "an event payload owns what it holds: write `String` in place of `&str`";
    for field in fields(&input.data) {
        if let Type::Reference(TypeReference { lifetime: Some(lifetime), .. }) = &field.ty
            && lifetime.ident == "static"
        {
            refuse(&field.ty, owns);
        }
    }
    if input.generics.lifetimes().next().is_some() {
        refuse(&input.generics.params, owns);
    } else if !input.generics.params.is_empty() {
        let message = "an event payload has no generic parameters: one event type has one schema";
        refuse(&input.generics.params, message);
    }
    for attr in inner_attributes(&input.data).filter(|attr| attr.path().is_ident("event")) {
        errors.over(attr.path(), "`#[event]` goes on the type; a key is named there: `key = field`");
    }
    can_be_payload
}

fn fields(data: &Data) -> Vec<&Field> {
    match data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.fields).collect(),
        Data::Union(_) => Vec::new(),
    }
}

fn inner_attributes(data: &Data) -> impl Iterator<Item = &Attribute> {
    let variants = match data {
        Data::Enum(data) => data.variants.iter().collect(),
        Data::Struct(_) | Data::Union(_) => Vec::new(),
    };
    let of_variants = variants.into_iter().flat_map(|variant| &variant.attrs);
    of_variants.chain(fields(data).into_iter().flat_map(|field| &field.attrs))
}

fn read_attributes(input: &DeriveInput, errors: &mut Errors) -> Written {
    let mut written = Written::default();
    let mut reader = Reader::new(EVENT).with_many(&["example"]);
    let mut attrs = input.attrs.iter().filter(|attr| attr.path().is_ident("event"));
    let mut at = &input.ident as &dyn ToTokens;
    if let Some(attr) = attrs.next() {
        at = attr.path();
        match &attr.meta {
            Meta::List(list) => {
                reader.read(list.tokens.clone(), errors, &mut |key, input, _| take(&mut written, key, input));
            }
            Meta::Path(_) => {}
            Meta::NameValue(meta) => {
                errors.over(meta, "the arguments of `#[event]` stand in parentheses");
                return written;
            }
        }
    }
    if let Some(second) = attrs.next() {
        let message = "a second `#[event]`: one type is one event; write all arguments in the first one";
        errors.over(second.path(), message);
        return written;
    }
    let missing: Vec<_> =
        [("topic", "topic = BusinessFacts"), ("event_type", "event_type = \"order.placed\"")]
            .into_iter()
            .filter(|(key, _)| !reader.saw(key))
            .map(|(_, example)| example)
            .collect();
    if !missing.is_empty() {
        let examples = missing.join(", ");
        let message = format!("`{}` does not say what it travels as: `#[event({examples})]`", input.ident);
        errors.over(at, message);
    }
    written
}

fn take(written: &mut Written, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    match key.to_string().as_str() {
        "topic" => written.topic = Some(attribute::topic(key, input)?),
        "event_type" => written.event_type = Some(attribute::event_type(key, input, Grammar::Name)?),
        "response" => written.response = Some((key.clone(), attribute::ty(key, input, "InventoryReserved")?)),
        "key" => written.key = Some(attribute::member(key, input)?),
        "example" => written.examples.push(attribute::expr(key, input, "OrderPlaced { quantity: 1 }")?),
        "version" => written.guidance.version = Some(attribute::positive(key, input, "2")?),
        "when_to_use" => {
            let example = "Stock is short and the customer waits.";
            written.guidance.when_to_use = Some(attribute::sentence(key, input, example)?);
        }
        "not_when" => {
            let example = "The order was cancelled.";
            written.guidance.not_when = Some(attribute::sentence(key, input, example)?);
        }
        "tags" => written.guidance.tags = attribute::texts(key, input, "[\"stock\", \"orders\"]")?,
        "effects" => written.guidance.effects = Some(attribute::effects(key, input)?),
        _ => written.names = Names::new(Some(attribute::path(key, input, "my_soorma")?)),
    }
    Ok(())
}

fn check_response(
    name: &Ident,
    topic: Option<&Topic>,
    response: Option<&(Ident, Type)>,
    errors: &mut Errors,
) {
    let Some((key, ty)) = response else { return };
    if let Some(topic) = topic
        && topic.value != EventTopic::ActionRequests
    {
        let message = format!(
            "only a request is answered: `response` goes with `topic = ActionRequests`, not with `{}`",
            topic.value.ident()
        );
        errors.over(key, message);
    } else if matches!(ty, Type::Path(path) if path.path.is_ident(name)) {
        errors.over(ty, "a request is answered by another type, on `ActionResults`");
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn mistakes(item: TokenStream) -> Vec<String> {
        parse(item).err().map(|failed| failed.errors.messages()).unwrap_or_default()
    }

    #[test]
    fn a_whole_payload_is_read() {
        let payload = parse(quote! {
            /// A customer placed an order.
            #[event(topic = ActionRequests, event_type = "order.place", response = OrderPlaced, key = customer)]
            struct PlaceOrder { customer: String }
        });
        let payload = payload.ok().unwrap();
        assert_eq!(
            (payload.topic.value, payload.event_type.value()),
            (EventTopic::ActionRequests, "order.place".into())
        );
        assert_eq!(payload.description, "A customer placed an order.");
        assert!(payload.response.is_some() && payload.key.is_some());
    }

    #[test]
    fn what_is_missing_is_told_once_with_an_example() {
        assert_eq!(
            mistakes(quote!(
                struct Order;
            )),
            [
                "`Order` does not say what it travels as: `#[event(topic = BusinessFacts, event_type = \"order.placed\")]`"
            ]
        );
        let found = mistakes(quote!(
            #[event(topic = Facts)]
            struct Order;
        ));
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[1].ends_with("`#[event(event_type = \"order.placed\")]`"), "{}", found[1]);
    }

    #[test]
    fn one_type_is_one_event() {
        let found = mistakes(quote!(
            #[event(topic = BusinessFacts)]
            #[event(event_type = "a.b")]
            struct A;
        ));
        assert_eq!(
            found,
            ["a second `#[event]`: one type is one event; write all arguments in the first one"]
        );
    }

    #[test]
    fn only_requests_are_answered_and_not_by_themselves() {
        let response = |topic: TokenStream| {
            mistakes(quote!(
                #[event(topic = #topic, event_type = "a.b", response = A)]
                struct A;
            ))
        };
        assert!(response(quote!(BusinessFacts))[0].starts_with("only a request is answered"));
        assert!(response(quote!(ActionRequests))[0].starts_with("a request is answered by another type"));
    }

    #[test]
    fn what_cannot_be_a_payload_has_no_stand_in() {
        let failed = parse(quote!(
            #[event(topic = BusinessFacts, event_type = "a.b")]
            struct A<T>(T);
        ))
        .err()
        .unwrap();
        assert!(failed.name.is_none() && failed.errors.messages().len() == 1);
        let found = mistakes(quote!(
            #[event(topic = BusinessFacts, event_type = "a.b")]
            struct A(#[event] u8);
        ));
        assert!(found[0].starts_with("`#[event]` goes on the type"), "{found:?}");
    }
}
