//! The tables of a file: made when it is new, brought up to date when it is older, refused when it is somebody else's or
//! newer.

use rusqlite::Connection;

/// What brings a file from one version to the next, from an empty one on. A version that was published is never
/// changed: what comes later is one more.
const VERSIONS: &[&str] = &[include_str!("schema.sql")];

/// `soor`: what `file` and others tell a file of ours by.
const APPLICATION_ID: i64 = 0x736f_6f72;

/// Inside a transaction that may write. The inner result is why this file cannot be used.
pub(super) fn bring_up_to_date(file: &Connection) -> rusqlite::Result<Result<(), String>> {
    let application_id: i64 = file.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: u32 = file.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application_id != APPLICATION_ID {
        let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if application_id != 0 || tables > 0 {
            return Ok(Err(
                "it is a database of another program; name a file of its own for soorma".to_owned()
            ));
        }
        file.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    let known = VERSIONS.len();
    let version = version as usize;
    if version > known {
        return Ok(Err(format!(
            "it was written by a newer version of soorma (its tables are version {version}, and this one knows {known})"
        )));
    }
    for (version, change) in (1..).zip(VERSIONS).skip(version) {
        file.execute_batch(change)?;
        file.pragma_update(None, "user_version", version)?;
    }
    Ok(Ok(()))
}
