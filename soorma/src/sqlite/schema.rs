//! The tables of a file: made when it is new, brought up to date when it is older, refused when it is somebody else's or
//! newer.

use rusqlite::Connection;

/// What brings a file from one version to the next, from an empty one on. A version that was published is never
/// changed: what comes later is one more.
const VERSIONS: &[&str] =
    &[concat!(include_str!("schema.sql"), include_str!("broker.sql"), include_str!("views.sql"))];

/// `soor`: what `file` and others tell a file of ours by.
const APPLICATION_ID: i64 = 0x736f_6f72;

/// Why this file cannot be used, from what stands in it. Writes nothing.
pub(super) fn refusal(file: &Connection) -> rusqlite::Result<Option<String>> {
    let application_id: i64 = file.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application_id != APPLICATION_ID && (application_id != 0 || tables > 0) {
        return Ok(Some("it is a database of another program; name a file of its own for soorma".to_owned()));
    }
    let (version, known) = (version(file)?, VERSIONS.len());
    let newer = (version > known).then(|| {
        format!(
            "it was written by a newer version of soorma (its tables are version {version}, and this one knows {known})"
        )
    });
    Ok(newer)
}

/// Inside a transaction that may write, of a file that is not refused.
pub(super) fn bring_up_to_date(file: &Connection) -> rusqlite::Result<()> {
    for (version, change) in (1..).zip(VERSIONS).skip(version(file)?) {
        file.pragma_update(None, "application_id", APPLICATION_ID)?;
        file.execute_batch(change)?;
        file.pragma_update(None, "user_version", version)?;
    }
    Ok(())
}

fn version(file: &Connection) -> rusqlite::Result<usize> {
    let version: u32 = file.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(version as usize)
}
