//! What an agent remembers: a view over the store.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::store::{Key, Records, Store, StoreError};

/// What an agent remembers from event to event, apart for each tenant.
#[derive(Clone)]
pub struct Memory {
    store: Arc<dyn Store>,
    prefix: Key,
}

impl Memory {
    pub(crate) fn new(store: Arc<dyn Store>, tenant: Option<&str>, agent: &str) -> Self {
        // A tenant is one segment with a mark, so that no tenant's name can be that of none.
        let tenant = tenant.map_or_else(|| "_".to_owned(), |tenant| format!("={tenant}"));
        Self { store, prefix: Key::from(["memory", &tenant, agent]) }
    }

    /// Remembers a value under a key, whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where the value cannot be written as JSON, [`StoreError::Unavailable`].
    pub async fn store<T: Serialize>(&self, key: &str, value: &T) -> Result<(), StoreError> {
        self.records().put(key, value).await.map(drop)
    }

    /// What is remembered under a key.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where it is no `T`, [`StoreError::Unavailable`].
    pub async fn retrieve<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        Ok(self.records().get(key).await?.map(|found| found.value))
    }

    /// Forgets; true where there was something.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        self.records::<()>().delete(key).await
    }

    /// The keys, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.records::<()>().names().await
    }

    fn records<T>(&self) -> Records<T> {
        Records::new(self.store.clone(), self.prefix.clone())
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({})", self.prefix)
    }
}
