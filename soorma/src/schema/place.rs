//! Where in a value a comparison stands.

use super::difference::{Breaks, Difference};

/// A path into the value, and the variant of an enum that is meant.
#[derive(Clone, Default)]
pub(super) struct Place {
    path: String,
    /// "where `kind` is `shipped`".
    variant: String,
}

impl Place {
    pub(super) fn member(&self, name: &str) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { path: format!("{}/{name}", self.path), variant: self.variant.clone() }
    }

    pub(super) fn in_variant(&self, variant: &str) -> Self {
        Self { path: self.path.clone(), variant: format!(", where {variant}") }
    }

    /// What the text calls the value here.
    pub(super) fn name(&self) -> String {
        let mut segments = self.path.rsplit('/');
        match segments.next().unwrap_or_default() {
            "" => "the value".to_owned(),
            "[]" => format!("an item of {}", named(segments.next())),
            "*" => format!("a value of {}", named(segments.next())),
            name => named(Some(name)),
        }
    }

    pub(super) fn difference(&self, text: &str, breaks: Breaks) -> Difference {
        let what = format!("{} {text}{}", self.name(), self.variant);
        Difference { path: self.path.clone(), what, breaks }
    }
}

fn named(segment: Option<&str>) -> String {
    match segment {
        None | Some("") => "the whole".to_owned(),
        Some("[]" | "*") => "an item".to_owned(),
        Some(name) => format!("`{}`", name.replace("~1", "/").replace("~0", "~")),
    }
}
