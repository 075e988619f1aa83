//! Where a JSON value ends. Owns the grammar of RFC 8259, which it checks as `serde_json` does, and reads no value.
//! Knows nothing of envelopes.

mod number;
mod raw;
mod string;
mod value;

#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;

pub(crate) use raw::raw;

/// What stands in a text from a place on. What it gives is JSON; `None` is where there is no value.
pub(crate) struct Scan<'a> {
    text: &'a str,
    /// What was not passed yet: the end of the text.
    left: &'a [u8],
}

/// A value, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A string without escapes: what stands between its quotation marks.
    Text(&'a str),
    /// Any other one, and nothing around it.
    Json(&'a str),
}

impl<'a> Token<'a> {
    pub(crate) fn json(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => Cow::Owned(["\"", text, "\""].concat()),
            Self::Json(json) => Cow::Borrowed(json),
        }
    }
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, left: text.as_bytes() }
    }

    /// Passes this byte, if it is the next one that is no white space.
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let after = past(byte, self.left);
        self.left = after.unwrap_or(self.left);
        after.is_some()
    }

    /// Whether there is nothing more.
    pub(crate) fn is_over(&self) -> bool {
        past_space(self.left).is_empty()
    }

    /// The key of an object, and the colon after it.
    #[inline]
    pub(crate) fn key(&mut self) -> Option<Token<'a>> {
        let inside = past(b'"', self.left)?;
        let key = self.string(inside)?;
        self.take(b':').then_some(key)
    }

    /// The next value.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<Token<'a>> {
        if let Some(inside) = past(b'"', self.left) {
            return self.string(inside);
        }
        let start = past_space(self.left);
        self.left = value::past_value(start)?;
        Some(Token::Json(self.text.get(self.at(start)..self.at(self.left))?))
    }

    /// A string, whose quotation mark is passed.
    #[inline(always)]
    fn string(&mut self, inside: &'a [u8]) -> Option<Token<'a>> {
        let (start, end) = (self.at(inside), string::from_special(inside));
        if let [b'"', after @ ..] = end {
            self.left = after;
            return Some(Token::Text(self.text.get(start..self.at(end))?));
        }
        self.left = string::past_string(end)?;
        Some(Token::Json(self.text.get(start - 1..self.at(self.left))?))
    }

    /// Where this end of the text begins.
    fn at(&self, left: &[u8]) -> usize {
        self.text.len() - left.len()
    }
}

/// Past this byte, if it is the next one that is no white space. As all that passes something, it takes and gives what is left
/// of the text.
#[inline(always)]
fn past(byte: u8, left: &[u8]) -> Option<&[u8]> {
    match left {
        [first, after @ ..] if *first == byte => Some(after),
        [..=b' ', ..] => past_spaced(byte, left),
        _ => None,
    }
}

#[inline(never)]
fn past_spaced(byte: u8, left: &[u8]) -> Option<&[u8]> {
    past_space(left).strip_prefix(&[byte])
}

#[inline(never)]
fn past_space(mut left: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\t' | b'\r', after @ ..] = left {
        left = after;
    }
    left
}
