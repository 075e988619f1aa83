//! `event_type = "order.placed"`, and patterns such as `"order.*"`.

use soorma_common::grammar::{self, GrammarError};
use syn::{Ident, LitStr, parse::ParseStream};

use super::value::string;
use crate::suggest;

/// An event type, or a pattern over event types, that the grammar allows.
#[derive(Clone)]
pub(crate) struct EventType(LitStr);

/// Which of the two may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// One event type.
    Name,
    /// An event type or a pattern.
    Pattern,
}

impl EventType {
    pub(crate) fn value(&self) -> String {
        self.0.value()
    }

    /// `*` alone: one segment, where `>` was probably meant.
    pub(crate) fn is_bare_star(&self) -> bool {
        self.value() == "*"
    }

    pub(crate) fn literal(&self) -> &LitStr {
        &self.0
    }
}

/// Reads `event_type = ".."`.
pub(crate) fn event_type(key: &Ident, input: ParseStream<'_>, grammar: Grammar) -> syn::Result<EventType> {
    let text = string(key, input, "order.placed")?;
    let check = match grammar {
        Grammar::Name => grammar::check_event_type,
        Grammar::Pattern => grammar::check_pattern,
    };
    match check(&text.value()) {
        Ok(()) => Ok(EventType(text)),
        Err(error) => Err(syn::Error::new(text.span(), explain(&text.value(), error, grammar))),
    }
}

/// A literal cannot be underlined in part, so the message draws the place.
fn explain(text: &str, error: GrammarError, grammar: Grammar) -> String {
    let mut message = format!("invalid event type: {}", error.rule);
    let drawable = !text.is_empty() && text.chars().count() <= 80 && !text.contains(char::is_control);
    if drawable {
        let before = text.get(..error.at).map_or(0, |before| before.chars().count());
        message += &format!("\n  {text}\n  {:before$}^ here", "");
    }
    let segments: Vec<_> = text.split([' ', '/', ':', '.']).filter(|segment| !segment.is_empty()).collect();
    let corrected = segments.iter().map(|segment| suggest::words(segment)).collect::<Vec<_>>().join(".");
    if grammar::check_event_type(&corrected).is_ok() {
        message += &format!("\n  did you mean `{corrected}`?");
    } else if grammar == Grammar::Pattern && text.contains(['*', '>']) {
        message += "\n  a pattern is `order.*` (one more segment), `order.>` (one or more) or `>` (every event type)";
    } else {
        message += "\n  an event type is a dotted lower-case name, for example `order.placed`";
    }
    message
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::parse::Parser;

    use super::*;

    fn read(tokens: TokenStream, grammar: Grammar) -> Result<String, String> {
        let parser = |input: ParseStream<'_>| event_type(&input.parse()?, input, grammar);
        parser.parse2(tokens).map(|read| read.value()).map_err(|error| error.to_string())
    }

    #[test]
    fn patterns_are_read_only_where_they_may_stand() {
        assert_eq!(read(quote!(event_type = "order.>"), Grammar::Pattern), Ok("order.>".into()));
        let message = read(quote!(event_type = "order.>"), Grammar::Name).unwrap_err();
        assert!(message.starts_with("invalid event type: wildcards are for patterns"), "{message}");
    }

    #[test]
    fn the_message_draws_the_place_and_proposes_a_name() {
        assert_eq!(
            read(quote!(event_type = "order Placed"), Grammar::Name).unwrap_err(),
            "invalid event type: spaces are not allowed\n  order Placed\n       ^ here\n  did you mean `order.placed`?"
        );
        assert_eq!(
            read(quote!(event_type = ""), Grammar::Name).unwrap_err(),
            "invalid event type: it must not be empty\n  an event type is a dotted lower-case name, for example \
             `order.placed`"
        );
    }

    #[test]
    fn what_is_no_text_is_answered_with_an_example() {
        let message = read(quote!(event_type = order.placed), Grammar::Name).unwrap_err();
        assert_eq!(message, "`event_type` is a text in quotes, for example `event_type = \"order.placed\"`");
    }
}
