//! `topic = BusinessFacts`: one of the eight, always written out.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use soorma_common::EventTopic;
use syn::{Ident, LitStr, Path, Token, parse::ParseStream};

use super::{rest_of_value, value::equals};
use crate::{names::Names, suggest};

/// A topic, and how it was written.
#[derive(Clone)]
pub(crate) struct Topic {
    pub(crate) value: EventTopic,
    /// `BusinessFacts`, or a longer path that ends in it.
    pub(crate) written: Path,
}

impl Topic {
    /// The value as code, in the user's own words: the editor finds its way from there.
    pub(crate) fn tokens(&self, names: &Names) -> TokenStream {
        let written = &self.written;
        match written.get_ident() {
            Some(ident) => {
                let p = names.at(ident.span());
                quote_spanned!(ident.span()=> #p::EventTopic::#ident)
            }
            None => quote!(#written),
        }
    }
}

/// Reads `topic = BusinessFacts` or `topic = EventTopic::BusinessFacts`.
pub(crate) fn topic(key: &Ident, input: ParseStream<'_>) -> syn::Result<Topic> {
    equals(key, input, "BusinessFacts")?;
    if input.peek(LitStr) {
        return Err(quoted(&input.parse()?));
    }
    if !input.peek(Ident) && !input.peek(Token![::]) && !input.peek(Token![crate]) {
        let value = rest_of_value(input);
        return Err(unknown(&value, &value.to_string()));
    }
    let written = input.call(Path::parse_mod_style)?;
    let Some(last) = written.segments.last() else {
        return Err(unknown(&written, ""));
    };
    let name = last.ident.to_string();
    match EventTopic::ALL.into_iter().find(|topic| topic.ident() == name) {
        Some(value) => Ok(Topic { value, written }),
        None => Err(unknown(&written, &name)),
    }
}

fn quoted(text: &LitStr) -> syn::Error {
    let value = text.value();
    let meant = EventTopic::ALL.into_iter().find(|topic| topic.as_str() == value || topic.ident() == value);
    match meant.map(EventTopic::ident) {
        Some(name) => {
            let message = format!("a topic is written without quotes, by its name in Rust: `topic = {name}`");
            syn::Error::new(text.span(), message)
        }
        None => unknown(text, &value),
    }
}

fn unknown(at: &impl ToTokens, given: &str) -> syn::Error {
    let known: Vec<_> = EventTopic::ALL.iter().map(|topic| topic.ident()).collect();
    syn::Error::new_spanned(at, suggest::unknown("topic", given, "the topics are", &known))
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    fn read(tokens: TokenStream) -> Result<EventTopic, String> {
        let parser = |input: ParseStream<'_>| topic(&input.parse()?, input);
        parser.parse2(tokens).map(|topic| topic.value).map_err(|error| error.to_string())
    }

    #[test]
    fn all_eight_are_read_also_as_longer_paths() {
        for topic in EventTopic::ALL {
            let name = Ident::new(topic.ident(), proc_macro2::Span::call_site());
            assert_eq!(read(quote!(topic = #name)), Ok(topic));
            assert_eq!(read(quote!(topic = soorma::EventTopic::#name)), Ok(topic));
        }
    }

    #[test]
    fn a_misspelt_topic_is_answered_with_a_guess_and_the_list() {
        assert_eq!(
            read(quote!(topic = BusinesFacts)).unwrap_err(),
            "no topic `BusinesFacts`; did you mean `BusinessFacts`?\n  the topics are `ActionRequests`, \
             `ActionResults`, `BusinessFacts`, `SystemEvents`, `NotificationEvents`, `PlanEvents`, `TaskEvents`, \
             `BillingEvents`"
        );
        assert!(read(quote!(topic = Events)).unwrap_err().starts_with("no topic `Events`\n"));
        assert!(read(quote!(topic = 3 + 1)).unwrap_err().starts_with("no topic `3 + 1`\n"));
    }

    #[test]
    fn a_wire_name_is_answered_with_the_name_in_rust() {
        let message = read(quote!(topic = "business-facts")).unwrap_err();
        assert!(message.ends_with("`topic = BusinessFacts`"), "{message}");
        assert!(read(quote!(topic)).unwrap_err().starts_with("`topic` needs a value"));
    }
}
