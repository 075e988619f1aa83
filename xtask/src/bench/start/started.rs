//! What starting a program takes: until its first event is handled, and what it takes when it then rests.

use std::{
    fs,
    io::{BufRead, BufReader, PipeReader, Write, pipe},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use super::{
    programs::{Program, Says},
    server::Server,
    tree::Tree,
};

/// As much as a pipe holds on Linux where nobody says otherwise.
const PIPE: usize = 65_536;

/// What has used no CPU for so long is at rest.
const REST: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Started {
    pub(super) ready_ms: f64,
    /// Until it was at rest.
    pub(super) cpu_ms: f64,
    pub(super) resident_mb: f64,
}

impl Started {
    /// None where it needs a server and there is none.
    pub(super) fn measure(
        tree: &Tree,
        program: &Program,
        server: Option<&Server>,
    ) -> anyhow::Result<Option<Self>> {
        if program.on_nats && server.is_none() {
            return Ok(None);
        }
        let start = |full| Running::start(tree, program, server, full);
        let (begin, mut running) = (Instant::now(), start(false)?);
        running.says(program)?;
        let ready_ms = begin.elapsed().as_secs_f64() * 1e3;
        // What it has acknowledged must have reached the server.
        running.rests();
        drop(running);
        // `hello` ends with its first event: here it cannot print it.
        let mut running = start(matches!(program.says, Says::Greeting))?;
        if matches!(program.says, Says::Ready) {
            running.says(program)?;
        }
        let (cpu_ms, resident_mb) =
            running.rests().with_context(|| format!("{} does not come to rest", program.name))?;
        if matches!(program.says, Says::Greeting) {
            running.says(program)?;
            running.rests();
        }
        Ok(Some(Self { ready_ms, cpu_ms, resident_mb }))
    }
}

/// A process. It is killed when this is dropped.
struct Running {
    child: Child,
    said: BufReader<PipeReader>,
}

impl Running {
    /// Where the pipe is `full`, it cannot print its first line before we read.
    fn start(tree: &Tree, program: &Program, server: Option<&Server>, full: bool) -> anyhow::Result<Self> {
        let (reader, mut writer) = pipe()?;
        if full {
            writer.write_all(&[b'\n'; PIPE])?;
        }
        let mut command = Command::new(tree.program(program));
        command.args(program.arguments).stdin(Stdio::null());
        if let Some(server) = server.filter(|_| program.on_nats) {
            command.env("SOORMA_BROKER", server.url());
        }
        match program.says {
            Says::Greeting => command.env("SOORMA_LOG", "warn").stdout(writer).stderr(Stdio::null()),
            Says::Ready => command.env("SOORMA_LOG", "info").stdout(Stdio::null()).stderr(writer),
        };
        let child = command.spawn().with_context(|| format!("cannot run {}", program.name))?;
        Ok(Self { child, said: BufReader::new(reader) })
    }

    /// Reads until it says what it is to say.
    fn says(&mut self, program: &Program) -> anyhow::Result<()> {
        let awaited = match program.says {
            Says::Greeting => "Hello, agents!",
            Says::Ready => " ready ",
        };
        let mut line = String::new();
        while !line.contains(awaited) {
            line.clear();
            ensure!(
                self.said.read_line(&mut line)? > 0,
                "{} has ended without saying `{awaited}`",
                program.name
            );
        }
        Ok(())
    }

    /// Waits until it uses no CPU. Milliseconds of CPU and megabytes; nothing where it has ended, or does not come to rest.
    fn rests(&self) -> Option<(f64, f64)> {
        let (begin, mut since) = (Instant::now(), Instant::now());
        let mut used = None;
        while begin.elapsed() < PATIENCE {
            let now = cpu_nanos(self.child.id())?;
            if used != Some(now) {
                (used, since) = (Some(now), Instant::now());
            }
            if since.elapsed() > REST {
                return Some((now as f64 / 1e6, resident(self.child.id())? / 1e3));
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Of all its threads.
fn cpu_nanos(process: u32) -> Option<u64> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let of = |path: std::path::PathBuf| -> Option<u64> {
        fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    let all: Vec<u64> = tasks.flatten().filter_map(|task| of(task.path())).collect();
    (!all.is_empty()).then(|| all.iter().sum())
}

/// In KB.
fn resident(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
