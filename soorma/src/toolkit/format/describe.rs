//! The description of a tool: what the event is, when to use it and when not, within a provider's limit.

use soorma_common::EventDefinition;

/// So much of the description is kept, however long the guidance is.
const LEAST: usize = 200;

/// A line for each of the three, cut to so many characters, the description first: when not to use a tool matters more
/// than how the description ends.
pub(super) fn describe(definition: &EventDefinition, limit: usize) -> String {
    let mut description = one_line(&definition.description);
    if description.is_empty() {
        description = format!("Publishes the event {}.", one_line(&definition.event_name));
    }
    let mut guidance = String::new();
    for (name, text) in
        [("Use it when", &definition.when_to_use), ("Do not use it when", &definition.not_when)]
    {
        if !text.is_empty() {
            guidance += &format!("\n{name}: {}", one_line(text));
        }
    }
    let room = limit.saturating_sub(guidance.chars().count()).max(LEAST);
    cut(&(cut(&description, room) + &guidance), limit)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, up to the end of a word if there is one in its second half.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let end = text.char_indices().nth(limit.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let kept = &text[..end];
    // The first character that is left out may end a word just as well.
    let whole = text[end..].starts_with(char::is_whitespace);
    let word = kept.rfind(char::is_whitespace).filter(|at| !whole && *at > end / 2);
    format!("{}…", kept[..word.unwrap_or(end)].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_end_of_a_word_and_of_a_character() {
        assert_eq!(cut("one two three", 13), "one two three");
        assert_eq!(cut("one two three", 12), "one two…");
        assert_eq!(cut("one two three", 8), "one two…");
        assert_eq!(cut("one two three", 5), "one…");
        assert_eq!(cut(&"ü".repeat(9), 4), "üüü…");
        assert_eq!(cut("üü", 1), "…");
    }
}
