//! `nats:` as a target of the conformance suite: one server for all ordinary cases, a namespace for each space, and
//! a server of its own for a case that stops it.

mod admin;
mod own;

use std::sync::Arc;

use soorma::{BoxFuture, Clock, EventTopic};
use soorma_conformance::{Connection, Foreign, Server, Space, Target, Wishes};

use self::{admin::Admin, own::OwnServer};
use crate::NatsServer;

/// `nats:`, the broker on NATS JetStream.
pub struct NatsTarget {
    /// Dropped before the server that it is a client of.
    admin: Admin,
    server: NatsServer,
}

impl NatsTarget {
    /// Starts the server that the cases share.
    ///
    /// # Errors
    /// There is no server program, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        let server = NatsServer::start()?;
        Ok(Self { admin: Admin::new(server.url()), server })
    }
}

impl Target for NatsTarget {
    fn name(&self) -> String {
        "nats:".to_owned()
    }

    fn connect<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, anyhow::Result<Connection>> {
        Box::pin(connect(self.server.url(), space))
    }

    fn grants(&self) -> Wishes {
        Wishes::ALL
    }

    fn server(&self) -> Option<BoxFuture<'_, anyhow::Result<Arc<dyn Server>>>> {
        Some(Box::pin(async { Ok(Arc::new(OwnServer::start().await?) as Arc<dyn Server>) }))
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        Some(self)
    }

    fn forget<'a>(&'a self, space: &'a Space) -> BoxFuture<'a, ()> {
        Box::pin(async {
            // The server goes at the end of the run, and what it has stored with it.
            let _ = self.admin.delete_streams(space).await;
        })
    }
}

impl Foreign for NatsTarget {
    fn put<'a>(
        &'a self,
        space: &'a Space,
        topic: EventTopic,
        event_type: &'a str,
        bytes: &'a [u8],
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(self.admin.put(space, topic, event_type, bytes))
    }
}

/// One more process's connection to the server behind a URL.
async fn connect(url: String, space: &Space) -> anyhow::Result<Connection> {
    let mut url = format!("{url}?namespace={}", space.name);
    for (parameter, wish) in [("retention", space.retention), ("dedup", space.dedup_window)] {
        if let Some(time) = wish {
            url.push_str(&format!("&{parameter}={}ms", time.as_millis()));
        }
    }
    if let Some(capacity) = space.capacity {
        url.push_str(&format!("&max_events={capacity}"));
    }
    let (broker, store) = soorma::connect::both(&url, &Clock::system()).await?;
    Ok(Connection { broker, store, owned: true })
}
