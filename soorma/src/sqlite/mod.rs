//! What the broker and the store of `sqlite:` share: the file, its clock, its one writer, its reader, and the news of
//! what other processes have written.
//!
//! Knows nothing of events or of what is kept; each of the two owns its tables' rows.

mod attempt;
mod change;
mod clock;
mod database;
mod error;
#[cfg(target_os = "linux")]
mod inotify;
mod news;
mod options;
mod place;
mod reader;
mod schema;
#[cfg(test)]
pub(crate) mod scratch;
#[cfg(test)]
mod tests;
mod turn;
mod writer;

pub(crate) use self::{
    change::Change,
    clock::{FileClock, millis},
    database::Database,
    error::FileError,
    options::SqliteOptions,
};
