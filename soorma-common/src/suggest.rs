//! "Did you mean ..?": names that are near to what was written. Knows nothing of what the names are for.

use strsim::damerau_levenshtein;

/// The known name that is nearest, unless all are too far off to guess.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let short = plain(given);
    let furthest = 1 + short.chars().count() / 3;
    let near = known
        .iter()
        .map(|name| (damerau_levenshtein(&short, &plain(name)), *name))
        .filter(|(distance, _)| *distance <= furthest)
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((0 | 1, name)) => Some(name),
        _ => only_with_word(given, known).or(near.map(|(_, name)| name)),
    }
}

/// `type` is a word of `event_type`, `Facts` one of `BusinessFacts`.
fn only_with_word<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let words = |name: &str| words(name).split('.').map(str::to_owned).collect::<Vec<_>>();
    let mut with = known.iter().filter(|name| words(name).iter().any(|word| *word == given.to_lowercase()));
    with.next().filter(|_| with.next().is_none()).copied()
}

/// The words of a name in lower case, joined by dots: `OrderPlaced` and `order_placed` are `order.placed`.
pub fn words(name: &str) -> String {
    let mut words = String::new();
    let mut in_word = false;
    for letter in name.chars() {
        if letter == '_' || letter.is_uppercase() && in_word {
            words.push('.');
        }
        in_word = letter.is_lowercase() || letter.is_ascii_digit();
        words.extend(letter.to_lowercase().filter(|letter| *letter != '_'));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_guessed_and_far_ones_are_not() {
        let known = ["BusinessFacts", "ActionRequests", "BillingEvents"];
        assert_eq!(nearest("BusinesFacts", &known), Some("BusinessFacts"));
        assert_eq!(nearest("business-facts", &known), Some("BusinessFacts"));
        assert_eq!(nearest("Invoices", &known), None);
    }

    #[test]
    fn a_word_of_one_name_only_is_enough() {
        let known = ["agent", "event_type", "ActionRequests", "ActionResults", "BusinessFacts"];
        assert_eq!(nearest("type", &known), Some("event_type"));
        assert_eq!(nearest("event", &known), Some("event_type"), "and not `agent`");
        assert_eq!(nearest("Facts", &known), Some("BusinessFacts"));
        assert_eq!(nearest("Action", &known), None);
        assert_eq!(words("OrderPlaced2"), "order.placed2");
        assert_eq!(words("HTTP_call"), "http.call");
    }
}
