//! Keys of a store: segments of any text.

use std::{borrow::Cow, fmt, sync::Arc};

/// A key: segments of any text, which the backend escapes as it must.
///
/// Keys are in the order of their segments, and what lies below a key follows right after it. Cheap to clone.
///
/// ```
/// use soorma::store::Key;
///
/// let key = Key::from(["memory", "tenant-1"]).join("last order");
/// assert!(key.starts_with(&Key::from(["memory"])));
/// assert_eq!(key.segments().collect::<Vec<_>>(), ["memory", "tenant-1", "last order"]);
/// ```
// One text, not a list of texts: a store may hold millions of keys. Segments are joined by the smallest character;
// where a segment contains that, or the mark itself, it is marked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

const BETWEEN: char = '\u{0}';
const MARK: char = '\u{1}';
const MARKED_BETWEEN: &str = "\u{1}\u{2}";
const MARKED_MARK: &str = "\u{1}\u{3}";

impl Key {
    /// The segments, from the outermost on.
    pub fn segments(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split(BETWEEN).map(unmarked)
    }

    /// The key one segment below.
    #[must_use]
    pub fn join(&self, segment: impl AsRef<str>) -> Self {
        let segment = marked(segment.as_ref());
        let mut key = String::with_capacity(self.0.len() + 1 + segment.len());
        key.push_str(&self.0);
        key.push(BETWEEN);
        key.push_str(&segment);
        Self(key.into())
    }

    /// Whether this key is `prefix`, or lies below it.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.strip_prefix(&*prefix.0).is_some_and(|rest| rest.is_empty() || rest.starts_with(BETWEEN))
    }

    /// The last segment.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        unmarked(self.0.rsplit(BETWEEN).next().unwrap_or_default())
    }
}

fn marked(segment: &str) -> Cow<'_, str> {
    if segment.contains([BETWEEN, MARK]) {
        segment.replace(MARK, MARKED_MARK).replace(BETWEEN, MARKED_BETWEEN).into()
    } else {
        segment.into()
    }
}

fn unmarked(segment: &str) -> Cow<'_, str> {
    if segment.contains(MARK) {
        segment.replace(MARKED_BETWEEN, "\u{0}").replace(MARKED_MARK, "\u{1}").into()
    } else {
        segment.into()
    }
}

impl<S: AsRef<str>, const N: usize> From<[S; N]> for Key {
    fn from(segments: [S; N]) -> Self {
        const { assert!(N > 0, "a key has at least one segment") };
        let mut key = String::new();
        for (i, segment) in segments.iter().enumerate() {
            if i > 0 {
                key.push(BETWEEN);
            }
            key.push_str(&marked(segment.as_ref()));
        }
        Self(key.into())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.segments().enumerate() {
            write!(f, "{}{segment}", if i > 0 { "/" } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_any_text_are_read_back_and_never_run_together() {
        let texts = ["", "a", "a b", "a/b", "\u{0}", "\u{1}", "\u{1}\u{2}", "\u{0}\u{1}\u{3}", "größe"];
        for one in texts {
            for two in texts {
                let key = Key::from([one, two]);
                assert_eq!(key.segments().collect::<Vec<_>>(), [one, two]);
                assert_eq!(key.name(), two);
                assert_eq!(key, Key::from([one]).join(two));
                assert!(key.starts_with(&Key::from([one])));
            }
        }
        assert!(!Key::from(["ab"]).starts_with(&Key::from(["a"])));
        assert!(!Key::from(["a\u{0}b"]).starts_with(&Key::from(["a"])));
    }

    #[test]
    fn what_lies_below_a_key_follows_right_after_it() {
        let mut keys = [Key::from(["a!"]), Key::from(["a", "z"]), Key::from(["a\u{0}"]), Key::from(["a"])];
        keys.sort();
        assert_eq!(keys[..2], [Key::from(["a"]), Key::from(["a", "z"])]);
    }
}
