use serde::Deserialize;
use serde_json::value::RawValue;

use super::{raw::Checked, *};

/// Numbers that are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    /// A text with some of its characters replaced, removed, repeated, or the rest of it cut off.
    pub(crate) fn spoilt(&mut self, text: &str) -> String {
        const PIECES: &[char] = &[
            '"', '\\', '{', '}', '[', ']', ',', ':', '0', '9', '-', '.', 'e', 'u', 'n', ' ', '\n', '\u{1f}',
            'ü', '\u{7f}',
        ];
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(2) {
            let at = self.below(chars.len().max(1));
            match self.below(8) {
                _ if chars.is_empty() => {}
                0 => chars.truncate(at),
                1 => drop(chars.remove(at)),
                2 => chars.insert(at, chars[at]),
                3..5 => chars[at] = PIECES[self.below(PIECES.len())],
                _ => chars.insert(at, PIECES[self.below(PIECES.len())]),
            }
        }
        chars.into_iter().collect()
    }
}

fn value(text: &str) -> Option<Cow<'_, str>> {
    let mut scan = Scan::new(text);
    scan.value().filter(|_| scan.is_over()).map(Token::json)
}

#[test]
fn a_value_ends_where_it_does_for_serde_json() {
    const TEXTS: [&str; 9] = [
        r#"{"sku":"SKU-00001","quantity":2,"price_cents":1001,"tags":["a","b\\\"c"],"none":{},"deep":[[[{"a":[]}]]]}"#,
        r#" [ 1 , -2.5e+10 , 0 , -0 , 0.1E-2 , true , false , null ] "#,
        r#""exactly8""#,
        r#""a longer text, with \u00e9, \n and \\ in it, over several words of eight bytes""#,
        r#""grüß 😀 gott""#,
        "[[[[[[[[[[[]]]]]]]]]]]",
        "-12",
        "null",
        r#"{"":""}"#,
    ];
    let mut dice = Dice(815);
    let mut accepted = 0;
    for round in 0..60_000 {
        let whole = TEXTS[dice.below(TEXTS.len())];
        let text = if round < 1_000 { whole.to_owned() } else { dice.spoilt(whole) };
        let theirs = serde_json::from_str::<&RawValue>(&text).ok().map(RawValue::get);
        assert_eq!(value(&text).as_deref(), theirs, "{text}");
        accepted += usize::from(theirs.is_some());
    }
    assert!((10_000..50_000).contains(&accepted), "{accepted}");
}

#[test]
fn depth_has_no_limit() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(value(&deep), Some(Cow::Borrowed(&*deep)));
}

#[test]
fn what_is_open_is_known_however_deep_it_is() {
    let mut dice = Dice(42);
    let mut accepted = 0;
    for _ in 0..2_000 {
        let kinds: Vec<bool> = (0..=dice.below(200)).map(|_| dice.below(2) == 0).collect();
        let mut text: String = kinds.iter().map(|object| if *object { r#"{"a":"# } else { "[" }).collect();
        text.push('1');
        // One of them is closed as the other kind, mostly.
        let wrong = dice.below(kinds.len() * 3 / 2);
        for (place, object) in kinds.iter().enumerate().rev() {
            text.push(if *object != (place == wrong) { '}' } else { ']' });
            if dice.below(4) == 0 && place > 0 {
                text.push_str(if kinds[place - 1] { r#","b":[]"# } else { ",{}" });
            }
        }
        let theirs = serde_json::from_str::<&RawValue>(&text).ok().map(RawValue::get);
        assert_eq!(value(&text).as_deref(), theirs, "{text}");
        accepted += usize::from(theirs.is_some());
    }
    assert!((300..1_700).contains(&accepted), "{accepted}");
}

#[test]
fn a_raw_value_is_made_of_what_was_checked_without_a_second_look() {
    assert_eq!(raw(r#"{"a": 1}"#).unwrap().get(), r#"{"a": 1}"#);
    let unchecked = Box::<RawValue>::deserialize(Checked("{")).unwrap();
    assert_eq!(unchecked.get(), "{", "`serde_json` has changed: it looks again");
}
