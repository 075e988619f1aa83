//! Who is cut off: which brokers there are, where their files go, and how one is started on what a cut has left.

use std::{fmt, path::Path};

use anyhow::bail;
use soorma_nats_tests::{NatsServer, NatsServerOptions};

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A server as it comes.
    Nats,
    /// A server that syncs before it answers.
    NatsAlways,
}

impl Kind {
    pub(crate) fn read(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "nats" => Self::Nats,
            "nats-always" => Self::NatsAlways,
            _ => bail!("no broker `{name}`; there are `nats` and `nats-always`"),
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nats => "nats",
            Self::NatsAlways => "nats, `sync_interval: always`",
        })
    }
}

/// One that runs on the disk.
#[derive(Debug)]
pub(crate) struct Broker {
    url: String,
    server: NatsServer,
}

impl Broker {
    /// A new one, which keeps everything in `path`.
    pub(crate) fn start(kind: Kind, path: &Path) -> anyhow::Result<Self> {
        let jetstream = match kind {
            Kind::Nats => String::new(),
            Kind::NatsAlways => "sync_interval: always".to_owned(),
        };
        let store = Some(path.join("jetstream"));
        let server =
            NatsServer::with(NatsServerOptions { store, jetstream, ..NatsServerOptions::default() })?;
        Ok(Self { url: server.url(), server })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process of the server.
    pub(crate) fn id(&self) -> Option<u32> {
        self.server.id()
    }

    pub(crate) fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it on what is there.
    pub(crate) fn run(&mut self) -> anyhow::Result<()> {
        self.server.run()
    }

    /// Its log would go with it.
    pub(crate) fn keep_log(&self, folder: &Path) {
        let _ = std::fs::copy(self.server.directory().join("server.log"), folder.join("server.log"));
    }
}
