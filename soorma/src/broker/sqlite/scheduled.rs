//! What was published with a delay, until it is due: then it goes to the end of the log, with a sequence of its own. A
//! power cut may put it back, unless anything was synced after it; then it is due still.

use rusqlite::types::Value;

use super::{
    log,
    publish::{append, route},
    shared::Shared,
};
use crate::sqlite::{Change, FileError};

/// So many go in one change.
const TOGETHER: usize = 500;

/// What is due: the number under which it is scheduled, topic, event type, address, key, and the event.
type Due = (i64, String, String, String, Option<String>, Value);

impl Shared {
    /// Whoever comes first moves what is due. Gives when the next one is.
    pub(super) async fn release_due(&self) -> Result<i64, FileError> {
        self.database.write_light(release).await
    }
}

fn release(change: &Change<'_>) -> rusqlite::Result<i64> {
    let file = change.file;
    let due: Vec<Due> = file
        .prepare_cached(
            "SELECT sequence, topic, type, address, key, envelope FROM later WHERE due <= ?1
             ORDER BY due, sequence LIMIT ?2",
        )?
        .query_map((change.now, TOGETHER as i64), |row| {
            let envelope = log::value(row.get_ref(5)?.as_bytes()?);
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, envelope))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (sequence, topic, event_type, address, key, envelope) in due {
        let route = route(change, &topic, &event_type, &address)?;
        append(change, log::next(change, None)?, route, key.as_deref(), envelope)?;
        file.prepare_cached("DELETE FROM later WHERE sequence = ?1")?.execute([sequence])?;
    }
    let next: Option<i64> =
        file.prepare_cached("SELECT min(due) FROM later")?.query_row([], |row| row.get(0))?;
    Ok(next.unwrap_or(i64::MAX))
}
