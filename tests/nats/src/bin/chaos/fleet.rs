//! The processes: the workers, of which `Kind::workers` says what each does; and the reader, which places the orders and is not killed. None
//! outlives this one.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    process::{Command, Stdio},
};

use anyhow::Context;
use soorma_nats_tests::Usage;

use crate::{options::Options, process::Process};

/// All processes of a run.
#[derive(Debug)]
pub(crate) struct Fleet {
    launcher: Launcher,
    reader: Process,
    workers: Vec<Worker>,
    report: Report,
}

/// What there is to say of the processes.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Peak resident memory in KB, by agent.
    pub(crate) peaks: BTreeMap<String, u64>,
    /// What ended by itself, or not as it was asked to.
    pub(crate) surprises: Vec<String>,
    /// How often each agent was killed.
    pub(crate) kills: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct Launcher {
    options: Vec<String>,
    program: std::path::PathBuf,
    logs: std::path::PathBuf,
}

#[derive(Debug)]
struct Worker {
    agents: &'static [&'static str],
    /// What it is called in the report.
    role: &'static str,
    /// The name of its log.
    name: String,
    process: Process,
}

impl Launcher {
    fn start(&self, agents: &[&str], name: &str, more: &[&str]) -> anyhow::Result<Process> {
        let log = |extension: &str| -> std::io::Result<File> {
            File::options().create(true).append(true).open(self.logs.join(format!("{name}.{extension}")))
        };
        let child = Command::new(&self.program)
            .args(agents.iter().flat_map(|agent| ["--agent", agent]))
            .args(&self.options)
            .args(more)
            .env("SOORMA_LOG", std::env::var("SOORMA_LOG").unwrap_or_else(|_| "info".to_owned()))
            .stdin(Stdio::null())
            .stdout(log("out")?)
            .stderr(log("log")?)
            .spawn()
            .with_context(|| format!("`{name}` does not start"))?;
        Ok(Process::guarded(child)?)
    }
}

impl Fleet {
    pub(crate) fn start(options: &Options, url: &str) -> anyhow::Result<Self> {
        let launcher = Launcher {
            options: vec!["--broker".to_owned(), url.to_owned()],
            program: options.program.clone(),
            logs: options.logs.clone(),
        };
        let mut workers = Vec::new();
        for (number, agents) in options.broker.workers().iter().copied().enumerate() {
            let role = if let [agent] = agents { agent } else { "worker" };
            let name = format!("{role}-{number}");
            let process = launcher.start(agents, &name, &[])?;
            workers.push(Worker { agents, role, name, process });
        }
        let file = options.orders.to_str().context("the path of the orders is no UTF-8")?;
        let in_flight = options.in_flight.to_string();
        let reader = launcher.start(&["reader"], "reader", &["--orders", file, "--in-flight", &in_flight])?;
        Ok(Self { launcher, reader, workers, report: Report::default() })
    }

    pub(crate) fn size(&self) -> usize {
        self.workers.len()
    }

    /// Kills a worker, and starts it again.
    pub(crate) fn kill(&mut self, index: usize) -> anyhow::Result<&str> {
        self.look();
        let worker = self.workers.get_mut(index).context("no such worker")?;
        worker.process.kill()?;
        worker.process = self.launcher.start(worker.agents, &worker.name, &[])?;
        *self.report.kills.entry(worker.role.to_owned()).or_default() += 1;
        Ok(&worker.name)
    }

    /// Notes how much memory each has used, and starts again what ended by itself.
    pub(crate) fn look(&mut self) {
        note(&mut self.report.peaks, "reader", self.reader.id());
        for worker in &mut self.workers {
            note(&mut self.report.peaks, worker.role, worker.process.id());
            if let Ok(Some(status)) = worker.process.ended() {
                self.report.surprises.push(format!("`{}` ended by itself: {status}", worker.name));
                if let Ok(process) = self.launcher.start(worker.agents, &worker.name, &[]) {
                    worker.process = process;
                }
            }
        }
    }

    pub(crate) fn look_at_server(&mut self, id: u32) {
        note(&mut self.report.peaks, "nats-server", id);
    }

    /// Whether every order has ended, as far as the reader knows.
    pub(crate) fn reader_is_done(&mut self) -> anyhow::Result<bool> {
        Ok(self.reader.ended()?.is_some())
    }

    /// Stops everything, and says what there is to say.
    pub(crate) fn stop(mut self) -> Report {
        let mut surprises = Vec::new();
        let mut end = |name: &str, process: &mut Process| {
            // Whoever has ended already is not there any more.
            let _ = Command::new("kill").arg(process.id().to_string()).stderr(Stdio::null()).status();
            match process.wait() {
                Ok(status) if status.success() => {}
                Ok(status) => surprises.push(format!("`{name}` stopped: {status}")),
                Err(error) => surprises.push(format!("`{name}`: {error}")),
            }
        };
        match self.reader.ended() {
            Ok(Some(status)) if status.success() => {}
            Ok(Some(status)) => end_of_reader(&self.launcher, &mut self.report, &status.to_string()),
            _ => {
                end("reader", &mut self.reader);
                end_of_reader(&self.launcher, &mut self.report, "stopped before the end");
            }
        }
        for worker in &mut self.workers {
            end(&worker.name, &mut worker.process);
        }
        self.report.surprises.append(&mut surprises);
        std::mem::take(&mut self.report)
    }
}

fn end_of_reader(launcher: &Launcher, report: &mut Report, how: &str) {
    let log = fs::read_to_string(launcher.logs.join("reader.log")).unwrap_or_default();
    let last = log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    report.surprises.push(format!("`reader`: {how}: {last}"));
}

fn note(peaks: &mut BTreeMap<String, u64>, agent: &str, id: u32) {
    // It may have ended.
    if let Ok(usage) = Usage::of(id) {
        let highest = peaks.entry(agent.to_owned()).or_default();
        *highest = usage.peak.max(*highest);
    }
}
