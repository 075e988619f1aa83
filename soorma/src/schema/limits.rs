//! Limits of numbers, lengths and counts, and the words that are only compared as text.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    compare::Comparison,
    difference::Breaks,
    group::short,
    place::Place,
    range::{Limit, of_format},
    types::Types,
};

/// Word, whether it is a lower limit, and how a text goes on after "takes".
const LIMITS: [(&str, bool, &str); 10] = [
    ("minimum", true, "numbers below"),
    ("exclusiveMinimum", true, "numbers up to and including"),
    ("minLength", true, "texts of fewer characters than"),
    ("minItems", true, "fewer items than"),
    ("minProperties", true, "fewer keys than"),
    ("maximum", false, "numbers above"),
    ("exclusiveMaximum", false, "numbers from"),
    ("maxLength", false, "texts of more characters than"),
    ("maxItems", false, "more items than"),
    ("maxProperties", false, "more keys than"),
];

impl<'a> Comparison<'a> {
    pub(super) fn limits(&mut self, nodes: [&'a Value; 2], place: &Place) {
        for (word, lower, takes) in &LIMITS {
            self.limit(word, *lower, takes, nodes, place);
        }
        for word in &["pattern", "format", "multipleOf", "uniqueItems"] {
            self.text(word, nodes, place);
        }
    }

    fn limit(&mut self, word: &str, lower: bool, takes: &str, nodes: [&'a Value; 2], place: &Place) {
        let [old, new] = [limit(nodes[0], word, lower), limit(nodes[1], word, lower)];
        let order = match (old, new) {
            (None, None) => return,
            // From none to some: the new form takes less.
            (None, Some(_)) => Some(Ordering::Less),
            (Some(_), None) => Some(Ordering::Greater),
            (Some(old), Some(new)) if lower => old.compare(new),
            (Some(old), Some(new)) => new.compare(old),
        };
        let text = |limit: Option<Limit>| {
            format!("{takes} {}", limit.map(|limit| limit.to_string()).unwrap_or_default())
        };
        match order {
            Some(Ordering::Equal) => {}
            Some(Ordering::Less) => self.only_old(place, ("takes", "no longer takes"), &text(new)),
            Some(Ordering::Greater) => self.only_new(place, &format!("takes {}", text(old))),
            None => self.undecided(place, &format!("has another `{word}`")),
        }
    }

    /// Words whose values are the same or not.
    fn text(&mut self, word: &str, nodes: [&'a Value; 2], place: &Place) {
        let values = nodes.map(|node| node.get(word).filter(|value| !covered(node, word, value)));
        match values {
            [Some(old), Some(new)] if old != new => {
                let text = self
                    .wording
                    .both(&format!("of {word} {}", short(old)), &format!("of {word} {}", short(new)));
                self.found.push(place.difference(&text, Breaks::Both));
            }
            [Some(_), Some(_)] | [None, None] => {}
            [None, Some(new)] => {
                let what = format!("other than of {word} {}", short(new));
                self.only_old(place, ("takes values", "no longer takes values"), &what);
            }
            [Some(old), None] => {
                self.only_new(place, &format!("takes values other than of {word} {}", short(old)))
            }
        }
    }
}

/// Says nothing, or is compared as a limit.
fn covered(node: &Value, word: &str, value: &Value) -> bool {
    match word {
        "uniqueItems" => value == &Value::Bool(false),
        "format" => integers(node) && value.as_str().and_then(of_format).is_some(),
        _ => false,
    }
}

fn integers(node: &Value) -> bool {
    Types::of_schema(node).only_integers()
}

/// The limit that a node gives, by its word or by the format of its integers.
fn limit(node: &Value, word: &str, lower: bool) -> Option<Limit> {
    let written = node.get(word).and_then(Limit::of);
    let range = node.get("format").and_then(Value::as_str).filter(|_| integers(node)).and_then(of_format);
    let of_type = match (word, range) {
        ("minimum", Some((min, _))) => Limit::Integer(min),
        ("maximum", Some((_, max))) => Limit::Integer(max),
        // No limit is the same as none at all.
        ("minLength" | "minItems" | "minProperties", _) => {
            return written.filter(|limit| !matches!(limit, Limit::Integer(0)));
        }
        _ => return written,
    };
    let Some(written) = written else { return Some(of_type) };
    let tighter = if lower { Ordering::Greater } else { Ordering::Less };
    Some(if of_type.compare(written) == Some(tighter) { of_type } else { written })
}
