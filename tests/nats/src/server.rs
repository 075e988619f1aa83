//! One server process: started, stopped, killed, started again where it was.

use std::{
    io::{BufRead, BufReader, ErrorKind},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::{Guard, find_server};

/// How long a server has to answer.
const READY: Duration = Duration::from_secs(20);

/// A server of one's own. Dropping it kills it and removes what it kept.
#[derive(Debug)]
pub struct NatsServer {
    options: NatsServerOptions,
    program: PathBuf,
    port: u16,
    directory: PathBuf,
    child: Option<Child>,
    /// Ends the server should this process die, or never drop it.
    guard: Option<Guard>,
}

/// What a server is started with, besides port and directory.
#[derive(Clone, Debug, Default)]
pub struct NatsServerOptions {
    /// More of its configuration file.
    pub configuration: String,
    /// More of the block `jetstream` in it.
    pub jetstream: String,
    /// Where streams are kept, instead of in the server's own directory.
    pub store: Option<PathBuf>,
    /// Without JetStream.
    pub plain: bool,
    /// Another program than the one that is found.
    pub program: Option<PathBuf>,
}

impl NatsServer {
    /// A server with JetStream on a free port.
    ///
    /// # Errors
    /// There is no program, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        Self::with(NatsServerOptions::default())
    }

    /// A server with options of its own.
    ///
    /// # Errors
    /// There is no program, or it does not start.
    pub fn with(options: NatsServerOptions) -> anyhow::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let program = match &options.program {
            Some(program) => program.clone(),
            None => find_server()?,
        };
        let name = format!("soorma-nats-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory)?;
        let mut server = Self { options, program, port: free_port()?, directory, child: None, guard: None };
        server.run()?;
        Ok(server)
    }

    /// `nats://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The URL with parameters.
    #[must_use]
    pub fn url_with(&self, parameters: &str) -> String {
        format!("{}?{parameters}", self.url())
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The id of its process, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Its directory: what it keeps, its configuration, its log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Starts it again, on the same port and directory, and waits until it answers.
    ///
    /// # Errors
    /// It runs, or does not start.
    pub fn run(&mut self) -> anyhow::Result<()> {
        if self.child.is_some() {
            bail!("it runs");
        }
        let store = if self.options.plain {
            String::new()
        } else {
            let store = self.options.store.clone().unwrap_or_else(|| self.directory.join("store"));
            format!("jetstream {{\n  store_dir: {store:?}\n  {}\n}}\n", self.options.jetstream)
        };
        let configuration = self.directory.join("server.conf");
        let log = self.directory.join("server.log");
        let text = format!("listen: \"127.0.0.1:{}\"\n{store}{}", self.port, self.options.configuration);
        std::fs::write(&configuration, text)?;
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(&configuration)
            .arg("-l")
            .arg(&log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("`{}` does not start", self.program.display()))?;
        self.guard = Some(Guard::over(child.id(), Some(&self.directory))?);
        self.child = Some(child);
        self.wait_until_ready(&log)
    }

    fn wait_until_ready(&mut self, log: &Path) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY;
        loop {
            if greets(self.port).unwrap_or(false) {
                return Ok(());
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || Instant::now() > deadline {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                self.kill();
                bail!("nats-server does not answer:\n{said}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGTERM: it ends in its own way.
    ///
    /// # Errors
    /// The signal could not be sent.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.guard = None;
        if let Some(mut child) = self.child.take() {
            Command::new("kill").arg(child.id().to_string()).status()?;
            child.wait()?;
        }
        Ok(())
    }

    /// SIGKILL: it ends at once.
    pub fn kill(&mut self) {
        self.guard = None;
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Stops it and starts it again.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.stop()?;
        self.run()
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Whether a server says who it is.
fn greets(port: u16) -> std::io::Result<bool> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut line = String::new();
    match BufReader::new(stream).read_line(&mut line) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
        Ok(_) => Ok(line.starts_with("INFO ")),
    }
}

/// A port that nobody uses now.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
