//! Keys of a store: segments of any text.

use std::fmt;

/// A key: segments of any text, which the backend escapes as it must.
///
/// ```
/// use soorma::store::Key;
///
/// let key = Key::from(["memory", "tenant-1"]).join("last order");
/// assert!(key.starts_with(&Key::from(["memory"])));
/// assert_eq!(key.segments(), ["memory", "tenant-1", "last order"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Vec<String>);

impl Key {
    /// The segments, from the outermost on.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// The key one segment below.
    #[must_use]
    pub fn join(&self, segment: impl Into<String>) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment.into());
        Self(segments)
    }

    /// Whether this key is `prefix`, or lies below it.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The last segment; empty for the empty key.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Key {
    fn from(segments: [S; N]) -> Self {
        segments.into_iter().collect()
    }
}

impl<S: Into<String>> FromIterator<S> for Key {
    fn from_iter<I: IntoIterator<Item = S>>(segments: I) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}
