//! A server that one case has for itself, behind a proxy.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use soorma::{BoxFuture, broker::SubscriptionId};
use soorma_conformance::{Connection, Server, Space};

use super::{admin::Admin, connect};
use crate::{NatsServer, proxy::Proxy};

/// How often the server lets a silent consumer know that it is there: what the broker asks of it.
const HEARTBEAT: Duration = Duration::from_secs(2);

pub(super) struct OwnServer {
    admin: Admin,
    proxy: Proxy,
    server: Arc<Mutex<NatsServer>>,
}

impl OwnServer {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let server = tokio::task::spawn_blocking(NatsServer::start).await??;
        let proxy = Proxy::to(server.port()).await.context("opening a proxy")?;
        // Past the proxy: it is not what is cut.
        Ok(Self { admin: Admin::new(server.url()), proxy, server: Arc::new(Mutex::new(server)) })
    }

    /// Starting and stopping waits for a process.
    async fn aside<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut NatsServer) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let server = self.server.clone();
        let act = move || act(&mut server.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(act).await?)
    }
}

impl Server for OwnServer {
    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>> {
        Box::pin(connect(format!("nats://127.0.0.1:{}", self.proxy.port()), space))
    }

    fn kill(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(self.aside(NatsServer::kill))
    }

    fn start(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async { self.aside(NatsServer::run).await? })
    }

    fn cut(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async {
            self.proxy.cut();
            Ok(())
        })
    }

    fn delete_durable<'a>(
        &'a self,
        space: &'a Space,
        id: &'a SubscriptionId,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(self.admin.delete_durable(space, id))
    }

    fn change_setting<'a>(
        &'a self,
        space: &'a Space,
        id: &'a SubscriptionId,
    ) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async {
            self.admin.limit_deliveries(space, id).await?;
            Ok(true)
        })
    }

    fn heartbeat(&self) -> Duration {
        HEARTBEAT
    }
}
