//! The server of those programs that need one.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::ensure;

use super::{super::measure::root, tree::Tree};
use crate::test::NATS_SERVER_VERSION;

const PATIENCE: Duration = Duration::from_secs(10);

/// It ends when this is dropped.
pub(super) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// None where there is no program: what `SOORMA_NATS_SERVER` names, what `cargo xtask test` has installed, or one on the path.
    pub(super) fn start(tree: &Tree) -> anyhow::Result<Option<Self>> {
        let named = std::env::var_os("SOORMA_NATS_SERVER").map(PathBuf::from);
        let installed = root()?.join(format!("target/xtask/nats-server-{NATS_SERVER_VERSION}/nats-server"));
        let candidates = named.into_iter().chain([installed, PathBuf::from("nats-server")]);
        let there = |program: &PathBuf| Command::new(program).arg("--version").output().is_ok();
        let Some(program) = candidates.into_iter().find(there) else { return Ok(None) };
        // Free a moment ago; if it no longer is, the server ends at once, and says so below.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        fs::create_dir_all(tree.store())?;
        let mut command = Command::new(program);
        command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(tree.store());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { child, port };
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(server.child.try_wait()?.is_none(), "nats-server has ended");
            ensure!(begin.elapsed() < PATIENCE, "nats-server does not answer within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Some(server))
    }

    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
