//! The server's protocol by hand, for what no client would send.

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A connection without a client.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    /// Connects to the server of a URL.
    pub(crate) async fn open(url: &str) -> Self {
        let host = url.strip_prefix("nats://").unwrap().split('?').next().unwrap();
        let mut wire = Self { stream: BufReader::new(TcpStream::connect(host).await.unwrap()) };
        assert!(wire.line().await.starts_with("INFO "));
        wire.send(b"CONNECT {\"verbose\":false,\"headers\":true}\r\n").await;
        wire.answered().await;
        wire
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        line
    }

    /// The server has read everything up to here.
    async fn answered(&mut self) {
        self.send(b"PING\r\n").await;
        let line = self.line().await;
        assert_eq!(line, "PONG\r\n");
    }

    /// Publishes, with a header block as it stands.
    pub(crate) async fn publish(&mut self, subject: &str, headers: Option<&str>, payload: &[u8]) {
        let headers = headers.unwrap_or_default();
        let (head, all) = (headers.len(), headers.len() + payload.len());
        let command = match head {
            0 => format!("PUB {subject} {all}\r\n"),
            _ => format!("HPUB {subject} {head} {all}\r\n{headers}"),
        };
        self.send(command.as_bytes()).await;
        self.send(payload).await;
        self.send(b"\r\n").await;
        self.answered().await;
    }

    /// Publishes what the server does not take: what it says before it hangs up.
    pub(crate) async fn is_refused(&mut self, subject: &str, payload: &[u8]) -> String {
        self.send(format!("PUB {subject} {}\r\n", payload.len()).as_bytes()).await;
        // The server may hang up while this is on its way.
        drop(self.stream.write_all(payload).await);
        let mut said = Vec::new();
        drop(self.stream.read_to_end(&mut said).await);
        String::from_utf8_lossy(&said).into_owned()
    }
}
