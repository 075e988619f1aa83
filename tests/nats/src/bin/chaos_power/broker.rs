//! Who is cut off: which brokers there are, where their files go, and how one is started on what a cut has left.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{bail, ensure};
use soorma_nats_tests::{NatsServer, NatsServerOptions};

use crate::shell;

const DATABASE: &str = "events.db";

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A server as it comes.
    Nats,
    /// A server that syncs before it answers.
    NatsAlways,
    /// A file that the programs share.
    Sqlite,
}

impl Kind {
    pub(crate) fn read(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "nats" => Self::Nats,
            "nats-always" => Self::NatsAlways,
            "sqlite" => Self::Sqlite,
            _ => bail!("no broker `{name}`; there are `nats`, `nats-always` and `sqlite`"),
        })
    }

    /// Whether an acknowledgement that was confirmed survives a cut.
    pub(crate) fn keeps_acknowledgements(self) -> bool {
        self == Self::Sqlite
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nats => "nats",
            Self::NatsAlways => "nats, `sync_interval: always`",
            Self::Sqlite => "sqlite",
        })
    }
}

/// One that runs on the disk.
#[derive(Debug)]
pub(crate) struct Broker {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Server(NatsServer),
    File(PathBuf),
}

impl Broker {
    /// A new one, which keeps everything in `path`.
    pub(crate) fn start(kind: Kind, path: &Path) -> anyhow::Result<Self> {
        let jetstream = match kind {
            Kind::Nats => String::new(),
            Kind::NatsAlways => "sync_interval: always".to_owned(),
            Kind::Sqlite => {
                ensure!(
                    shell::is_there("sqlite3"),
                    "whether a database is sound is what the program `sqlite3` says"
                );
                let file = path.join(DATABASE);
                return Ok(Self { url: format!("sqlite:{}", file.display()), place: Place::File(file) });
            }
        };
        let store = Some(path.join("jetstream"));
        let server =
            NatsServer::with(NatsServerOptions { store, jetstream, ..NatsServerOptions::default() })?;
        Ok(Self { url: server.url(), place: Place::Server(server) })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process of the server, where there is one.
    pub(crate) fn id(&self) -> Option<u32> {
        match &self.place {
            Place::Server(server) => server.id(),
            Place::File(_) => None,
        }
    }

    pub(crate) fn kill(&mut self) {
        if let Place::Server(server) = &mut self.place {
            server.kill();
        }
    }

    /// Starts it on what a cut has left. A file is looked at before that, in a copy below `folder`: whoever opens it
    /// mends it.
    pub(crate) fn run(&mut self, folder: &Path) -> anyhow::Result<()> {
        match &mut self.place {
            Place::Server(server) => server.run(),
            Place::File(file) => sound(file, folder),
        }
    }

    /// The log of a server would go with it.
    pub(crate) fn keep_log(&self, folder: &Path) {
        if let Place::Server(server) = &self.place {
            let _ = fs::copy(server.directory().join("server.log"), folder.join("server.log"));
        }
    }
}

/// Fails where the database is damaged.
fn sound(file: &Path, folder: &Path) -> anyhow::Result<()> {
    let copy = folder.join(DATABASE);
    // The third, `-shm`, is of those who had it open.
    for more in ["", "-wal"] {
        let with = |path: &Path| PathBuf::from(format!("{}{more}", path.display()));
        if with(file).exists() {
            fs::copy(with(file), with(&copy))?;
        } else if with(&copy).exists() {
            fs::remove_file(with(&copy))?;
        }
    }
    let said = shell::run("sqlite3", [copy.as_os_str(), "PRAGMA integrity_check".as_ref()])?;
    ensure!(said.trim() == "ok", "the database is damaged: {said}");
    Ok(())
}
