//! Ids and hashes: the one place where randomness enters, and where names are derived.
//!
//! Fresh ids are UUIDs of version 7, derived ones of version 5 (RFC 9562); trace and span ids are what W3C Trace
//! Context asks for.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::{Builder, Uuid};

use crate::Timestamp;

/// The namespace of everything derived here.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_2b5e_9a3d_5c47_8e10_50f2_7d4b_91aa);

/// A fresh event id. Ids sort by time, to the millisecond.
#[must_use]
pub fn fresh() -> String {
    hyphenated(version_7(SystemTime::now()))
}

/// The fresh id of the first event of a workflow, and the workflow's trace id: the same bits as 32 lower-case hex digits. W3C Trace
/// Context wants the last 56 of them random, and those of an id are.
#[must_use]
pub fn first(at: Timestamp) -> (String, String) {
    let id = version_7(at.into());
    (hyphenated(id), id.simple().encode_lower(&mut Uuid::encode_buffer()).to_owned())
}

fn version_7(at: SystemTime) -> Uuid {
    let millis = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let [some, more] = random_words();
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&some.to_ne_bytes());
    bytes[8..].copy_from_slice(&more.to_ne_bytes()[..2]);
    Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or_default(), &bytes).into_uuid()
}

/// Written into its place at once, and not by way of a formatter.
fn hyphenated(id: Uuid) -> String {
    id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// Sixteen random bytes: SipHash of a counter, under a key that the operating system drew once for this process.
/// A system call an event would cost more than everything else here.
fn random_words() -> [u64; 2] {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(2, Ordering::Relaxed);
    [KEY.hash_one(count), KEY.hash_one(count + 1)]
}

/// An id that depends on nothing but the parts: the same parts give the same id, in every process.
///
/// Parts are joined with their lengths, so `["ab", "c"]` and `["a", "bc"]` differ.
#[must_use]
pub fn derived(parts: &[&[u8]]) -> Uuid {
    let mut name = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        name.extend_from_slice(&(part.len() as u64).to_le_bytes());
        name.extend_from_slice(part);
    }
    Uuid::new_v5(&NAMESPACE, &name)
}

/// Sixteen hex digits that stand for `text`: for names that must be short and are compared in full elsewhere.
#[must_use]
pub fn short(text: &str) -> String {
    let mut hex = derived(&[text.as_bytes()]).simple().to_string();
    hex.truncate(16);
    hex
}

/// The trace id in the form of W3C Trace Context, section 3.2.2.3: itself if it is 32 lower-case hex digits and
/// not all zero, else a hash of it.
#[must_use]
pub fn w3c_trace(trace_id: &str) -> String {
    let hex = trace_id.len() == 32 && trace_id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if hex && trace_id.bytes().any(|b| b != b'0') {
        trace_id.to_owned()
    } else {
        derived(&[b"trace", trace_id.as_bytes()]).simple().to_string()
    }
}

/// The `traceparent` of an event: version 00, the trace, a span that stands for the event, sampled.
#[must_use]
pub fn traceparent(trace_id: &str, event_id: &str) -> String {
    // Written with every event, so without the machinery of `format!`.
    ["00-", &w3c_trace(trace_id), "-", &span(event_id), "-01"].concat()
}

/// The trace id inside a `traceparent`, if it is one.
#[must_use]
pub fn trace_of(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
    (version.len() == 2 && trace.len() == 32 && span.len() == 16).then_some(trace)
}

/// The last 64 bits of a UUID are its random or hashed part; any other id is hashed.
fn span(event_id: &str) -> String {
    match Uuid::try_parse(event_id) {
        Ok(id) => format!("{:016x}", id.as_u128() as u64),
        Err(_) => short(event_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_depend_on_the_parts_and_their_borders() {
        assert_eq!(derived(&[b"ab", b"c"]), derived(&[b"ab", b"c"]));
        assert_ne!(derived(&[b"ab", b"c"]), derived(&[b"a", b"bc"]));
        // Stored ids must not change from version to version.
        assert_eq!(derived(&[b"ab", b"c"]).to_string(), "c83de25b-a903-5453-aa16-286419219574");
    }

    #[test]
    fn fresh_ids_are_distinct_and_of_their_versions() {
        let ids: std::collections::HashSet<String> = (0..100_000).map(|_| fresh()).collect();
        assert_eq!(ids.len(), 100_000);
        assert_eq!(Uuid::parse_str(&fresh()).unwrap().get_version_num(), 7);
        let (id, trace) = first(Timestamp::now());
        assert_eq!(trace, id.replace('-', ""));
        assert_eq!(w3c_trace(&trace), trace);
    }

    #[test]
    fn a_foreign_trace_id_has_a_w3c_form() {
        let (_, own) = first(Timestamp::now());
        assert_eq!(w3c_trace(&own), own);
        let foreign = w3c_trace("trace_xyz");
        assert_eq!(foreign.len(), 32);
        assert_eq!(foreign, w3c_trace("trace_xyz"));
        assert_ne!(w3c_trace(&"0".repeat(32)), "0".repeat(32));
    }

    #[test]
    fn the_traceparent_carries_the_trace() {
        let (event, trace) = first(Timestamp::now());
        let parent = traceparent(&trace, &event);
        assert_eq!(parent.len(), 55);
        assert_eq!(trace_of(&parent), Some(trace.as_str()));
        assert_eq!(trace_of("nonsense"), None);
    }
}
