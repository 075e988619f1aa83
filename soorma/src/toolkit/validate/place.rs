//! Where in a value a check stands, and what may be told of the value there.

use std::fmt::Write;

use super::given;

/// One step from the value as a whole.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
    /// The value is sensitive, and so is everything below.
    pub(super) sensitive: bool,
    /// The value is not told: it is sensitive, or something would be that belongs inside of it.
    pub(super) hidden: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'p> {
    Root,
    /// A key that the schema declares.
    Declared(&'p str),
    /// A key that somebody chose.
    Chosen(&'p str),
    Item(usize),
}

impl<'p> Place<'p> {
    pub(super) const ROOT: Place<'static> =
        Place { parent: None, step: Step::Root, sensitive: false, hidden: false };

    pub(super) fn step(&'p self, step: Step<'p>) -> Place<'p> {
        Place { parent: Some(self), step, sensitive: self.sensitive, hidden: self.sensitive }
    }

    /// As a JSON Pointer.
    pub(super) fn path(&self) -> String {
        let mut places = vec![self];
        while let Some(parent) = places.last().and_then(|place| place.parent) {
            places.push(parent);
        }
        let mut path = String::new();
        for place in places.into_iter().rev() {
            // Whether a key is told goes by the object that it stands in.
            let secret = place.parent.is_some_and(|parent| parent.sensitive);
            match place.step {
                Step::Root => {}
                Step::Chosen(_) if secret => path.push_str("/*"),
                Step::Declared(key) | Step::Chosen(key) => {
                    let key = key.chars().take(81).collect::<String>();
                    path.push('/');
                    path.push_str(&given::text(&key).replace('~', "~0").replace('/', "~1"));
                }
                // Writing to a string cannot fail.
                Step::Item(at) => _ = write!(path, "/{at}"),
            }
        }
        path
    }
}
