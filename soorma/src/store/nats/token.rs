//! Keys as subjects: each segment one token, escaped with `=`, because keys of a bucket take no `%`.

use crate::{
    nats::{escape, unescape},
    store::Key,
};

const MARK: char = '=';

/// `a.b.c`.
pub(super) fn tokens(key: &Key) -> String {
    let mut tokens = String::new();
    for (i, segment) in key.segments().enumerate() {
        if i > 0 {
            tokens.push('.');
        }
        escape(&segment, MARK, &mut tokens);
    }
    tokens
}

/// The key of these tokens; `None` for one that another tool wrote and that is none of ours.
pub(super) fn key(tokens: &str) -> Option<Key> {
    let mut segments = tokens.split('.').map(|token| unescape(token, MARK));
    let first = Key::from([segments.next()??]);
    segments.try_fold(first, |key, segment| Some(key.join(segment?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_any_text_are_read_back() {
        for segments in [["memory", "tenant-1"], ["", "a.b"], ["größe", "a b"], ["=", "*"], ["\u{0}", ">"]]
        {
            let one = Key::from(segments);
            let tokens = tokens(&one);
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-_=.".contains(c);
            assert!(tokens.chars().all(allowed), "{tokens}");
            assert_eq!(key(&tokens), Some(one));
        }
        assert_eq!(key("a..b"), None);
        assert_eq!(key("a/b"), None);
    }
}
