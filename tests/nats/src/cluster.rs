//! Several servers that are one cluster.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use anyhow::ensure;

use crate::{NatsServer, NatsServerOptions};

/// Servers that keep streams together.
#[derive(Debug)]
pub struct NatsCluster {
    /// Each of them, to be stopped, killed and started again.
    pub servers: Vec<NatsServer>,
    /// Where each of them tells how it is.
    monitors: Vec<u16>,
}

/// How long a cluster has to become whole.
const WHOLE: Duration = Duration::from_secs(60);

impl NatsCluster {
    /// So many servers with JetStream on this machine.
    ///
    /// # Errors
    /// There is no program, or one of them does not start.
    pub fn start(count: usize) -> anyhow::Result<Self> {
        // All are taken at once, so that none is given twice.
        let taken: Vec<TcpListener> =
            (0..count * 2).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
        let ports: Vec<u16> =
            taken.iter().map(|one| one.local_addr().map(|at| at.port())).collect::<Result<_, _>>()?;
        drop(taken);
        let (ports, monitors) = ports.split_at(count);
        let routes: Vec<String> = ports.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
        let routes = routes.join(", ");
        let mut servers = Vec::with_capacity(count);
        for (number, (port, monitor)) in ports.iter().zip(monitors).enumerate() {
            let configuration = format!(
                "server_name: \"s{number}\"\n\
                 http: \"127.0.0.1:{monitor}\"\n\
                 cluster {{ name: \"tests\", listen: \"127.0.0.1:{port}\", routes: [{routes}] }}\n"
            );
            servers.push(NatsServer::with(NatsServerOptions { configuration, ..Default::default() })?);
        }
        let cluster = Self { servers, monitors: monitors.to_vec() };
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    /// Waits until each of the servers has everything that it shall keep, as far as the others have it.
    ///
    /// # Errors
    /// That takes longer than a minute.
    pub fn wait_until_whole(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + WHOLE;
        for monitor in &self.monitors {
            while !is_healthy(*monitor).unwrap_or(false) {
                ensure!(Instant::now() < deadline, "the cluster is not whole after {WHOLE:?}");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(())
    }

    /// A URL that names all of them.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<String> =
            self.servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
        format!("nats://{}", hosts.join(","))
    }
}

fn is_healthy(monitor: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, monitor))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().is_some_and(|status| status.contains(" 200 ")))
}
