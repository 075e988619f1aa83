//! Finding events by words: BM25 over what their definitions say of them.
//!
//! Owns which texts count and how much, what a word is, and the ranking. Knows no registry and asks no model; what it does
//! not find is found by nobody here.

#[cfg(test)]
mod tests;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::Value;
use soorma_common::EventDefinition;

use self::words::words;
use super::format::inside;

/// How soon more of the same word counts no more, and how much a long text counts less: BM25's usual values.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// How much a word counts, by where it stands.
const NAME: f32 = 3.0;
const TAGS: f32 = 3.0;
const WHEN_TO_USE: f32 = 2.0;
const DESCRIPTION: f32 = 2.0;
const FIELDS: f32 = 1.0;

/// Definitions, ready to be searched. Make it once for a set of definitions and keep it: of 10,000, it takes some 0.2 s to make,
/// and about 1 ms to search (`cargo xtask bench catalogue`).
///
/// ```
/// use soorma::{EventDefinition, prelude::*, toolkit::Index};
///
/// /// A customer's money was paid back.
/// #[derive(EventPayload, Serialize, Deserialize, JsonSchema)]
/// #[event(topic = BusinessFacts, event_type = "payment.refunded", tags = ["money"])]
/// struct PaymentRefunded { amount: u32 }
///
/// let index = Index::new([EventDefinition::of::<PaymentRefunded>().into()]);
/// assert_eq!(index.search("refund customers", 5)[0].event_name, "payment.refunded");
/// assert!(index.search("shipping", 5).is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Sorted by name, so that a lower place wins among equals.
    definitions: Vec<Arc<EventDefinition>>,
    /// For each word, where it stands and how much it counts there.
    places: HashMap<String, Vec<(usize, f32)>>,
}

impl Index {
    /// Reads the names (words between dots, underscores and capitals), tags, descriptions, `when_to_use`, and the names and
    /// descriptions of fields. `not_when` is not read: it says what an event is not for.
    #[must_use]
    pub fn new(definitions: impl IntoIterator<Item = Arc<EventDefinition>>) -> Self {
        let mut definitions: Vec<_> = definitions.into_iter().collect();
        let key = |definition: &EventDefinition| (definition.topic, definition.payload.version);
        definitions
            .sort_by(|one, two| one.event_name.cmp(&two.event_name).then_with(|| key(one).cmp(&key(two))));
        let counted: Vec<_> = definitions.iter().map(|definition| count(definition)).collect();
        let average = counted.iter().map(|(_, length)| length).sum::<f32>() / (counted.len().max(1) as f32);
        let mut places: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
        for (at, (counts, length)) in counted.into_iter().enumerate() {
            let long = K1 * (1.0 - B + B * length / average);
            for (word, count) in counts {
                places.entry(word).or_default().push((at, count * (K1 + 1.0) / (count + long)));
            }
        }
        Self { definitions, places }
    }

    /// The definitions that have a word of the text, at most `k`, the best first, among equals by name.
    ///
    /// A word is found in any of its forms with `s`, `ed` and `ing`. A word that few definitions have counts more.
    #[must_use]
    pub fn search(&self, text: &str, k: usize) -> Vec<Arc<EventDefinition>> {
        let mut scores: BTreeMap<usize, f32> = BTreeMap::new();
        for word in words(text).collect::<BTreeSet<_>>() {
            let Some(places) = self.places.get(&word) else { continue };
            let (all, having) = (self.definitions.len() as f32, places.len() as f32);
            let rare = ((all - having + 0.5) / (having + 0.5)).ln_1p();
            for (at, counts) in places {
                *scores.entry(*at).or_default() += rare * counts;
            }
        }
        let mut found: Vec<_> = scores.into_iter().collect();
        found.sort_by(|(_, one), (_, two)| two.total_cmp(one));
        found.into_iter().take(k).map(|(at, _)| self.definitions[at].clone()).collect()
    }
}

/// How often each word occurs, by its weight, and how long all texts are.
fn count(definition: &EventDefinition) -> (HashMap<String, f32>, f32) {
    let mut counts: HashMap<String, f32> = HashMap::new();
    let mut length = 0.0;
    let mut add = |text: &str, weight: f32| {
        for word in words(text) {
            *counts.entry(word).or_default() += weight;
            length += 1.0;
        }
    };
    add(&definition.event_name, NAME);
    definition.tags.iter().for_each(|tag| add(tag, TAGS));
    add(&definition.when_to_use, WHEN_TO_USE);
    add(&definition.description, DESCRIPTION);
    fields(&definition.payload.schema, |text| add(text, FIELDS));
    (counts, length)
}

/// The names of all fields of a schema and what is said of them, each once.
fn fields(schema: &Value, mut each: impl FnMut(&str)) {
    let definitions = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
    let mut open: Vec<&Value> = definitions.map(|(_, node)| node).chain([schema]).collect();
    while let Some(node) = open.pop() {
        for (name, field) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
            each(name);
            field.get("description").and_then(Value::as_str).into_iter().for_each(&mut each);
        }
        open.extend(inside(node));
    }
}
