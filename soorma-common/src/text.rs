//! Types that travel as their text form: written by `Display`, read by `FromStr`.

use std::borrow::Cow;

use serde::Deserialize;

/// Text that is borrowed from what is read, where it stands there without escapes. A `Cow` by itself never is.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

macro_rules! as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = crate::text::Text::deserialize(deserializer)?;
                text.0.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_text!(crate::EventTopic);
as_text!(crate::Address);
as_text!(crate::Timestamp);
