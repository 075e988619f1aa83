//! From the text of an answer to the one JSON object that it has to be.
//!
//! The answer is the object, or one fenced block with the object in it, and nothing else. Text around it is not skipped:
//! "I would never publish `{..}`" holds an object too. Two objects, a key twice, an object that is cut: each could be
//! read in more than one way, so each is a violation that is told to the model.

use serde_json::Value;

use super::json::{self, ReadError};

/// The largest answer that is looked at, in bytes; what is read from it is no larger when it is written again.
pub(super) const LARGEST: usize = 256 * 1024;

const WANTED: &str = "answer with one JSON object and nothing else";

/// The object, or what is wrong, in words for the model.
pub(super) fn object(answer: &str) -> Result<Value, String> {
    if answer.len() > LARGEST {
        return Err(format!("the answer has {} bytes; {LARGEST} are the most", answer.len()));
    }
    let text = unfenced(answer.trim());
    if text.is_empty() {
        return Err(format!("the answer is empty; {WANTED}"));
    }
    if !text.starts_with('{') {
        return Err(format!("the answer does not begin with `{{`; {WANTED}"));
    }
    let object = json::read(text).map_err(|error| match error {
        ReadError::Json(error) => format!("the answer is no JSON: {error}; {WANTED}"),
        ReadError::Follows => format!("something follows the JSON object; {WANTED}"),
    })?;
    // A number may be longer when it is written again.
    let written = object.to_string().len();
    if written > LARGEST {
        return Err(format!(
            "the answer has {written} bytes when its numbers are written out; {LARGEST} are the most"
        ));
    }
    Ok(object)
}

/// What is in the fenced block, where the whole text is one.
fn unfenced(text: &str) -> &str {
    let inside = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
    let Some((info, body)) = inside.and_then(|inside| inside.split_once('\n')) else { return text };
    let info = info.trim();
    if info.is_empty() || info.eq_ignore_ascii_case("json") { body.trim() } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_object_is_taken_bare_or_in_a_fenced_block() {
        let taken = [
            r#"{"a": [1, "}"]}"#,
            "  \n{\"a\": [1, \"}\"]}\n",
            "```json\n{\"a\": [1, \"}\"]}\n```",
            "```\n{\"a\": [1, \"}\"]}```",
            "```JSON \r\n{\"a\": [1, \"}\"]}\r\n``` ",
        ];
        for answer in taken {
            assert_eq!(object(answer).unwrap(), json!({"a": [1, "}"]}), "{answer}");
        }
    }

    #[test]
    fn whatever_could_be_read_in_two_ways_is_refused_with_what_to_write() {
        let deep = "[".repeat(100_000);
        let large = format!("{{\"a\": \"{}\"}}", "x".repeat(LARGEST));
        let grows = format!("{{\"a\": [{}1e15]}}", "1e15,".repeat(40_000));
        let refused = [
            ("", "the answer is empty"),
            ("```json\n```", "the answer is empty"),
            ("{\"a\": 1} {\"a\": 2}", "something follows the JSON object"),
            ("{\"a\": 1}\nThat is it.", "something follows the JSON object"),
            ("I would never say {\"a\": 1}", "does not begin with `{`"),
            ("[{\"a\": 1}]", "does not begin with `{`"),
            ("\u{feff}{\"a\": 1}", "does not begin with `{`"),
            ("null", "does not begin with `{`"),
            ("```json\n{\"a\": 1}\n```\n```json\n{\"a\": 2}\n```", "something follows the JSON object"),
            ("```rust\n{\"a\": 1}\n```", "does not begin with `{`"),
            ("{\"a\": 1", "is no JSON: EOF"),
            ("{\"a\": 1, \"a\": 1}", "a key stands twice in one object"),
            ("{\"a\": {\"b\": 1, \"\\u0062\": 2}}", "a key stands twice in one object"),
            ("{\"a\": NaN}", "is no JSON"),
            ("{\"a\": 1e999}", "number out of range"),
            ("{\"a\": \"\\ud800\"}", "is no JSON"),
            ("{'a': 1}", "is no JSON"),
            (&format!("{{\"a\": {deep}"), "recursion limit exceeded"),
            (&large, "bytes; 262144 are the most"),
            (&grows, "when its numbers are written out"),
        ];
        for (answer, expected) in refused {
            let wrong = object(answer).unwrap_err();
            assert!(wrong.contains(expected), "{}: {wrong}", &answer[..answer.len().min(60)]);
        }
    }
}
