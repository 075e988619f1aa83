//! The limits of numbers, texts and lists.

use std::{cmp::Ordering, collections::HashSet};

use serde_json::{Number, Value};

use super::{place::Place, violation::Violations, walk::Walk};
use crate::schema::{Limit, Types, integer, of_format};

impl<'a> Walk<'a> {
    pub(super) fn number(
        &self,
        schema: &'a Value,
        value: &Value,
        number: &Number,
        place: &Place<'_>,
        out: &mut Violations,
    ) {
        let Some(limit) = Limit::of(value) else { return };
        let before = out.total();
        for (word, wrong, text) in [
            ("minimum", &[Ordering::Less][..], "at least"),
            ("maximum", &[Ordering::Greater], "at most"),
            ("exclusiveMinimum", &[Ordering::Less, Ordering::Equal], "more than"),
            ("exclusiveMaximum", &[Ordering::Greater, Ordering::Equal], "less than"),
        ] {
            let bound = schema.get(word).and_then(Limit::of);
            if let Some(bound) =
                bound.filter(|bound| limit.compare(*bound).is_none_or(|order| wrong.contains(&order)))
            {
                self.violated(out, place, word, value, || format!("{text} {bound}"));
            }
        }
        let range = schema.get("format").and_then(Value::as_str).and_then(of_format);
        let range = range.filter(|_| Types::of_schema(schema).only_integers() && out.total() == before);
        if let (Some((min, max)), Some(given)) = (range, integer(number))
            && !(min..=max).contains(&given)
        {
            self.violated(out, place, "format", value, || format!("from {min} to {max}"));
        }
        if let Some(step) = schema.get("multipleOf").filter(|step| !multiple(number, step)) {
            self.violated(out, place, "multipleOf", value, || format!("a multiple of {step}"));
        }
    }

    pub(super) fn string(
        &self,
        schema: &'a Value,
        value: &Value,
        string: &str,
        place: &Place<'_>,
        out: &mut Violations,
    ) {
        let limits = ["minLength", "maxLength"].map(|word| schema.get(word));
        if limits.iter().any(Option::is_some) {
            self.count(
                schema,
                ["minLength", "maxLength"],
                string.chars().count(),
                "characters",
                (value, place),
                out,
            );
        }
        let pattern = schema.get("pattern").and_then(Value::as_str);
        if let Some(pattern) = pattern.filter(|pattern| !self.matches(pattern, string)) {
            self.violated(out, place, "pattern", value, || format!("a text that matches `{pattern}`"));
        }
    }

    pub(super) fn list(
        &self,
        schema: &'a Value,
        value: &Value,
        items: &[Value],
        place: &Place<'_>,
        out: &mut Violations,
    ) {
        self.count(schema, ["minItems", "maxItems"], items.len(), "items", (value, place), out);
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = HashSet::new();
            if !items.iter().all(|item| seen.insert(item.to_string())) {
                self.violated(out, place, "uniqueItems", value, || {
                    "items that differ from each other".to_owned()
                });
            }
        }
    }

    pub(super) fn count(
        &self,
        schema: &'a Value,
        words: [&'static str; 2],
        count: usize,
        of: &str,
        (value, place): (&Value, &Place<'_>),
        out: &mut Violations,
    ) {
        let limits = words.map(|word| schema.get(word).and_then(Value::as_u64));
        let count = count as u64;
        if let Some(least) = limits[0].filter(|least| count < *least) {
            self.violated(out, place, words[0], value, || format!("at least {least} {of}, not {count}"));
        }
        if let Some(most) = limits[1].filter(|most| count > *most) {
            self.violated(out, place, words[1], value, || format!("at most {most} {of}, not {count}"));
        }
    }
}

fn multiple(number: &Number, step: &Value) -> bool {
    let Some(step) = step.as_number() else { return true };
    match (integer(number), integer(step)) {
        (_, Some(0)) => true,
        (Some(number), Some(step)) => number % step == 0,
        _ => {
            let (number, step) = (number.as_f64().unwrap_or(0.0), step.as_f64().unwrap_or(1.0));
            let times = number / step;
            (times - times.round()).abs() < 1e-9 * times.abs().max(1.0)
        }
    }
}
