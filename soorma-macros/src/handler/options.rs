//! The options of delivery: `retry(..)`, `timeout`, `concurrency`, `ordered`, `broadcast`, `from`, `name`, `was`, `outputs`.

use syn::{Ident, parse::ParseStream, token::Paren};

use crate::{
    attribute::{self, Reader, Vocabulary},
    errors::Errors,
};

const RETRY: Vocabulary = Vocabulary { owner: "retry(..)", keys: &["max", "backoff"] };

/// The options of one attribute; `None` leaves the default to the runtime.
#[derive(Default)]
pub(super) struct Options {
    pub(super) max_attempts: Option<u32>,
    /// First and longest pause, in milliseconds; the first is not longer.
    pub(super) backoff_ms: Option<(u64, u64)>,
    pub(super) timeout_ms: Option<u64>,
    pub(super) concurrency: Option<u32>,
    /// The word itself: checks point at it.
    pub(super) ordered: Option<Ident>,
    pub(super) broadcast: bool,
    pub(super) from: Option<From>,
    pub(super) name: Option<String>,
    pub(super) was: Option<String>,
    /// `outputs = "recorded"`.
    pub(super) recorded: bool,
}

/// Where a new subscription starts.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    Start,
    Now,
}

impl Options {
    /// Reads the value of a key that is an option.
    pub(super) fn take(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match key.to_string().as_str() {
            "retry" => self.take_retry(key, input, errors)?,
            "timeout" => self.timeout_ms = Some(attribute::duration(key, input, "30s")?),
            "concurrency" => self.concurrency = Some(attribute::positive(key, input, "8")?),
            "ordered" => {
                attribute::flag(key, input)?;
                self.ordered = Some(key.clone());
            }
            "broadcast" => {
                attribute::flag(key, input)?;
                self.broadcast = true;
            }
            "from" => {
                let start = attribute::one_of(key, input, &["start", "now"])? == "start";
                self.from = Some(if start { From::Start } else { From::Now });
            }
            "name" => self.name = Some(attribute::name(key, input, "audit")?.value()),
            "was" => self.was = Some(attribute::name(key, input, "audit")?.value()),
            "outputs" => self.recorded = attribute::one_of(key, input, &["recorded"])? == "recorded",
            _ => return Err(syn::Error::new(key.span(), "not an option of delivery")),
        }
        Ok(())
    }

    fn take_retry(&mut self, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let content;
        let how =
            || format!("`{key}` is written `{key}(max = 5, backoff = \"1s..1m\")`, either part or both");
        if !input.peek(Paren) {
            return Err(syn::Error::new(key.span(), how()));
        }
        syn::parenthesized!(content in input);
        if content.is_empty() {
            return Err(syn::Error::new(key.span(), how()));
        }
        Reader::new(RETRY).read(content.parse()?, errors, &mut |part, input, _| {
            if part == "max" {
                self.max_attempts = Some(attribute::positive(part, input, "5")?);
            } else {
                self.backoff_ms = Some(attribute::backoff(part, input)?);
            }
            Ok(())
        });
        Ok(())
    }
}

/// Finds options that contradict each other, among the keys that were written.
pub(super) fn contradictions(written: &[Ident], errors: &mut Errors) {
    if !written.iter().any(|key| key == "broadcast") {
        return;
    }
    for key in written {
        let reason = match key.to_string().as_str() {
            "ordered" => "its instances do not share events, so there is no order to keep among them",
            "from" => "it hears what comes while it lives, and has no position to start from",
            "was" => "it has no position that another could take over",
            "outputs" => "an event runs once, so that no second run would look for what is recorded",
            "retry" => "a failure is logged and counted, and not tried again",
            _ => continue,
        };
        errors.at(key.span(), format!("`{key}` does not go with `broadcast`: {reason}"));
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::*;

    fn read(tokens: TokenStream) -> (Options, Vec<String>) {
        let (mut options, mut errors) = (Options::default(), Errors::default());
        let keys =
            &["retry", "timeout", "concurrency", "ordered", "broadcast", "from", "name", "was", "outputs"];
        let mut reader = Reader::new(Vocabulary { owner: "#[on_event]", keys });
        let mut written = Vec::new();
        reader.read(tokens, &mut errors, &mut |key, input, errors| {
            written.push(key.clone());
            options.take(key, input, errors)
        });
        contradictions(&written, &mut errors);
        (options, errors.messages())
    }

    #[test]
    fn all_options_are_read() {
        let (options, mistakes) = read(quote! {
            retry(max = 3, backoff = "1s..1m"), timeout = "30s", concurrency = 8, ordered, from = "start",
            name = "audit", was = "log", outputs = "recorded"
        });
        assert_eq!(mistakes, Vec::<String>::new());
        assert_eq!((options.max_attempts, options.backoff_ms), (Some(3), Some((1_000, 60_000))));
        assert_eq!((options.timeout_ms, options.concurrency), (Some(30_000), Some(8)));
        assert!(options.ordered.is_some() && matches!(options.from, Some(From::Start)));
        assert_eq!((options.name.as_deref(), options.was.as_deref()), (Some("audit"), Some("log")));
        assert!(options.recorded);
    }

    #[test]
    fn broadcast_goes_alone() {
        let (_, mistakes) = read(quote!(broadcast, ordered, from = "now", retry(max = 2), concurrency = 2));
        let starts: Vec<_> = mistakes.iter().filter_map(|mistake| mistake.split(" does").next()).collect();
        assert_eq!(starts, ["`ordered`", "`from`", "`retry`"]);
    }

    #[test]
    fn mistakes_inside_retry_are_all_found() {
        let (_, mistakes) =
            read(quote!(retry(max = 0, backof = "1s..1m", backoff = "1m..1s"), timeout = "1 s"));
        assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
        assert!(mistakes[1].starts_with("no argument `backof`; did you mean `backoff`?"), "{}", mistakes[1]);
        assert!(read(quote!(retry = 5)).1[0].starts_with("`retry` is written `retry(max = 5"));
    }

    #[test]
    fn names_and_starts_are_checked() {
        let (_, mistakes) = read(quote!(name = "My Audit", from = "stat", concurrency = 0));
        assert!(mistakes[0].starts_with("invalid `name`: only"), "{}", mistakes[0]);
        assert!(mistakes[1].contains("did you mean `start`?"), "{}", mistakes[1]);
        assert_eq!(mistakes[2], "`concurrency` is 1 or more");
    }
}
