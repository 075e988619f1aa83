//! What stands between a client and a server, so that their connections can be cut while both go on.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// A way to a port of this machine. Dropping it closes the way.
pub(crate) struct Proxy {
    port: u16,
    /// How often all connections were cut.
    cuts: watch::Sender<u64>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Opens a way to this port.
    pub(crate) async fn to(server: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let cuts = watch::Sender::new(0);
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, server));
        let accepting = tokio::spawn(accept(listener, server, cuts.clone()));
        Ok(Self { port, cuts, accepting })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts whatever is connected now.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, cuts: watch::Sender<u64>) {
    while let Ok((client, _)) = listener.accept().await {
        let mut cut = cuts.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = carry(client, server) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

/// A server that is away ends the client's connection at once.
async fn carry(mut client: TcpStream, server: SocketAddr) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
    }
    let _ = copy_bidirectional(&mut client, &mut server).await;
}
