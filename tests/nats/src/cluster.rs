//! Several servers that are one cluster.

use std::net::{Ipv4Addr, TcpListener};

use crate::{NatsServer, NatsServerOptions};

/// Servers that keep streams together.
#[derive(Debug)]
pub struct NatsCluster {
    /// Each of them, to be stopped, killed and started again.
    pub servers: Vec<NatsServer>,
}

impl NatsCluster {
    /// So many servers with JetStream on this machine.
    ///
    /// # Errors
    /// There is no program, or one of them does not start.
    pub fn start(count: usize) -> anyhow::Result<Self> {
        // All are taken at once, so that none is given twice.
        let taken: Vec<TcpListener> =
            (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
        let ports: Vec<u16> =
            taken.iter().map(|one| one.local_addr().map(|at| at.port())).collect::<Result<_, _>>()?;
        drop(taken);
        let routes: Vec<String> = ports.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
        let routes = routes.join(", ");
        let mut servers = Vec::with_capacity(count);
        for (number, port) in ports.iter().enumerate() {
            let configuration = format!(
                "server_name: \"s{number}\"\n\
                 cluster {{ name: \"tests\", listen: \"127.0.0.1:{port}\", routes: [{routes}] }}\n"
            );
            servers.push(NatsServer::with(NatsServerOptions { configuration, ..Default::default() })?);
        }
        Ok(Self { servers })
    }

    /// A URL that names all of them.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<String> =
            self.servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
        format!("nats://{}", hosts.join(","))
    }
}
