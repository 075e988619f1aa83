//! The processes of the workers, and their end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    process::{Child, Command, Stdio},
};

use anyhow::Context;
use soorma_nats_tests::Usage;

use crate::options::Options;

const WORKERS: [&str; 4] = ["planner", "planner", "maker", "maker"];

/// All workers.
#[derive(Debug)]
pub(crate) struct Fleet {
    url: String,
    logs: std::path::PathBuf,
    effects: std::path::PathBuf,
    workers: Vec<(&'static str, Child)>,
    report: Report,
}

/// What there is to say of the processes.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Peak resident memory in KB.
    pub(crate) peaks: BTreeMap<String, u64>,
    /// The ids of those that were killed.
    pub(crate) killed: BTreeSet<u32>,
    /// How often each agent was killed.
    pub(crate) kills: BTreeMap<String, usize>,
    /// What ended by itself, or not as it was asked to.
    pub(crate) surprises: Vec<String>,
}

impl Fleet {
    pub(crate) fn start(options: &Options, url: &str) -> anyhow::Result<Self> {
        let mut fleet = Self {
            url: url.to_owned(),
            logs: options.logs.clone(),
            effects: options.effects(),
            workers: Vec::new(),
            report: Report::default(),
        };
        for agent in WORKERS {
            let worker = fleet.spawn(agent, fleet.workers.len())?;
            fleet.workers.push((agent, worker));
        }
        Ok(fleet)
    }

    fn spawn(&self, agent: &str, number: usize) -> anyhow::Result<Child> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.logs.join(format!("{agent}-{number}.log")))?;
        Command::new(std::env::current_exe()?)
            .args(["worker", agent, &self.url])
            .arg(&self.effects)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("`{agent}` does not start"))
    }

    pub(crate) fn size(&self) -> usize {
        self.workers.len()
    }

    /// Kills a worker, and starts it again.
    pub(crate) fn kill(&mut self, index: usize) -> anyhow::Result<()> {
        let (agent, child) = self.workers.get_mut(index).context("no such worker")?;
        let agent = *agent;
        child.kill()?;
        child.wait()?;
        self.report.killed.insert(child.id());
        *self.report.kills.entry(agent.to_owned()).or_default() += 1;
        self.workers[index].1 = self.spawn(agent, index)?;
        Ok(())
    }

    /// Notes how much memory each has used, and what has ended by itself.
    pub(crate) fn look(&mut self, server: u32) {
        let mut note = |name: &str, id: u32| {
            // It may have ended.
            if let Ok(usage) = Usage::of(id) {
                let highest = self.report.peaks.entry(name.to_owned()).or_default();
                *highest = usage.peak.max(*highest);
            }
        };
        note("nats-server", server);
        note("caller", std::process::id());
        for (agent, child) in &mut self.workers {
            note(agent, child.id());
            if let Ok(Some(status)) = child.try_wait() {
                self.report.surprises.push(format!("`{agent}` ended by itself: {status}"));
            }
        }
    }

    /// Stops all.
    pub(crate) fn stop(mut self) -> Report {
        for (agent, child) in &mut self.workers {
            drop(child.stdin.take());
            match child.wait() {
                Ok(status) if status.success() => {}
                Ok(status) => self.report.surprises.push(format!("`{agent}` stopped: {status}")),
                Err(error) => self.report.surprises.push(format!("`{agent}`: {error}")),
            }
        }
        std::mem::take(&mut self.report)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for (_, child) in &mut self.workers {
            // It may have ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
