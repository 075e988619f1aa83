//! A typed view over a store: JSON values of one type below one prefix.

use std::{any::type_name, marker::PhantomData, sync::Arc, time::Duration};

use serde::{
    Serialize,
    de::{DeserializeOwned, Error as _},
};

use super::{Entry, Key, Store, StoreError};

/// Values of one type, kept as JSON below one prefix of a [`Store`].
pub struct Records<T> {
    shelf: Shelf,
    of: PhantomData<fn() -> T>,
}

/// What does not depend on the type of the values, and so is compiled once.
#[derive(Clone)]
struct Shelf {
    store: Arc<dyn Store>,
    prefix: Key,
    ttl: Option<Duration>,
}

impl<T> Clone for Records<T> {
    fn clone(&self) -> Self {
        Self { shelf: self.shelf.clone(), of: PhantomData }
    }
}

/// A value and the revision at which it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// What [`Records::compare_and_set`] compares.
    pub revision: u64,
}

/// What [`Records::update`] shall do with what it read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update<T, R> {
    /// Write this, and give that.
    Write(T, R),
    /// Leave it, and give that.
    Keep(R),
}

impl<T> Records<T> {
    /// The records below `prefix`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, prefix: Key) -> Self {
        Self { shelf: Shelf { store, prefix, ttl: None }, of: PhantomData }
    }

    /// The same, but every write is gone after `ttl`.
    #[must_use]
    pub fn expiring(self, ttl: Duration) -> Self {
        Self { shelf: Shelf { ttl: Some(ttl), ..self.shelf }, of: PhantomData }
    }

    /// Removes; true where there was something.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        self.shelf.delete(name).await
    }

    /// The names, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn names(&self) -> Result<Vec<String>, StoreError> {
        self.shelf.names().await
    }
}

impl<T: DeserializeOwned> Records<T> {
    /// The value of that name.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where something else is stored there, [`StoreError::Unavailable`].
    pub async fn get(&self, name: &str) -> Result<Option<Versioned<T>>, StoreError> {
        let Some(entry) = self.shelf.get(name).await? else { return Ok(None) };
        match decode(&entry.value) {
            Ok(value) => Ok(Some(Versioned { value, revision: entry.revision })),
            Err(source) => Err(self.shape(name, source)),
        }
    }
}

impl<T: Serialize> Records<T> {
    /// Writes, whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where the value cannot be written as JSON, [`StoreError::Unavailable`].
    pub async fn put(&self, name: &str, value: &T) -> Result<u64, StoreError> {
        self.shelf.put(name, self.encode(name, value)?).await
    }

    /// Writes where nothing is; false where something is.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where the value cannot be written as JSON, [`StoreError::Unavailable`].
    pub async fn create(&self, name: &str, value: &T) -> Result<bool, StoreError> {
        self.shelf.write(name, None, self.encode(name, value)?).await
    }

    /// The same, and gives the revision; [`StoreError::Conflict`] where something is.
    pub(crate) async fn create_at(&self, name: &str, value: &T) -> Result<u64, StoreError> {
        self.shelf.write_at(name, None, self.encode(name, value)?).await
    }

    /// Writes where the newest write is still `revision`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it is not, [`StoreError::Shape`], [`StoreError::Unavailable`].
    pub async fn compare_and_set(&self, name: &str, revision: u64, value: &T) -> Result<u64, StoreError> {
        self.shelf.write_at(name, Some(revision), self.encode(name, value)?).await
    }

    fn encode(&self, name: &str, value: &T) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(value).map_err(|source| self.shape(name, source))
    }
}

impl<T> Records<T> {
    fn shape(&self, name: &str, source: serde_json::Error) -> StoreError {
        StoreError::Shape { key: self.shelf.prefix.join(name), expected: type_name::<T>(), source }
    }
}

impl Shelf {
    async fn get(&self, name: &str) -> Result<Option<Entry>, StoreError> {
        self.store.get(&self.prefix.join(name)).await
    }

    async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        self.store.delete(&self.prefix.join(name)).await
    }

    async fn names(&self) -> Result<Vec<String>, StoreError> {
        let keys = self.store.list(&self.prefix).await?;
        Ok(keys.iter().map(|key| key.name().into_owned()).collect())
    }

    async fn put(&self, name: &str, value: Vec<u8>) -> Result<u64, StoreError> {
        self.store.put(&self.prefix.join(name), value, self.ttl).await
    }

    /// Writes where `revision` is the newest, or nothing where there is to be none.
    async fn write_at(&self, name: &str, revision: Option<u64>, value: Vec<u8>) -> Result<u64, StoreError> {
        let key = self.prefix.join(name);
        match revision {
            Some(revision) => self.store.compare_and_set(&key, revision, value, self.ttl).await,
            None => self.store.create(&key, value, self.ttl).await,
        }
    }

    /// The same; false where it is not.
    async fn write(&self, name: &str, revision: Option<u64>, value: Vec<u8>) -> Result<bool, StoreError> {
        match self.write_at(name, revision, value).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Reads what is stored. As a text, like everything else that is read: so the reader of a type is compiled once.
pub(crate) fn decode<T: DeserializeOwned>(stored: &[u8]) -> serde_json::Result<T> {
    serde_json::from_str(std::str::from_utf8(stored).map_err(serde_json::Error::custom)?)
}

impl<T: Serialize + DeserializeOwned> Records<T> {
    /// Reads, lets `change` decide, and writes by compare-and-set; again from the start where somebody else wrote
    /// in between, so `change` may run more than once.
    ///
    /// Cancel safe: either written or not.
    ///
    /// # Errors
    /// [`StoreError::Shape`], [`StoreError::Unavailable`].
    pub async fn update<R>(
        &self,
        name: &str,
        mut change: impl FnMut(Option<T>) -> Update<T, R>,
    ) -> Result<R, StoreError> {
        loop {
            let (value, revision) = match self.get(name).await? {
                Some(found) => (Some(found.value), Some(found.revision)),
                None => (None, None),
            };
            let (value, given) = match change(value) {
                Update::Write(value, given) => (value, given),
                Update::Keep(given) => return Ok(given),
            };
            if self.shelf.write(name, revision, self.encode(name, &value)?).await? {
                return Ok(given);
            }
        }
    }
}
