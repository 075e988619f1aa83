//! What this process settled lately: should a consumer be made again a little before where it stood, none of it is
//! handled twice here.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

/// So many, and the oldest is forgotten.
const LATELY: usize = 8192;

/// Sequences, the last ones.
#[derive(Default)]
pub(super) struct Recent(Mutex<Sequences>);

#[derive(Default)]
struct Sequences {
    known: HashSet<u64>,
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
