//! What this process settled lately: should a consumer be made again a little before where it stood, none of it is
//! handled twice here.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    sync::{Mutex, PoisonError},
};

/// So many, and the oldest is forgotten.
const LATELY: usize = 8192;

/// Sequences, the last ones.
#[derive(Default)]
pub(super) struct Recent(Mutex<Sequences>);

#[derive(Default)]
struct Sequences {
    known: HashSet<u64, BuildHasherDefault<Spread>>,
    in_order: VecDeque<u64>,
}

impl Recent {
    pub(super) fn add(&self, sequence: u64) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.known.insert(sequence) {
            recent.in_order.push_back(sequence);
            if recent.in_order.len() > LATELY
                && let Some(oldest) = recent.in_order.pop_front()
            {
                recent.known.remove(&oldest);
            }
        }
    }

    pub(super) fn holds(&self, sequence: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.contains(&sequence)
    }

    /// Where the stream was made anew, its sequences begin again.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Sequences::default();
    }
}

/// Sequences count up, and nobody chooses them to meet: a multiplication spreads them.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_known_and_what_is_older_is_forgotten() {
        let recent = Recent::default();
        let last = 3 * LATELY as u64;
        for sequence in 0..last {
            recent.add(sequence);
            recent.add(sequence);
        }
        let first = last - LATELY as u64;
        assert!((first..last).all(|sequence| recent.holds(sequence)));
        assert!(!(0..first).any(|sequence| recent.holds(sequence)) && !recent.holds(last));
        recent.clear();
        assert!(!recent.holds(last - 1));
    }
}
