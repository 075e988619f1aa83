//! What this process settled lately: should a consumer be made again a little before where it stood, none of it is
//! handled twice here.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// So many blocks are known; the one that was begun first is forgotten.
const LATELY: usize = 8192;

/// So many sequences in a row are one block, a bit each: what is settled in a row is noted in one place, which is at hand, and not
/// all over a large table.
const BLOCK: u64 = u64::BITS as u64;

/// Sequences, the last ones.
#[derive(Default)]
pub(super) struct Recent(Mutex<Blocks>);

#[derive(Default)]
struct Blocks {
    known: HashMap<u64, u64, BuildHasherDefault<Spread>>,
    in_order: VecDeque<u64>,
}

impl Recent {
    pub(super) fn add(&self, sequence: u64) {
        let (block, bit) = place(sequence);
        let Blocks { known, in_order } = &mut *self.lock();
        match known.entry(block) {
            Entry::Occupied(mut bits) => *bits.get_mut() |= bit,
            Entry::Vacant(place) => {
                place.insert(bit);
                in_order.push_back(block);
                if in_order.len() > LATELY
                    && let Some(oldest) = in_order.pop_front()
                {
                    known.remove(&oldest);
                }
            }
        }
    }

    pub(super) fn holds(&self, sequence: u64) -> bool {
        let (block, bit) = place(sequence);
        self.lock().known.get(&block).is_some_and(|bits| bits & bit != 0)
    }

    /// Where the stream was made anew, its sequences begin again.
    pub(super) fn clear(&self) {
        *self.lock() = Blocks::default();
    }

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its block, and its bit there.
fn place(sequence: u64) -> (u64, u64) {
    (sequence / BLOCK, 1 << (sequence % BLOCK))
}

/// Blocks count up, and nobody chooses them to meet: a multiplication spreads them.
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
    fn the_last_blocks_are_known_and_what_is_older_is_forgotten() {
        let recent = Recent::default();
        let last = 3 * LATELY as u64;
        // One of each block, twice.
        for block in 0..last {
            recent.add(block * BLOCK + block % BLOCK);
            recent.add(block * BLOCK + block % BLOCK);
        }
        let first = last - LATELY as u64;
        for block in 0..last {
            let known: Vec<u64> = (0..BLOCK).filter(|place| recent.holds(block * BLOCK + place)).collect();
            let added = if block < first { vec![] } else { vec![block % BLOCK] };
            assert_eq!(known, added, "{block}");
        }
        assert!(!recent.holds(last * BLOCK));
        recent.add((last - 1) * BLOCK);
        let beside = (last - 1) * BLOCK + (last - 1) % BLOCK;
        assert!(recent.holds((last - 1) * BLOCK) && recent.holds(beside));
        assert!(recent.holds(first * BLOCK + first % BLOCK), "nothing is forgotten for one more in a block");
        recent.clear();
        assert!(!recent.holds((last - 1) * BLOCK));
    }
}
