//! Which `(source, id)` were published lately. Owns the memory of a topic's fingerprints; must not know events
//! beyond those two fields.
//!
//! Two generations of fingerprints: the older is dropped whole when the younger is full or a window old. An id is
//! therefore recognised for a whole window and among the last `events` ids at least, and for twice that at most.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState},
    mem,
    time::{Duration, Instant},
};

use soorma_common::EventEnvelope;

use super::queue::after;

/// What stands for `(source, id)`: 128 bits under random keys, so that nobody can make two of them meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint(u64, u64);

/// The keys of the fingerprints. Apart from [`Dedup`], so that hashing needs no lock.
#[derive(Debug, Default)]
pub(super) struct Fingerprints(RandomState);

impl Fingerprints {
    /// Twice the end of one pass: as in SipHash's own form of 128 bits, both halves come from the hasher's state, which has 256.
    pub(super) fn of(&self, event: &EventEnvelope) -> Fingerprint {
        let mut hasher = self.0.build_hasher();
        hasher.write(event.source.as_bytes());
        // No text has this byte.
        hasher.write_u8(0xff);
        hasher.write(event.id.as_bytes());
        let half = hasher.finish();
        hasher.write_u8(0xdd);
        Fingerprint(half, hasher.finish())
    }
}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// A fingerprint is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Generation = HashMap<Fingerprint, u64, BuildHasherDefault<AsItIs>>;

pub(super) struct Dedup {
    young: Generation,
    old: Generation,
    /// When the young generation will be a window old.
    until: Instant,
    window: Duration,
    events: usize,
}

impl Dedup {
    pub(super) fn new(window: Duration, events: usize, now: Instant) -> Self {
        Self {
            young: Generation::default(),
            old: Generation::default(),
            until: after(now, window),
            window,
            events,
        }
    }

    /// The sequence under which it was stored, if it was.
    pub(super) fn find(&mut self, fingerprint: Fingerprint, now: Instant) -> Option<u64> {
        self.rotate(now);
        self.young.get(&fingerprint).or_else(|| self.old.get(&fingerprint)).copied()
    }

    /// Remembers one that [`find`](Self::find) has just not found.
    pub(super) fn remember(&mut self, fingerprint: Fingerprint, sequence: u64) {
        self.young.insert(fingerprint, sequence);
    }

    fn rotate(&mut self, now: Instant) {
        if now < self.until && self.young.len() < self.events {
            return;
        }
        // Nothing was added to the young generation once it was a window old.
        if now >= after(self.until, self.window) {
            self.young.clear();
        }
        let mut spent = mem::take(&mut self.old);
        spent.clear();
        spent.shrink_to(self.young.len());
        self.old = mem::replace(&mut self.young, spent);
        self.until = after(now, self.window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ids_are_known_whatever_their_number_and_older_ones_forgotten() {
        let now = Instant::now();
        let mut dedup = Dedup::new(Duration::from_secs(1), 100, now);
        let key = |n: u64| Fingerprint(n.wrapping_mul(0x9e37_79b9_7f4a_7c15), n);
        for n in 0..1_000 {
            assert_eq!(dedup.find(key(n), now), None);
            dedup.remember(key(n), n);
            for known in n.saturating_sub(99)..=n {
                assert_eq!(dedup.find(key(known), now), Some(known), "{known} after {n}");
            }
            assert!(dedup.young.len() + dedup.old.len() <= 200);
        }
        assert_eq!(dedup.find(key(700), now), None);
    }

    #[test]
    fn an_id_is_known_for_the_whole_window_and_not_for_ever() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut dedup = Dedup::new(Duration::from_secs(1), 100, start);
        for (n, ms) in [(1, 0), (2, 500), (3, 999), (4, 1_400)] {
            assert_eq!(dedup.find(Fingerprint(n, n), at(ms)), None);
            dedup.remember(Fingerprint(n, n), n);
        }
        assert_eq!(dedup.find(Fingerprint(3, 3), at(1_999)), Some(3));
        assert_eq!(dedup.find(Fingerprint(4, 4), at(2_400)), Some(4));
        assert_eq!(dedup.find(Fingerprint(3, 3), at(2_400)), None);
        dedup.remember(Fingerprint(5, 5), 5);
        assert_eq!(dedup.find(Fingerprint(5, 5), at(9_000)), None);
    }
}
