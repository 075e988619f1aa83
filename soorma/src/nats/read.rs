//! Single messages of a stream, read from its leader: whoever wrote has been answered by it.

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiError, Code, Link};

/// A stored message.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) subject: String,
    pub(crate) sequence: u64,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

#[derive(Deserialize)]
struct Got {
    message: GotMessage,
}

#[derive(Deserialize)]
struct GotMessage {
    subject: String,
    #[serde(rename = "seq")]
    sequence: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
}

impl Link {
    /// The last message of a subject; `None` where there is none.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn last_of(&self, stream: &str, subject: &str) -> Result<Option<Read>, ApiError> {
        self.message(stream, json!({ "last_by_subj": subject })).await
    }

    /// The first message of the subjects from a sequence on; `None` where there is none.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn next_of(
        &self,
        stream: &str,
        subjects: &str,
        from: u64,
    ) -> Result<Option<Read>, ApiError> {
        self.message(stream, json!({ "seq": from, "next_by_subj": subjects })).await
    }

    async fn message(&self, stream: &str, which: Value) -> Result<Option<Read>, ApiError> {
        let Got { message } = match self.api(&format!("STREAM.MSG.GET.{stream}"), &which).await {
            Ok(got) => got,
            Err(error)
                if matches!(error.code(), Some(Code::MESSAGE_NOT_FOUND | Code::SEQUENCE_NOT_FOUND)) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let GotMessage { subject, sequence, hdrs, data } = message;
        let headers = headers(&from_base64(&hdrs));
        Ok(Some(Read { subject, sequence, headers, payload: from_base64(&data).into() }))
    }

    /// Removes one message; false where there is none.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn remove(&self, stream: &str, sequence: u64) -> Result<bool, ApiError> {
        let body = json!({ "seq": sequence, "no_erase": true });
        match self.api::<Value>(&format!("STREAM.MSG.DELETE.{stream}"), &body).await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.code(), Some(Code::MESSAGE_NOT_FOUND | Code::SEQUENCE_NOT_FOUND)) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// `NATS/1.0\r\nname: value\r\n\r\n`.
fn headers(block: &[u8]) -> HeaderMap {
    let text = String::from_utf8_lossy(block);
    let mut headers = HeaderMap::new();
    for line in text.split("\r\n").skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.trim().parse::<HeaderValue>()) {
            headers.append(name, value);
        }
    }
    headers
}

/// Base64 as the server writes it. What is not of its alphabet is passed over.
fn from_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        for (text, bytes) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Z3LDtsOfZQ==", "größe")]
        {
            assert_eq!(from_base64(text), bytes.as_bytes());
        }
        assert_eq!(from_base64("+/+/"), [0xfb, 0xff, 0xbf]);
    }

    #[test]
    fn headers_are_read() {
        let headers = headers(b"NATS/1.0\r\nA: x: y\r\nB:2\r\n\r\n");
        assert_eq!(headers.get("A").map(|value| value.as_str()), Some("x: y"));
        assert_eq!(headers.get("B").map(|value| value.as_str()), Some("2"));
    }
}
