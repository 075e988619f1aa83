//! What a word is: letters and digits between anything else and between small letters and capitals, without its ending.

/// Words that stand in every text, and tell no event from another.
const EVERYWHERE: [&str; 32] = [
    "a", "all", "an", "and", "any", "are", "as", "at", "be", "by", "for", "from", "has", "have", "if", "in",
    "is", "it", "its", "of", "on", "or", "that", "the", "their", "them", "this", "to", "was", "were",
    "which", "with",
];

/// The words of a text, in lower case and without their endings.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .flat_map(humps)
        .map(str::to_lowercase)
        .filter(|word| !EVERYWHERE.contains(&word.as_str()))
        .map(stem)
}

/// `orderPlaced` is two words, and so is `HTTPServer`.
fn humps(text: &str) -> Vec<&str> {
    let (mut found, mut start) = (Vec::with_capacity(1), 0);
    let mut letters = text.char_indices().peekable();
    let mut before = None;
    while let Some((at, here)) = letters.next() {
        let capital_before = before.is_some_and(char::is_uppercase);
        let last_capital = capital_before && letters.peek().is_some_and(|next| next.1.is_lowercase());
        if at > 0 && here.is_uppercase() && (!capital_before || last_capital) {
            found.push(&text[start..at]);
            start = at;
        }
        before = Some(here);
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

/// Facts are named in the past tense and looked for in the present: `refunded`, `refunding` and `refunds` are `refund`, and
/// `placed` is `place`.
fn stem(mut word: String) -> String {
    if let Some(short) = word.strip_suffix("ies").filter(|short| short.len() > 1) {
        word = format!("{short}y");
    } else if word.len() > 3
        && word.ends_with('s')
        && !["ss", "us", "is"].iter().any(|end| word.ends_with(end))
    {
        word.pop();
    }
    for ending in ["ed", "ing"] {
        let Some(short) = word.strip_suffix(ending) else { continue };
        if short.chars().count() < 3 || !short.contains(['a', 'e', 'i', 'o', 'u', 'y']) {
            continue;
        }
        // `shipped` is `ship`.
        let mut end = short.chars().rev();
        let doubled = short.len() > 3 && end.next() == end.next() && !short.ends_with(['l', 's', 'z']);
        let kept = short.len() - usize::from(doubled && short.is_ascii());
        word.truncate(kept);
        break;
    }
    // `cancelled` and `canceled` are `cancel`, `placed` is `place`.
    if word.ends_with("ll") && word.len() > 5 || word.len() > 3 && word.ends_with('e') {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_apart_into_words() {
        let found = |text: &str| words(text).collect::<Vec<_>>().join(" ");
        assert_eq!(found("order.line_item.addedNow"), "order lin item add now");
        assert_eq!(found("HTTPServer v2, naïve ÜberMut"), "http server v2 naïv über mut");
        assert_eq!(found("..  -_ The, of"), "");
    }

    #[test]
    fn the_forms_of_a_word_are_one() {
        for forms in [
            "refund refunds refunded refunding",
            "place places placed placing",
            "ship ships shipped shipping",
            "cancel cancels cancelled canceled cancelling",
            "pass passes passed",
            "inventory inventories",
            "order orders ordered",
            "call calls called",
        ] {
            let mut found: Vec<_> = words(forms).collect();
            found.dedup();
            assert_eq!(found.len(), 1, "{found:?}");
        }
        for alone in ["status", "address", "analysis", "string", "need", "bus", "red"] {
            assert_eq!(words(alone).collect::<Vec<_>>(), [alone]);
        }
    }
}
