//! How the arguments of an attribute are read: `key = value`, `key(..)` or `key`, in any order.
//!
//! Reading goes on after a mistake, so that all of them are reported. Owns how each kind of value is read; knows
//! nothing of what a key means.

mod duration;
mod effects;
mod event_type;
mod topic;
mod value;

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Ident, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

pub(crate) use self::{
    duration::{backoff, duration},
    effects::effects,
    event_type::{EventType, Grammar, event_type},
    topic::{Topic, topic},
    value::{expr, flag, list, member, name, one_of, path, positive, sentence, texts, ty},
};
use crate::{errors::Errors, suggest};

/// The keys that an attribute has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vocabulary {
    /// The attribute as it is written, for example `#[on_event]`.
    pub(crate) owner: &'static str,
    /// Its keys, the most common first.
    pub(crate) keys: &'static [&'static str],
}

/// Reads the value of one key.
pub(crate) type Take<'a> = dyn FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()> + 'a;

/// Reads the arguments of one attribute, which may be written in several pieces.
#[derive(Debug)]
pub(crate) struct Reader {
    vocabulary: Vocabulary,
    /// Keys that may come again.
    many: &'static [&'static str],
    seen: Vec<String>,
    /// What unknown keys were probably meant to be.
    guessed: Vec<String>,
}

impl Reader {
    pub(crate) fn new(vocabulary: Vocabulary) -> Self {
        Self { vocabulary, many: &[], seen: Vec::new(), guessed: Vec::new() }
    }

    /// The same; these keys may be given more than once.
    pub(crate) fn with_many(self, many: &'static [&'static str]) -> Self {
        Self { many, ..self }
    }

    /// Whether the key was there, with a good value or a bad one, or was probably meant by another.
    pub(crate) fn saw(&self, key: &str) -> bool {
        self.seen.iter().chain(&self.guessed).any(|seen| seen == key)
    }

    /// Gives `take` each known key, once unless it may come again. What it fails with is added to the mistakes, and reading goes on after
    /// the next comma.
    pub(crate) fn read(&mut self, tokens: TokenStream, errors: &mut Errors, take: &mut Take<'_>) {
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = self.read_one(input, errors, take) {
                    errors.add(error);
                    rest_of_value(input);
                }
                if let Err(error) = self.read_comma(input) {
                    errors.add(error);
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.add(error);
        }
    }

    fn read_one(
        &mut self,
        input: ParseStream<'_>,
        errors: &mut Errors,
        take: &mut Take<'_>,
    ) -> syn::Result<()> {
        let Vocabulary { owner, keys } = self.vocabulary;
        let Ok(key) = input.call(Ident::parse_any) else {
            let list = format!("the arguments of `{owner}` are");
            let all: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            return Err(input.error(format!("expected the name of an argument\n  {list} {}", all.join(", "))));
        };
        let name = key.to_string();
        if !keys.contains(&name.as_str()) {
            let list = format!("the arguments of `{owner}` are");
            self.guessed.extend(suggest::nearest(&name, keys).map(str::to_owned));
            return Err(syn::Error::new(key.span(), suggest::unknown("argument", &name, &list, keys)));
        }
        if self.seen.contains(&name) && !self.many.contains(&name.as_str()) {
            return Err(syn::Error::new(key.span(), format!("`{name}` is given twice")));
        }
        self.seen.push(name);
        take(&key, input, errors)
    }

    /// A comma that is forgotten before a known key costs no more than one mistake.
    fn read_comma(&self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
            return Ok(());
        }
        let error = input.error("expected `,` before the next argument");
        let next = input.fork().call(Ident::parse_any).map(|key| key.to_string());
        if !next.is_ok_and(|key| self.vocabulary.keys.contains(&key.as_str())) {
            rest_of_value(input);
            input.parse::<Option<Token![,]>>()?;
        }
        Err(error)
    }
}

/// Takes everything up to the next comma.
fn rest_of_value(input: ParseStream<'_>) -> TokenStream {
    let mut rest = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        match input.parse::<TokenTree>() {
            Ok(token) => rest.extend([token]),
            Err(_) => break,
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{value::string, *};

    fn read(tokens: TokenStream) -> (Vec<String>, Vec<String>) {
        let mut errors = Errors::default();
        let mut taken = Vec::new();
        let mut reader =
            Reader::new(Vocabulary { owner: "#[on_event]", keys: &["topic", "name", "ordered"] });
        reader.read(tokens, &mut errors, &mut |key, input, _| {
            if key == "ordered" {
                flag(key, input)?;
            } else {
                string(key, input, "..")?;
            }
            taken.push(key.to_string());
            Ok(())
        });
        (taken, errors.messages())
    }

    #[test]
    fn keys_come_in_any_order_and_a_trailing_comma_is_fine() {
        assert_eq!(
            read(quote!(ordered, name = "a", topic = "b",)),
            (vec!["ordered".into(), "name".into(), "topic".into()], vec![])
        );
    }

    #[test]
    fn every_mistake_is_found() {
        let (taken, messages) =
            read(quote!(topik = "a", name, "x", ordered = true, topic = 1 + 1, ordered, name = "b"));
        assert_eq!(taken, Vec::<String>::new());
        let starts = [
            "no argument `topik`; did you mean `topic`?\n  the arguments of `#[on_event]` are `topic`, `name`, `ordered`",
            "`name` needs a value",
            "expected the name of an argument",
            "`ordered` takes no value",
            "`topic` is a text in quotes",
            "`ordered` is given twice",
            "`name` is given twice",
        ];
        assert_eq!(messages.len(), starts.len(), "{messages:#?}");
        for (message, start) in messages.iter().zip(starts) {
            assert!(message.starts_with(start), "{message}");
        }
    }

    #[test]
    fn a_forgotten_comma_is_one_mistake() {
        assert_eq!(
            read(quote!(name = "a" topic = "b")),
            (vec!["name".into(), "topic".into()], vec!["expected `,` before the next argument".into()])
        );
        assert_eq!(read(quote!(name = "a" "b", ordered)).1, ["expected `,` before the next argument"]);
    }
}
