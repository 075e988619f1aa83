//! The dead letters. Owns them until they are replayed or purged: nothing is dropped, so what bounds them is
//! whoever looks after them. Must not know how an event came to be one.

use std::collections::HashMap;

use super::shared::Shared;
use crate::{
    BoxFuture,
    broker::{BrokerError, DeadLetter, DeadLetters},
    sorted::Sorted,
};

/// More than that, and somebody should look after them.
const MANY: usize = 10_000;

#[derive(Default)]
pub(super) struct Letters {
    by_age: Sorted<u64, Box<DeadLetter>>,
    ages: HashMap<String, u64>,
    last: u64,
    warned: bool,
}

impl Letters {
    /// Keeps a letter; one of the same id, in its place.
    pub(super) fn add(&mut self, letter: DeadLetter) {
        let age = *self.ages.entry(letter.id()).or_insert_with(|| {
            self.last += 1;
            self.last
        });
        self.by_age.insert(age, Box::new(letter));
        if self.by_age.len() > MANY && !self.warned {
            self.warned = true;
            tracing::warn!("more than {MANY} dead letters are kept in memory; replay or purge them");
        }
    }

    fn get(&self, id: &str) -> Option<&DeadLetter> {
        self.by_age.get(self.ages.get(id)?).map(|letter| &**letter)
    }

    /// False where there is none of this id.
    fn remove(&mut self, id: &str) -> bool {
        let Some(age) = self.ages.remove(id) else { return false };
        let was_there = self.by_age.remove(&age).is_some();
        self.warned &= self.by_age.len() > MANY;
        was_there
    }
}

impl Shared {
    fn replay(&self, id: &str) -> Result<bool, BrokerError> {
        self.check_open()?;
        let Some(topic) = self.letters().get(id).map(|letter| letter.subscription.topic) else {
            return Ok(false);
        };
        let mut topic = self.topic(topic);
        let mut letters = self.letters();
        let Some(letter) = letters.get(id) else { return Ok(false) };
        // All that is published here is an event, so all that fails is one.
        let again =
            letter.body.event().is_some_and(|event| topic.store_again(event.clone(), &letter.subscription));
        if !again {
            return Err(BrokerError::Refused(format!("`{}` does not exist", letter.subscription)));
        }
        letters.remove(id);
        Ok(true)
    }
}

impl DeadLetters for Shared {
    fn list(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, BrokerError>> {
        Box::pin(async move {
            self.check_open()?;
            Ok(self.letters().by_age.values().take(limit).map(|letter| (**letter).clone()).collect())
        })
    }

    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move { self.replay(id) })
    }

    fn purge<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(async move {
            self.check_open()?;
            Ok(self.letters().remove(id))
        })
    }
}
