//! What a case works with: a space of its own on the target, and processes on it.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use soorma::{App, AppBuilder, Client, Handlers, Running, Shutdown, broker::Broker};

use crate::{
    Connection, Need, Server, Space, Target,
    contract::fresh,
    front::{Front, Hooks},
    script::Script,
    tolerance::{LEASE, PATIENCE},
    wait,
};

/// What a case works with. Clones are one bed.
#[derive(Clone)]
pub(crate) struct Bed {
    target: Arc<dyn Target>,
    space: Space,
    server: Option<Arc<dyn Server>>,
    large: bool,
    /// What a part of the case needed and the target has not.
    lacks: Arc<Mutex<Vec<Need>>>,
    /// All that were used.
    spaces: Arc<Mutex<Vec<Space>>>,
}

impl Bed {
    /// A bed in a fresh space; with a server of its own where the case needs one.
    pub(crate) async fn make(target: Arc<dyn Target>, needs: &[Need], large: bool) -> anyhow::Result<Self> {
        let server = match target.server() {
            Some(server) if needs.contains(&Need::Server) => Some(server.await.context("starting a server")?),
            _ => None,
        };
        let space = Space::new(format!("c-{}", fresh()));
        let spaces = Arc::new(Mutex::new(vec![space.clone()]));
        Ok(Self { target, space, server, large, lacks: Arc::default(), spaces })
    }

    /// The same target in another fresh space, with wishes.
    pub(crate) fn elsewhere(&self, wish: impl FnOnce(&mut Space)) -> Self {
        let mut space = Space::new(format!("c-{}", fresh()));
        wish(&mut space);
        self.spaces.lock().unwrap_or_else(PoisonError::into_inner).push(space.clone());
        Self { space, ..self.clone() }
    }

    /// The same target with a server of this case's own.
    pub(crate) async fn on_server(&self) -> anyhow::Result<(Self, Arc<dyn Server>)> {
        let server = match (&self.server, self.target.server()) {
            (Some(server), _) => server.clone(),
            (None, Some(server)) => server.await.context("starting a server")?,
            (None, None) => anyhow::bail!("this target has no server"),
        };
        Ok((Self { server: Some(server.clone()), ..self.clone() }, server))
    }

    pub(crate) fn target(&self) -> &Arc<dyn Target> {
        &self.target
    }

    pub(crate) fn space(&self) -> &Space {
        &self.space
    }

    /// The case is over: what it has left is removed.
    pub(crate) async fn forget(&self) {
        let spaces = std::mem::take(&mut *self.spaces.lock().unwrap_or_else(PoisonError::into_inner));
        for space in &spaces {
            self.target.forget(space).await;
        }
    }

    /// How many: a few where nothing is said, many with `SOORMA_CONFORMANCE=large`.
    pub(crate) fn size(&self, small: u32, large: u32) -> u32 {
        if self.large { large } else { small }
    }

    /// Whether the target has what the next part of the case needs. Where not, the report says so.
    pub(crate) async fn has(&self, need: Need) -> anyhow::Result<bool> {
        let capabilities = self.connect().await?.broker.capabilities();
        let has = need.is_met(&*self.target, &capabilities);
        if !has {
            self.lacking(need);
        }
        Ok(has)
    }

    /// Reports that a part of the case could not be run.
    pub(crate) fn lacking(&self, need: Need) {
        self.lacks.lock().unwrap_or_else(PoisonError::into_inner).push(need);
    }

    /// What was reported as lacking.
    pub(crate) fn lacks(&self) -> Vec<Need> {
        self.lacks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One more process's connection.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        let connection = match &self.server {
            Some(server) => server.connect(&self.space),
            None => self.target.connect(&self.space),
        };
        wait::ends(PATIENCE, "connecting", connection).await?.context("connecting")
    }

    /// One more process's broker handle.
    pub(crate) async fn broker(&self) -> anyhow::Result<Arc<dyn Broker>> {
        Ok(self.connect().await?.broker)
    }

    /// A process without agents.
    pub(crate) async fn client(&self, name: &str) -> anyhow::Result<Client> {
        Ok(Client::on(self.broker().await?, name))
    }

    /// A process that is an instance of `agent` and does what the script says.
    pub(crate) async fn start(
        &self,
        agent: &str,
        handlers: Handlers,
        script: Script,
    ) -> anyhow::Result<Process> {
        self.start_with(agent, handlers, script, |app| app).await
    }

    /// The same with more settings.
    pub(crate) async fn start_with(
        &self,
        agent: &str,
        handlers: Handlers,
        script: Script,
        settings: impl FnOnce(AppBuilder) -> AppBuilder,
    ) -> anyhow::Result<Process> {
        self.start_on(self.connect().await?, agent, handlers, script, settings).await
    }

    /// The same, with a broker handle that has hooks in it.
    pub(crate) async fn start_bent(
        &self,
        hooks: impl Hooks,
        agent: &str,
        handlers: Handlers,
        script: Script,
        settings: impl FnOnce(AppBuilder) -> AppBuilder,
    ) -> anyhow::Result<Process> {
        let connection = self.connect().await?;
        let broker = Arc::new(Front::new(connection.broker, Arc::new(hooks)));
        self.start_on(Connection { broker, ..connection }, agent, handlers, script, settings).await
    }

    async fn start_on(
        &self,
        connection: Connection,
        agent: &str,
        handlers: Handlers,
        script: Script,
        settings: impl FnOnce(AppBuilder) -> AppBuilder,
    ) -> anyhow::Result<Process> {
        let app = App::builder(agent)
            .handlers(handlers)
            .broker(connection.broker.clone())
            .store(connection.store.clone())
            .lease(LEASE)
            .grace(PATIENCE)
            .state(script);
        let running = wait::ends(PATIENCE, "starting", settings(app).start()).await?.context("starting")?;
        Ok(Process { running, connection })
    }
}

/// An app with a connection of its own. Dropping it is its death.
pub(crate) struct Process {
    running: Running,
    connection: Connection,
}

impl Process {
    pub(crate) fn broker(&self) -> &dyn Broker {
        &*self.connection.broker
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Drains and ends it.
    pub(crate) async fn stop(self) -> anyhow::Result<Shutdown> {
        let limit = PATIENCE + Duration::from_secs(5);
        let shutdown = wait::ends(limit, "shutting down", self.running.shutdown()).await?;
        if self.connection.owned {
            wait::ends(PATIENCE, "closing", self.connection.broker.close()).await?;
        }
        Ok(shutdown)
    }
}

impl Deref for Process {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}
