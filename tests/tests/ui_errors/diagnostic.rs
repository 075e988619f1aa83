//! One message of rustc's.

use serde_json::Value;

/// An error or a warning.
pub(crate) struct Diagnostic {
    level: String,
    /// The first line of the message.
    pub(crate) first_line: String,
    /// The words that are underlined as the place of the mistake.
    pub(crate) underlined: String,
    /// As a person sees it.
    pub(crate) rendered: String,
}

impl Diagnostic {
    /// Reads rustc's JSON; `None` for what only counts the others ("aborting due to 2 previous errors").
    pub(crate) fn read(message: &Value) -> Option<Self> {
        let text = |key: &str| message[key].as_str().unwrap_or_default();
        let spans = message["spans"].as_array()?;
        let level = text("level").to_owned();
        if level == "failure-note" || spans.is_empty() {
            return None;
        }
        let underlined: Vec<_> = spans.iter().filter(|span| span["is_primary"] == true).map(words).collect();
        Some(Self {
            level,
            first_line: text("message").lines().next().unwrap_or_default().to_owned(),
            underlined: underlined.join(" .. "),
            rendered: text("rendered").to_owned(),
        })
    }

    pub(crate) fn is_error(&self) -> bool {
        self.level == "error"
    }
}

/// The text between the ends of a span, which counts columns from 1.
fn words(span: &Value) -> String {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap_or(1)).unwrap_or(1);
    let lines = span["text"].as_array().map_or(&[][..], Vec::as_slice);
    let words = lines.iter().map(|line| {
        let (start, end) = (number(&line["highlight_start"]), number(&line["highlight_end"]));
        let text = line["text"].as_str().unwrap_or_default();
        text.chars().skip(start - 1).take(end - start).collect::<String>()
    });
    words.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join(" ")
}
