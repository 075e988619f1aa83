//! `timeout = "30s"` and `backoff = "1s..1m"`.

use soorma_common::duration;
use syn::{Ident, LitStr, parse::ParseStream};

use super::value::string;

/// Reads `key = "30s"`, more than nothing, in milliseconds.
pub(crate) fn duration(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<u64> {
    let text = string(key, input, example)?;
    millis(key, &text, &text.value())
}

/// Reads `key = "1s..1m"`: the first and the longest pause, in milliseconds.
pub(crate) fn backoff(key: &Ident, input: ParseStream<'_>) -> syn::Result<(u64, u64)> {
    let text = string(key, input, "1s..1m")?;
    let value = text.value();
    let Some((first, longest)) = value.split_once("..") else {
        let message = format!("`{key}` is the first and the longest pause, for example `{key} = \"1s..1m\"`");
        return Err(syn::Error::new(text.span(), message));
    };
    let (first, longest) = (millis(key, &text, first.trim())?, millis(key, &text, longest.trim())?);
    if first > longest {
        let message = format!("`{key}`: the first pause is longer than the longest");
        return Err(syn::Error::new(text.span(), message));
    }
    Ok((first, longest))
}

fn millis(key: &Ident, at: &LitStr, text: &str) -> syn::Result<u64> {
    let fail = |message: String| Err(syn::Error::new(at.span(), message));
    match duration::parse(text).map(|duration| u64::try_from(duration.as_millis())) {
        Some(Ok(0)) => fail(format!("`{key}` is more than nothing")),
        Some(Ok(millis)) => Ok(millis),
        _ => fail(format!("`{key}`: `{text}` is no duration; one is {}", duration::EXPECTED)),
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::parse::Parser;

    use super::*;

    fn one(tokens: TokenStream) -> Result<u64, String> {
        let parser = |input: ParseStream<'_>| super::duration(&input.parse()?, input, "30s");
        parser.parse2(tokens).map_err(|error| error.to_string())
    }

    fn range(tokens: TokenStream) -> Result<(u64, u64), String> {
        let parser = |input: ParseStream<'_>| backoff(&input.parse()?, input);
        parser.parse2(tokens).map_err(|error| error.to_string())
    }

    #[test]
    fn durations_are_read_in_milliseconds() {
        assert_eq!(one(quote!(timeout = "30s")), Ok(30_000));
        assert_eq!(range(quote!(backoff = "250ms..1m")), Ok((250, 60_000)));
    }

    #[test]
    fn what_is_no_duration_is_named() {
        assert_eq!(one(quote!(timeout = "0s")).unwrap_err(), "`timeout` is more than nothing");
        assert!(
            one(quote!(timeout = "30 secs")).unwrap_err().starts_with("`timeout`: `30 secs` is no duration")
        );
        assert!(one(quote!(timeout = 30)).unwrap_err().ends_with("`timeout = \"30s\"`"));
        assert!(range(quote!(backoff = "1s")).unwrap_err().contains("the first and the longest"));
        assert!(range(quote!(backoff = "1m..1s")).unwrap_err().ends_with("longer than the longest"));
    }
}
