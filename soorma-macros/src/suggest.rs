//! "Did you mean ..?": names that are near to what was written.

use strsim::damerau_levenshtein;

/// The known name that is nearest, unless all are too far off to guess.
pub(crate) fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let given = plain(given);
    let furthest = 1 + given.chars().count() / 3;
    known
        .iter()
        .map(|name| (damerau_levenshtein(&given, &plain(name)), *name))
        .filter(|(distance, _)| *distance <= furthest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "no topic `BusinesFacts`; did you mean `BusinessFacts`?", and on the next line the whole list.
pub(crate) fn unknown(kind: &str, given: &str, list: &str, known: &[&str]) -> String {
    let guess = match nearest(given, known) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    };
    let all: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("no {kind} `{given}`{guess}\n  {list} {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_guessed_and_far_ones_are_not() {
        let known = ["BusinessFacts", "ActionRequests", "BillingEvents"];
        assert_eq!(nearest("BusinesFacts", &known), Some("BusinessFacts"));
        assert_eq!(nearest("business-facts", &known), Some("BusinessFacts"));
        assert_eq!(nearest("Facts", &known), None);
    }

    #[test]
    fn the_whole_list_follows() {
        assert_eq!(
            unknown("argument", "topik", "the arguments are", &["topic", "name"]),
            "no argument `topik`; did you mean `topic`?\n  the arguments are `topic`, `name`"
        );
    }
}
