//! The fields of objects: which are required, which may be missing, and what becomes of those that are not declared.

use serde_json::{Map, Value};

use super::{
    compare::{Around, Comparison},
    document::{object, strings},
    place::Place,
    types::Types,
};

static ANYTHING: Value = Value::Bool(true);

/// What a node says of fields that it does not declare.
#[derive(Clone, Copy, PartialEq)]
enum Rest<'a> {
    /// Nobody writes them, and whoever reads them passes over them.
    Ignored,
    Refused,
    /// They are part of the payload, as in a map.
    Taken(&'a Value),
}

impl<'a> Comparison<'a> {
    pub(super) fn fields(&mut self, nodes: [&'a Value; 2], place: &Place, around: &Around<'a>) {
        if nodes.iter().any(|node| Types::of_schema(node).and(Types::OBJECT).is_empty()) {
            return;
        }
        let around = self.beside(nodes, around, "properties");
        let rests = [0, 1].map(|side| rest(nodes[side], around.closed[side]));
        let fields = nodes.map(|node| object(node, "properties"));
        let has = |side: usize, name: &str| fields[side].and_then(|fields| fields.get(name));
        let names = fields.map(|fields| fields.into_iter().flat_map(Map::keys));
        let [old, new] = names;
        for name in old.chain(new.filter(|name| has(0, name).is_none())) {
            let at = place.member(name);
            match [has(0, name), has(1, name)] {
                [Some(old), Some(new)] => self.value([old, new], &at),
                [one, other] => {
                    let (side, field) =
                        if let Some(field) = one { (0, field) } else { (1, other.unwrap_or(&ANYTHING)) };
                    self.one_sided(side, field, name, &at, rests, &around);
                }
            }
        }
        self.required(nodes, place);
        self.patterns(nodes, place);
        self.rest(rests, place);
    }

    /// A field that only one side declares here.
    fn one_sided(
        &mut self,
        side: usize,
        field: &'a Value,
        name: &'a str,
        place: &Place,
        rests: [Rest<'a>; 2],
        around: &Around<'a>,
    ) {
        let other = 1 - side;
        if around.names[other].contains(name) || around.takes_rest[other] {
            return self.undecided(place, "is not described in the same way");
        }
        match rests[other] {
            Rest::Refused if side == 0 => {
                self.only_old(place, ("is", "is no longer"), "a field of an object that takes no others")
            }
            Rest::Refused => self.only_new(place, "is a field of an object that takes no others"),
            Rest::Taken(schema) => {
                self.value(if side == 0 { [field, schema] } else { [schema, field] }, place)
            }
            Rest::Ignored => self.optional(place, side == 1),
        }
    }

    fn required(&mut self, nodes: [&'a Value; 2], place: &Place) {
        let [old, new] = nodes.map(|node| strings(node, "required"));
        for name in new.iter().filter(|name| !old.contains(name)) {
            let text = self.wording.only_new("is required");
            self.found.push(place.member(name).difference(&text, super::Breaks::New));
        }
        for name in old.iter().filter(|name| !new.contains(name)) {
            let text = self.wording.only_old("is required", "is no longer required");
            self.found.push(place.member(name).difference(&text, super::Breaks::Old));
        }
    }

    /// Keys by pattern, which schemars writes for maps with integer keys.
    fn patterns(&mut self, nodes: [&'a Value; 2], place: &Place) {
        let none = Map::new();
        let patterns = nodes.map(|node| object(node, "patternProperties"));
        if patterns.iter().all(Option::is_none) {
            return;
        }
        let alike = patterns.map(|patterns| patterns.unwrap_or(&none).keys().collect::<Vec<_>>());
        let names =
            nodes.map(|node| object(node, "properties").map(|fields| fields.keys().collect::<Vec<_>>()));
        let ([Some(old), Some(new)], true) = (patterns, alike[0] == alike[1] && names[0] == names[1]) else {
            return self.undecided(place, "takes other keys");
        };
        for (old, new) in old.values().zip(new.values()) {
            self.value([old, new], &place.member("*"));
        }
    }

    fn rest(&mut self, rests: [Rest<'a>; 2], place: &Place) {
        match rests {
            [Rest::Refused, Rest::Refused]
            | [Rest::Ignored, Rest::Ignored | Rest::Taken(_)]
            | [Rest::Taken(_), Rest::Ignored] => {}
            [Rest::Taken(old), Rest::Taken(new)] => self.value([old, new], &place.member("*")),
            [_, Rest::Refused] => self.only_old(place, ("takes", "no longer takes"), "other fields"),
            [Rest::Refused, _] => self.only_new(place, "takes other fields"),
        }
    }
}

fn rest(node: &Value, closed: bool) -> Rest<'_> {
    let said = node.get("additionalProperties").or_else(|| node.get("unevaluatedProperties"));
    match said {
        Some(Value::Bool(false)) => Rest::Refused,
        Some(schema) => Rest::Taken(schema),
        None if closed => Rest::Refused,
        None => Rest::Ignored,
    }
}
