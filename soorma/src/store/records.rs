//! A typed view over a store: JSON values of one type below one prefix.

use std::{any::type_name, marker::PhantomData, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{Key, Store, StoreError};

/// Values of one type, kept as JSON below one prefix of a [`Store`].
pub struct Records<T> {
    store: Arc<dyn Store>,
    prefix: Key,
    ttl: Option<Duration>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Records<T> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), prefix: self.prefix.clone(), ttl: self.ttl, of: PhantomData }
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
        Self { store, prefix, ttl: None, of: PhantomData }
    }

    /// The same, but every write is gone after `ttl`.
    #[must_use]
    pub fn expiring(self, ttl: Duration) -> Self {
        Self { ttl: Some(ttl), ..self }
    }

    /// Removes; true where there was something.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        self.store.delete(&self.prefix.join(name)).await
    }

    /// The names, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn names(&self) -> Result<Vec<String>, StoreError> {
        let keys = self.store.list(&self.prefix).await?;
        Ok(keys.iter().map(|key| key.name().into_owned()).collect())
    }
}

impl<T: DeserializeOwned> Records<T> {
    /// The value of that name.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where something else is stored there, [`StoreError::Unavailable`].
    pub async fn get(&self, name: &str) -> Result<Option<Versioned<T>>, StoreError> {
        let key = self.prefix.join(name);
        let Some(entry) = self.store.get(&key).await? else { return Ok(None) };
        match serde_json::from_slice(&entry.value) {
            Ok(value) => Ok(Some(Versioned { value, revision: entry.revision })),
            Err(source) => Err(StoreError::Shape { key, expected: type_name::<T>(), source }),
        }
    }
}

impl<T: Serialize> Records<T> {
    /// Writes, whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where the value cannot be written as JSON, [`StoreError::Unavailable`].
    pub async fn put(&self, name: &str, value: &T) -> Result<u64, StoreError> {
        let key = self.prefix.join(name);
        let bytes = Self::encode(&key, value)?;
        self.store.put(&key, bytes, self.ttl).await
    }

    /// Writes where nothing is; false where something is.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where the value cannot be written as JSON, [`StoreError::Unavailable`].
    pub async fn create(&self, name: &str, value: &T) -> Result<bool, StoreError> {
        match self.create_at(name, value).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The same, and gives the revision; [`StoreError::Conflict`] where something is.
    pub(crate) async fn create_at(&self, name: &str, value: &T) -> Result<u64, StoreError> {
        let key = self.prefix.join(name);
        let bytes = Self::encode(&key, value)?;
        self.store.create(&key, bytes, self.ttl).await
    }

    /// Writes where the newest write is still `revision`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it is not, [`StoreError::Shape`], [`StoreError::Unavailable`].
    pub async fn compare_and_set(&self, name: &str, revision: u64, value: &T) -> Result<u64, StoreError> {
        let key = self.prefix.join(name);
        let bytes = Self::encode(&key, value)?;
        self.store.compare_and_set(&key, revision, bytes, self.ttl).await
    }

    fn encode(key: &Key, value: &T) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(value).map_err(|source| StoreError::Shape {
            key: key.clone(),
            expected: type_name::<T>(),
            source,
        })
    }
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
            let written = match revision {
                Some(revision) => match self.compare_and_set(name, revision, &value).await {
                    Ok(_) => true,
                    Err(StoreError::Conflict(_)) => false,
                    Err(error) => return Err(error),
                },
                None => self.create(name, &value).await?,
            };
            if written {
                return Ok(given);
            }
        }
    }
}
