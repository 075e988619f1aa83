//! Where in JSON a reader gave up, for errors that name the place.
//!
//! It gives the reader ever less of the text: what ends before the mistake fails for want of more, what holds the
//! mistake fails for it. So the same code reads in the good case and in the bad one, and is compiled once for each
//! payload type; a reader that keeps track of the path would be compiled beside it for all of them.

/// The place of the first mistake that `fails` finds, for example `lines[3].quantity`; `.` for the whole.
///
/// `json` is valid; `fails` says whether a reader gives up on the beginning of it that it is given, for another
/// reason than that it ends too soon.
pub(super) fn of_mistake(json: &str, fails: impl Fn(&str) -> bool) -> String {
    let mut walk = Walk::over(json);
    let stops: Vec<usize> = std::iter::from_fn(|| walk.next_stop()).collect();
    // Who has given up does not take heart again from what follows.
    let first = stops.partition_point(|stop| !json.get(..*stop).is_some_and(&fails));
    if first == stops.len() {
        return ".".to_owned();
    }
    let mut walk = Walk::over(json);
    for _ in 0..=first {
        walk.next_stop();
    }
    walk.path()
}

/// A walk over valid JSON. It stops behind every opening bracket, every key and every value: there a reader gives
/// up that finds a value of the wrong kind, a key that it does not know, a value of the wrong content.
struct Walk<'a> {
    json: &'a str,
    at: usize,
    /// What it is inside of.
    inside: Vec<Inside<'a>>,
    /// The last text in quotation marks, without them.
    text: &'a str,
}

/// An object or an array, and the member that is being read, once it has begun.
enum Inside<'a> {
    Object(Option<&'a str>),
    Array(Option<usize>),
}

impl<'a> Walk<'a> {
    fn over(json: &'a str) -> Self {
        Self { json, at: 0, inside: Vec::new(), text: "" }
    }

    /// Goes on to the next stop, and says where it is.
    fn next_stop(&mut self) -> Option<usize> {
        loop {
            let start = self.at;
            let byte = *self.json.as_bytes().get(start)?;
            self.at += 1;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b':' => self.set_key(Some(self.text)),
                b',' => self.set_key(None),
                b'}' | b']' => {
                    self.inside.pop();
                    return Some(self.at);
                }
                b'{' => {
                    self.begin_value();
                    self.inside.push(Inside::Object(None));
                    return Some(self.at);
                }
                b'[' => {
                    self.begin_value();
                    self.inside.push(Inside::Array(None));
                    return Some(self.at);
                }
                b'"' => {
                    self.begin_value();
                    self.skip_text();
                    self.text = self.json.get(start + 1..self.at - 1).unwrap_or_default();
                    return Some(self.at);
                }
                _ => {
                    self.begin_value();
                    let rest = self.json.get(start..).unwrap_or_default();
                    let len = rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                    self.at = start + len.max(1);
                    return Some(self.at);
                }
            }
        }
    }

    fn set_key(&mut self, to: Option<&'a str>) {
        if let Some(Inside::Object(key)) = self.inside.last_mut() {
            *key = to;
        }
    }

    fn begin_value(&mut self) {
        if let Some(Inside::Array(index)) = self.inside.last_mut() {
            *index = Some(index.map_or(0, |index| index + 1));
        }
    }

    /// To behind the closing quotation mark.
    fn skip_text(&mut self) {
        let mut escaped = false;
        for byte in self.json.as_bytes().iter().skip(self.at) {
            self.at += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => break,
                _ => {}
            }
        }
    }

    /// Where it is.
    fn path(&self) -> String {
        let mut path = String::new();
        for inside in &self.inside {
            match inside {
                Inside::Object(Some(key)) if path.is_empty() => path.push_str(key),
                Inside::Object(Some(key)) => path.extend([".", key]),
                Inside::Array(Some(index)) => path += &format!("[{index}]"),
                Inside::Object(None) | Inside::Array(None) => {}
            }
        }
        if path.is_empty() { ".".to_owned() } else { path }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        _id: String,
        #[serde(default)]
        _lines: Vec<Line>,
        #[serde(default)]
        _by_shelf: BTreeMap<String, [u8; 2]>,
        #[serde(default)]
        _size: Option<Size>,
    }

    #[derive(Deserialize)]
    struct Line {
        _sku: Sku,
        _count: u8,
    }

    #[derive(Deserialize)]
    #[serde(try_from = "String")]
    struct Sku;

    impl TryFrom<String> for Sku {
        type Error = &'static str;

        fn try_from(text: String) -> Result<Self, Self::Error> {
            if text.is_empty() { Err("empty") } else { Ok(Self) }
        }
    }

    #[derive(Deserialize)]
    enum Size {
        #[serde(rename = "small")]
        _Small { _count: u8 },
        #[serde(rename = "large")]
        _Large,
    }

    fn path<T: DeserializeOwned>(json: &str) -> String {
        assert!(serde_json::from_str::<T>(json).is_err(), "this can be read: {json}");
        of_mistake(json, |json| serde_json::from_str::<T>(json).is_err_and(|error| !error.is_eof()))
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_found() {
        assert_eq!(path::<Order>("7"), ".");
        assert_eq!(path::<Order>(r#"{"_id": 7, "_lines": []}"#), "_id");
        assert_eq!(path::<Order>(r#"{"_id": {"a": [1, 2]}, "_lines": []}"#), "_id");
        assert_eq!(
            path::<Order>(r#"{"_id": "a", "_lines": [{"_sku": "a", "_count": "b"}]}"#),
            "_lines[0]._count"
        );
        assert_eq!(
            path::<Order>(r#" { "_id" : "a" , "_by_shelf" : { "ab" : [ 1 , 256 ] } } "#),
            "_by_shelf.ab[1]"
        );
        assert_eq!(path::<Vec<Vec<u8>>>("[[],[1,2],[3,[4]]]"), "[2][1]");
    }

    #[test]
    fn what_is_missing_or_unknown_is_told_of_the_object() {
        assert_eq!(path::<Order>("{}"), ".");
        assert_eq!(path::<Order>(r#"{"_id": "a", "id": 7}"#), ".");
        assert_eq!(
            path::<Order>(r#"{"_id":"a","_lines":[{"_sku":"a","_count":1},{"_sku":"a"}]}"#),
            "_lines[1]"
        );
    }

    #[test]
    fn wrong_content_is_found_wherever_it_stands() {
        let line = |line: &str| path::<Order>(&format!(r#"{{"_id":"a","_lines":[{line}]}}"#));
        assert_eq!(line(r#"{"_sku": "", "_count": 1}"#), "_lines[0]._sku");
        assert_eq!(line(r#"{"_count": 1, "_sku": ""}"#), "_lines[0]._sku");
        assert_eq!(line(r#"{"_sku": "\"}],\\", "_count": 300}"#), "_lines[0]._count");
    }

    #[test]
    fn variants_are_members_of_what_they_are_variants_of() {
        let size = |size: &str| path::<Order>(&format!(r#"{{"_id":"ä","_size":{size}}}"#));
        assert_eq!(size(r#""huge""#), "_size");
        assert_eq!(size(r#"{"huge": {}}"#), "_size");
        assert_eq!(size(r#"{"small": {"_count": true}}"#), "_size.small._count");
        assert_eq!(size(r#"{"small": {}}"#), "_size.small");
    }

    #[test]
    fn a_mistake_that_is_not_found_again_is_told_of_the_whole() {
        assert_eq!(of_mistake("[1]", |_| false), ".");
    }
}
