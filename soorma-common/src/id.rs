//! Ids and hashes: the one place where randomness enters, and where names are derived.
//!
//! Fresh ids are UUIDs of version 7, derived ones of version 5 (RFC 9562); trace and span ids are what W3C Trace
//! Context asks for.

use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use uuid::Uuid;

use crate::Timestamp;

/// The namespace of everything derived here.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_2b5e_9a3d_5c47_8e10_50f2_7d4b_91aa);

/// A fresh id: 32 lower-case hex digits, which is also what W3C Trace Context wants of a trace id. Ids sort by time, to the
/// millisecond.
#[must_use]
pub fn fresh() -> Arc<str> {
    fresh_at(Timestamp::now())
}

/// The same where the time is known already.
pub(crate) fn fresh_at(now: Timestamp) -> Arc<str> {
    // RFC 9562, section 5.7. Twelve of the bits count, which tells apart what one process makes within a millisecond; the
    // 62 last ones are random, of which W3C Trace Context asks 56.
    let (count, random) = next();
    let millis = u128::from(now.micros() / 1_000);
    let bits = millis << 80 | 7 << 76 | u128::from(count & 0xfff) << 64 | 2 << 62 | u128::from(random >> 2);
    text(Uuid::from_u128(bits))
}

/// An id as it stands in an event.
#[must_use]
pub fn text(id: Uuid) -> Arc<str> {
    Arc::from(&*id.simple().encode_lower(&mut Uuid::encode_buffer()))
}

/// A count, and eight random bytes: SipHash of that count, under a key that the operating system drew once for this process.
/// A system call an event would cost more than everything else here.
fn next() -> (u64, u64) {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    (count, KEY.hash_one(count))
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

/// A number that spreads what is put into lanes or over time: FNV-1a, the same in every process and version. Whoever wants to
/// can make two meet, so it identifies nothing.
#[must_use]
pub fn spread(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The upper bits have seen more of the bytes than the lower ones.
    hash ^ hash >> 32
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
pub fn w3c_trace(trace_id: &str) -> Cow<'_, str> {
    if is_plain(trace_id) && trace_id.bytes().any(|b| b != b'0') {
        Cow::Borrowed(trace_id)
    } else {
        Cow::Owned(derived(&[b"trace", trace_id.as_bytes()]).simple().to_string())
    }
}

/// Whether it is 32 lower-case hex digits, as all ids that are made here.
fn is_plain(id: &str) -> bool {
    // All bytes are looked at, many in one go: every event that is written is asked this.
    let hex = |all, b: u8| all & (b.is_ascii_digit() | matches!(b, b'a'..=b'f'));
    id.len() == 32 && id.bytes().fold(true, hex)
}

/// The `traceparent` of an event: version 00, the trace, a span that stands for the event, sampled.
#[must_use]
pub fn traceparent(trace_id: &str, event_id: &str) -> String {
    // Written with every event, so without the machinery of `format!`.
    let mut text = String::with_capacity("00-".len() + 32 + "-".len() + 16 + "-01".len());
    text.push_str("00-");
    text.push_str(&w3c_trace(trace_id));
    text.push('-');
    text.push_str(&span(event_id));
    text.push_str("-01");
    text
}

/// The trace id inside a `traceparent`, if it is one.
#[must_use]
pub fn trace_of(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
    (version.len() == 2 && trace.len() == 32 && span.len() == 16).then_some(trace)
}

/// The last 64 bits of a UUID are its random or hashed part; any other id is hashed.
fn span(event_id: &str) -> Cow<'_, str> {
    if let (true, Some(span)) = (is_plain(event_id), event_id.get(16..)) {
        return Cow::Borrowed(span);
    }
    match Uuid::try_parse(event_id) {
        Ok(id) => Cow::Owned(format!("{:016x}", id.as_u128() as u64)),
        Err(_) => Cow::Owned(short(event_id)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn keys_that_count_up_are_spread_over_sixteen_lanes() {
        let mut lanes = [0; 16];
        for n in 0..1_600 {
            lanes[(spread(format!("customer-{n}").as_bytes()) % 16) as usize] += 1;
        }
        assert!(lanes.iter().all(|keys| (50..200).contains(keys)), "{lanes:?}");
    }

    #[test]
    fn derived_ids_depend_on_the_parts_and_their_borders() {
        assert_eq!(derived(&[b"ab", b"c"]), derived(&[b"ab", b"c"]));
        assert_ne!(derived(&[b"ab", b"c"]), derived(&[b"a", b"bc"]));
        // Stored ids must not change from version to version.
        assert_eq!(derived(&[b"ab", b"c"]).to_string(), "c83de25b-a903-5453-aa16-286419219574");
    }

    #[test]
    fn fresh_ids_are_distinct_and_of_their_versions() {
        let ids: std::collections::HashSet<_> = (0..100_000).map(|_| fresh()).collect();
        assert_eq!(ids.len(), 100_000);
        let now = Timestamp::now();
        let (id, later) = (fresh_at(now), fresh_at(now.after(Duration::from_millis(1))));
        let parsed = Uuid::parse_str(&id).unwrap();
        assert_eq!((parsed.get_version_num(), parsed.get_variant()), (7, uuid::Variant::RFC4122));
        assert!(later > id, "they sort by time");
    }

    #[test]
    fn a_foreign_trace_id_has_a_w3c_form() {
        let own = fresh();
        assert_eq!(w3c_trace(&own), *own, "a fresh id can name a trace");
        let foreign = w3c_trace("trace_xyz");
        assert_eq!(foreign.len(), 32);
        assert_eq!(foreign, w3c_trace("trace_xyz"));
        assert_ne!(w3c_trace(&"0".repeat(32)), "0".repeat(32));
    }

    #[test]
    fn the_traceparent_carries_the_trace() {
        let (event, trace) = (fresh(), fresh());
        let parent = traceparent(&trace, &event);
        assert_eq!(parent.len(), 55);
        assert_eq!(trace_of(&parent), Some(&*trace));
        assert_eq!(trace_of("nonsense"), None);
        let hyphens = Uuid::parse_str(&event).unwrap().hyphenated().to_string();
        for (id, span) in [(&*event, &event[16..]), (&hyphens, &event[16..]), ("order 7", &short("order 7"))]
        {
            assert_eq!(traceparent(&trace, id), format!("00-{trace}-{span}-01"));
        }
    }
}
