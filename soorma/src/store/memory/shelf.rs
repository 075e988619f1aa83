//! The entries, what runs out when, and what each watcher has not seen yet. Owns the data; must not know how
//! anybody waits. Everything here runs under the store's lock.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use tokio::sync::Notify;

use super::ends::Ends;
use crate::{
    sorted::Sorted,
    store::{Change, Entry, Key},
};

/// What must be true for a write to happen.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    None,
    Absent,
    Revision(u64),
}

#[derive(Default)]
pub(super) struct Shelf {
    entries: BTreeMap<Key, Entry>,
    ends: Ends,
    revision: u64,
    watchers: Sorted<u64, Watcher>,
    last_watcher: u64,
}

/// What a watcher has not seen yet: the newest state of each key, in the order in which the keys changed first.
struct Watcher {
    prefix: Key,
    keys: VecDeque<Key>,
    states: HashMap<Key, Option<Entry>>,
    told: Arc<Notify>,
}

impl Shelf {
    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        self.entries.get(key).cloned()
    }

    /// Writes and gives the revision; `None` where the condition does not hold.
    pub(super) fn write(
        &mut self,
        key: &Key,
        condition: Condition,
        mut value: Vec<u8>,
        ends: Option<Instant>,
    ) -> Option<u64> {
        let newest = self.entries.get(key).map(|entry| entry.revision);
        let holds = match condition {
            Condition::None => true,
            Condition::Absent => newest.is_none(),
            Condition::Revision(revision) => newest == Some(revision),
        };
        if !holds {
            return None;
        }
        // Encoders leave room behind a small value, and it stays here for long.
        value.shrink_to_fit();
        self.revision += 1;
        if let Some(ends) = ends {
            self.ends.add((ends, self.revision, key.clone()));
        }
        let entry = Entry { value, revision: self.revision };
        // This also makes those who wait set their timer anew, should this be the first to end.
        self.tell(key, Some(&entry));
        self.entries.insert(key.clone(), entry);
        self.tidy();
        Some(self.revision)
    }

    /// True where there was something.
    pub(super) fn delete(&mut self, key: &Key) -> bool {
        let was_there = self.entries.remove(key).is_some();
        if was_there {
            self.tell(key, None);
            self.tidy();
        }
        was_there
    }

    pub(super) fn list(&self, prefix: &Key) -> Vec<Key> {
        self.shelved(prefix).map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn below(&self, prefix: &Key) -> Vec<(Key, Entry)> {
        self.shelved(prefix).map(|(key, entry)| (key.clone(), entry.clone())).collect()
    }

    fn shelved(&self, prefix: &Key) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.range(prefix..).take_while(|(key, _)| key.starts_with(prefix))
    }

    /// Removes what has run out.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((.., key)) = self.ends.pop(now) {
            self.entries.remove(&key);
            self.tell(&key, None);
            self.tidy();
        }
    }

    /// When the next entry runs out.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.ends.first()
    }

    /// Adds a watcher: its number, and what tells it to look.
    pub(super) fn watch(&mut self, prefix: &Key) -> (u64, Arc<Notify>) {
        self.last_watcher += 1;
        let told = Arc::<Notify>::default();
        let (keys, states) = Default::default();
        let watcher = Watcher { prefix: prefix.clone(), keys, states, told: told.clone() };
        self.watchers.insert(self.last_watcher, watcher);
        (self.last_watcher, told)
    }

    pub(super) fn unwatch(&mut self, watcher: u64) {
        self.watchers.remove(&watcher);
    }

    #[cfg(test)]
    pub(super) fn ends(&self) -> usize {
        self.ends.len()
    }

    #[cfg(test)]
    pub(super) fn is_unwatched(&self) -> bool {
        self.watchers.len() == 0
    }

    /// What a watcher has not seen yet.
    pub(super) fn next_change(&mut self, watcher: u64) -> Option<Change> {
        let watcher = self.watchers.get_mut(&watcher)?;
        let key = watcher.keys.pop_front()?;
        let entry = watcher.states.remove(&key).flatten();
        Some(Change { key, entry })
    }

    /// The end of what was written again, or removed, ends nothing: the first one always counts.
    fn tidy(&mut self) {
        let entries = &self.entries;
        self.ends.tidy(entries.len(), |(_, revision, key)| {
            entries.get(key).is_some_and(|entry| entry.revision == *revision)
        });
    }

    fn tell(&mut self, key: &Key, entry: Option<&Entry>) {
        for watcher in self.watchers.values_mut().filter(|watcher| key.starts_with(&watcher.prefix)) {
            if watcher.states.insert(key.clone(), entry.cloned()).is_none() {
                watcher.keys.push_back(key.clone());
                watcher.told.notify_one();
            }
        }
    }
}
