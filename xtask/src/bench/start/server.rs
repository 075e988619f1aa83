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

/// Runs its arguments until its input ends, and whoever holds the other end of that is gone, also when a signal has killed it.
const WHILE_WE_LIVE: &str = r#"exec 3<&0; "$@" 3<&- & cat <&3; kill $!; wait $!"#;

/// It ends when this is dropped, or when this process ends, whatever has ended it.
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
        // Free a moment ago; if it no longer is, the server ends at once.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        fs::create_dir_all(tree.store())?;
        let mut command = Command::new("sh");
        command.args(["-c", WHILE_WE_LIVE, "sh"]).arg(program);
        command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(tree.store());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Self { child, port };
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(
                begin.elapsed() < PATIENCE,
                "nats-server does not answer within {PATIENCE:?}, or has ended"
            );
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
        // The end of its input; it may have ended already.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
