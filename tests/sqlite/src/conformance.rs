//! `sqlite:` as a target of the conformance suite: a file for each space, and a handle of its own for each process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use soorma::{BoxFuture, Clock, EventTopic};
use soorma_conformance::{Connection, Foreign, Space, Target, Wishes};

use crate::Place;

/// `sqlite:`, the broker in a file.
#[derive(Default)]
pub struct SqliteTarget {
    files: Mutex<HashMap<String, Arc<Place>>>,
}

impl SqliteTarget {
    /// No space has been used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn file(&self, space: &Space) -> anyhow::Result<Arc<Place>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = files.get(&space.name) {
            return Ok(known.clone());
        }
        let file = Arc::new(Place::new(&space.name)?);
        files.insert(space.name.clone(), file.clone());
        Ok(file)
    }

    async fn connection(&self, space: &Space) -> anyhow::Result<Connection> {
        let mut url = self.file(space)?.url();
        let mut sign = '?';
        for (parameter, wish) in [("retention", space.retention), ("dedup", space.dedup_window)] {
            if let Some(time) = wish {
                url.push_str(&format!("{sign}{parameter}={}ms", time.as_millis()));
                sign = '&';
            }
        }
        let (broker, store) = soorma::connect::both(&url, &Clock::system()).await?;
        Ok(Connection { broker, store, owned: true })
    }
}

impl Target for SqliteTarget {
    fn name(&self) -> String {
        "sqlite:".to_owned()
    }

    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>> {
        Box::pin(self.connection(space))
    }

    /// The size of a file is in bytes, and not in events.
    fn grants(&self) -> Wishes {
        Wishes { capacity: false, ..Wishes::ALL }
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        Some(self)
    }

    fn forget<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, ()> {
        Box::pin(async {
            self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(&space.name);
        })
    }
}

impl Foreign for SqliteTarget {
    fn put<'a>(
        &'a self,
        space: &'a Space,
        topic: EventTopic,
        event_type: &'a str,
        bytes: &'a [u8],
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let path = self.file(space)?.file();
            let (event_type, bytes) = (event_type.to_owned(), bytes.to_vec());
            tokio::task::spawn_blocking(move || insert(&path, topic, &event_type, &bytes)).await?
        })
    }
}

/// Somebody with a plain client.
fn insert(path: &std::path::Path, topic: EventTopic, event_type: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let file = rusqlite::Connection::open(path).context("opening the file")?;
    file.busy_timeout(std::time::Duration::from_secs(10))?;
    file.execute_batch("BEGIN IMMEDIATE")?;
    let place = (topic.as_str(), event_type);
    file.execute("INSERT OR IGNORE INTO routes (topic, type, address) VALUES (?1, ?2, '_')", place)?;
    file.execute(
        "INSERT INTO log (route, at, envelope)
         SELECT id, coalesce((SELECT max(at) FROM log), 0), ?3 FROM routes
         WHERE topic = ?1 AND type = ?2 AND address = '_'",
        (topic.as_str(), event_type, bytes),
    )?;
    file.execute_batch("COMMIT")?;
    Ok(())
}
