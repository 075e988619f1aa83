//! What the agents meet on: which brokers there are, and what is asked of each without the framework.

use std::{fmt, fs, path::Path, time::Duration};

use anyhow::{bail, ensure};
use soorma_nats_tests::NatsServer;

use crate::{
    deliveries::{Deliveries, Repeated},
    file::{Count, File},
    options::Options,
    plain::Plain,
};

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A server.
    Nats,
    /// A file that the processes share.
    Sqlite,
}

impl Kind {
    pub(crate) fn read(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "nats" => Self::Nats,
            "sqlite" => Self::Sqlite,
            _ => bail!("no broker `{name}`; there are `nats` and `sqlite`"),
        })
    }

    /// The agents of each worker: one a process; on a file four processes that all do the same, so that each event may
    /// go to any of them.
    pub(crate) fn workers(self) -> &'static [&'static [&'static str]] {
        const ALL: &[&str] = &["orders", "payments", "inventory", "audit"];
        match self {
            Self::Nats => {
                &[&["orders"], &["payments"], &["inventory"], &["inventory"], &["inventory"], &["audit"]]
            }
            Self::Sqlite => &[ALL, ALL, ALL, ALL],
        }
    }
}

/// An event as it is stored.
pub(crate) struct Stored<'a> {
    /// The number of the stream that it lies in, and where.
    pub(crate) at: (usize, u64),
    /// When it was stored, in seconds since 1970.
    pub(crate) stored: f64,
    pub(crate) envelope: &'a [u8],
}

/// One that runs.
pub(crate) struct Broker {
    url: String,
    place: Place,
}

enum Place {
    Server(Box<Served>),
    File(File),
}

struct Served {
    server: NatsServer,
    plain: Plain,
    deliveries: Deliveries,
}

impl Broker {
    /// A new one. `provision` makes every durable.
    pub(crate) async fn start(
        options: &Options,
        provision: impl FnOnce(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        if options.broker == Kind::Sqlite {
            ensure!(options.server_kills == 0, "`--server-kills`: behind a file there is no server");
            let (file, url) = File::new(&options.logs, &options.parameters)?;
            provision(&url)?;
            return Ok(Self { url, place: Place::File(file) });
        }
        let server = NatsServer::start()?;
        let url = server.url_with(&options.parameters);
        provision(&url)?;
        let plain = Plain::connect(&server.url()).await?;
        plain.sample_every_delivery().await?;
        let deliveries = Deliveries::listen(&plain).await?;
        Ok(Self { url, place: Place::Server(Box::new(Served { server, plain, deliveries })) })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process of the server, where there is one.
    pub(crate) fn id(&self) -> Option<u32> {
        match &self.place {
            Place::Server(served) => served.server.id(),
            Place::File(_) => None,
        }
    }

    /// Kills the server, and starts it again so much later.
    pub(crate) async fn kill(&mut self, later: Duration) -> anyhow::Result<()> {
        if let Place::Server(served) = &mut self.place {
            served.server.kill();
            tokio::time::sleep(later).await;
            served.server.run()?;
        }
        Ok(())
    }

    /// How many outcomes are stored, those that are stored twice included.
    pub(crate) async fn outcomes(&mut self) -> anyhow::Result<usize> {
        match &mut self.place {
            Place::Server(served) => served.plain.outcomes().await,
            Place::File(file) => file.outcomes(),
        }
    }

    /// What is left to do for the agents that are started here.
    pub(crate) async fn backlog(&self) -> anyhow::Result<Vec<String>> {
        match &self.place {
            Place::Server(served) => served.plain.backlog().await,
            Place::File(file) => file.backlog(),
        }
    }

    /// Reads every event.
    pub(crate) async fn events(
        &self,
        read: impl FnMut(Stored<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match &self.place {
            Place::Server(served) => served.plain.events(read).await,
            Place::File(file) => file.events(read),
        }
    }

    /// What is said of each dead letter.
    pub(crate) async fn letters(&self) -> anyhow::Result<Vec<String>> {
        match &self.place {
            Place::Server(served) => served.plain.letters().await,
            Place::File(file) => file.letters(),
        }
    }

    /// What was delivered more than once, where the broker tells.
    pub(crate) fn repeated(&self) -> Option<Repeated> {
        match &self.place {
            Place::Server(served) => Some(served.deliveries.heard()),
            Place::File(_) => None,
        }
    }

    /// The orders and their outcomes, counted by the broker's own program from what people may read.
    pub(crate) fn counted_again(&self) -> anyhow::Result<Option<Count>> {
        match &self.place {
            Place::Server(_) => Ok(None),
            Place::File(file) => file.count().map(Some),
        }
    }

    /// The log of a server would go with it.
    pub(crate) fn keep_log(&self, folder: &Path) {
        if let Place::Server(served) = &self.place {
            let _ = fs::copy(served.server.directory().join("server.log"), folder.join("server.log"));
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("url", &self.url).finish_non_exhaustive()
    }
}
