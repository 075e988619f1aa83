//! Variants of enums: which of the old form is which of the new one.

use serde_json::Value;

use super::{
    branch::{Branch, Form, Key},
    compare::{Around, Comparison},
    difference::{Breaks, Wording},
    place::Place,
    same::same,
    types::Types,
};

/// The variants of a choice, and whether exactly one must apply.
type Choice<'a> = (Vec<Branch<'a>>, bool);

impl<'a> Comparison<'a> {
    pub(super) fn branches(&mut self, choices: [Choice<'a>; 2], place: &Place, around: &Around<'a>) {
        let [(mut old, old_one_of), (mut new, new_one_of)] = choices;
        // Where exactly one must apply, a change within one could make two of them apply.
        if (old_one_of || new_one_of) && !(exclusive(&old) && exclusive(&new)) {
            if !self.all_same(&old, &new) {
                self.undecided(place, "is one of several forms that cannot be told apart, and not the same");
            }
            return;
        }
        if self.values_and_type(&old, &new, place) {
            return;
        }
        let mut pairs = self.pairs(&mut old, &mut new, |this, one, two| this.branch_same(one, two));
        pairs.extend(self.pairs(&mut old, &mut new, |_, one, two| one.key == two.key));
        // A type that takes more or fewer types than before is still the same variant.
        pairs.extend(self.pairs(&mut old, &mut new, |_, one, two| match (one.key, two.key) {
            (Key::Types(one), Key::Types(two)) => !one.and(two).is_empty(),
            _ => false,
        }));
        if let ([one], [two]) = (old.as_slice(), new.as_slice())
            && let ([Form::Schema(_), Form::Schema(_)], true) = ([one.form, two.form], pairs.is_empty())
        {
            pairs.push((*one, *two));
            old.clear();
            new.clear();
        }
        for (one, two) in pairs {
            if let (Form::Schema(old), Form::Schema(new)) = (one.form, two.form) {
                let place = match one.key {
                    Key::Tag(name, value) => place.in_variant(&format!("`{name}` is {}", short(value))),
                    _ => place.clone(),
                };
                self.node([old, new], &place, around);
            }
        }
        for gone in old {
            self.only_old(place, ("takes", "no longer takes"), &name(gone));
        }
        for added in new {
            self.only_new(place, &format!("takes {}", name(added)));
        }
    }

    /// A list of values on the one side and a plain type on the other.
    fn values_and_type(&mut self, old: &[Branch<'a>], new: &[Branch<'a>], place: &Place) -> bool {
        let values = |list: &[Branch<'a>]| list.iter().all(|one| matches!(one.form, Form::Value(_)));
        match (old, new) {
            ([one], list) if list.len() > 1 && values(list) && !values(old) => {
                self.narrowed(*one, list, place, false);
            }
            (list, [one]) if list.len() > 1 && values(list) && !values(new) => {
                self.narrowed(*one, list, place, true);
            }
            _ => return false,
        }
        true
    }

    fn narrowed(&mut self, wide: Branch<'a>, values: &[Branch<'a>], place: &Place, widened: bool) {
        let (Key::Types(types), Form::Schema(node)) = (wide.key, wide.form) else {
            return self.undecided(place, "takes other values");
        };
        let listed: Vec<_> = values.iter().take(5).map(|value| name(*value)).collect();
        let list = format!("{}{}", listed.join(", "), if values.len() > 5 { ", .." } else { "" });
        if widened {
            self.only_new(place, &format!("takes {}, not only {list},", types.words()));
        } else {
            self.only_old(
                place,
                (
                    &format!("takes {}, not only", types.words()),
                    &format!("no longer takes {} other than", types.words()),
                ),
                &list,
            );
        }
        let plain = super::document::members(node).all(|(key, _)| key == "type");
        let all_fit = values.iter().all(|value| value.key.types().without(types).is_empty());
        if !(plain && all_fit) {
            self.undecided(place, "may not take all of the listed values in both forms");
        }
    }

    fn pairs(
        &mut self,
        old: &mut Vec<Branch<'a>>,
        new: &mut Vec<Branch<'a>>,
        mut fits: impl FnMut(&Self, Branch<'a>, Branch<'a>) -> bool,
    ) -> Vec<(Branch<'a>, Branch<'a>)> {
        let mut pairs = Vec::new();
        old.retain(|one| {
            let Some(at) = new.iter().position(|two| fits(self, *one, *two)) else { return true };
            pairs.push((*one, new.remove(at)));
            false
        });
        pairs
    }

    fn branch_same(&self, one: Branch<'a>, two: Branch<'a>) -> bool {
        match (one.form, two.form) {
            (Form::Value(one), Form::Value(two)) => one == two,
            (Form::Schema(one), Form::Schema(two)) => same(self.docs, one, two),
            _ => false,
        }
    }

    fn all_same(&self, old: &[Branch<'a>], new: &[Branch<'a>]) -> bool {
        let each = |(one, two): (&Branch<'a>, &Branch<'a>)| self.branch_same(*one, *two);
        old.len() == new.len() && old.iter().zip(new).all(each)
    }

    /// An optional field that only one form has.
    pub(super) fn optional(&mut self, place: &Place, in_new: bool) {
        if self.wording == Wording::Twins {
            let text = if in_new { "is in the other only" } else { "is in the one only" };
            self.found.push(place.difference(text, Breaks::Both));
        }
    }
}

fn exclusive(branches: &[Branch<'_>]) -> bool {
    branches
        .iter()
        .enumerate()
        .all(|(at, one)| branches[..at].iter().all(|other| one.key.excludes(other.key)))
}

fn name(branch: Branch<'_>) -> String {
    match branch.key {
        Key::Value(value) => short(value),
        Key::Tag(name, value) => format!("an object whose `{name}` is {}", short(value)),
        Key::Field(name) => format!("an object with `{name}`"),
        Key::Types(Types::ALL) => "a form of its own".to_owned(),
        Key::Types(types) => types.words(),
    }
}

/// A value of a schema in a text: strings in backticks, everything else as JSON.
pub(super) fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let cut: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    let dots = if text.chars().nth(LONGEST).is_some() { ".." } else { "" };
    if value.is_string() { format!("`{cut}{dots}`") } else { format!("{cut}{dots}") }
}
