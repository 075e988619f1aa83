//! What one program writes down, each line at once and by one call: it outlives the program, and lies where no cut reaches.

use std::{fs::File, io::Write, path::Path};

/// The file of one program in one round.
#[derive(Debug)]
pub(crate) struct Notes(File);

/// What was seen, as the first word of a line. An event type and the id of an event follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The broker has said that it is stored.
    Confirmed,
    /// A handler has come to its end with it.
    Handled,
    /// The broker has said that it is settled.
    Acknowledged,
}

/// An agent that hears everything from now on says so by this line.
pub(crate) const READY: &str = "ready";

impl Notes {
    pub(crate) fn open(file: &Path) -> std::io::Result<Self> {
        File::options().create(true).append(true).open(file).map(Self)
    }

    pub(crate) fn ready(&self) -> std::io::Result<()> {
        (&self.0).write_all(format!("{READY}\n").as_bytes())
    }

    pub(crate) fn note(&self, what: Seen, event_type: &str, id: &str) -> std::io::Result<()> {
        (&self.0).write_all(format!("{} {event_type} {id}\n", what.word()).as_bytes())
    }
}

impl Seen {
    const ALL: [Self; 3] = [Self::Confirmed, Self::Handled, Self::Acknowledged];

    fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Handled => "handled",
            Self::Acknowledged => "acknowledged",
        }
    }

    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|seen| seen.word() == word)
    }
}
