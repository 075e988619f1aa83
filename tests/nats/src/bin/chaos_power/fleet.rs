//! The processes of one round: two publishers, two packers, an auditor. None outlives this one.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use soorma_nats_tests::Guard;

use crate::{TICK, ledger::Ledger, options::Options, shell};

/// Agents first: whoever publishes then is heard by all.
const AGENTS: [&str; 3] = ["packer", "packer", "audit"];
const PUBLISHERS: [&str; 2] = ["publisher", "publisher"];

/// How long the agents have to start.
const READY: Duration = Duration::from_secs(60);

/// The processes of one round.
#[derive(Debug)]
pub(crate) struct Fleet {
    logs: PathBuf,
    url: String,
    round: usize,
    programs: Vec<Program>,
}

#[derive(Debug)]
struct Program {
    /// The name of its log.
    name: String,
    child: Child,
    _guard: Guard,
}

impl Fleet {
    /// Starts all, and has the ledger follow what they write down.
    pub(crate) fn start(
        options: &Options,
        url: &str,
        round: usize,
        ledger: &mut Ledger,
    ) -> anyhow::Result<Self> {
        let mut fleet = Self { logs: options.logs.clone(), url: url.to_owned(), round, programs: Vec::new() };
        ledger.begin(round);
        for agent in AGENTS {
            fleet.spawn(agent, ledger)?;
        }
        let began = Instant::now();
        while ledger.ready() < AGENTS.len() {
            ensure!(began.elapsed() < READY, "{READY:?} after cut {round} the agents have not started");
            std::thread::sleep(TICK);
            fleet.look()?;
            ledger.read()?;
        }
        for publisher in PUBLISHERS {
            fleet.spawn(publisher, ledger)?;
        }
        Ok(fleet)
    }

    fn spawn(&mut self, role: &'static str, ledger: &mut Ledger) -> anyhow::Result<()> {
        let name = format!("{role}-{}", self.programs.len());
        let notes = self.logs.join(format!("{name}.{}.notes", self.round));
        File::create(&notes)?;
        let log = File::options().create(true).append(true).open(self.logs.join(format!("{name}.log")))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["program", role, &self.url]).arg(&notes);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn();
        let child = child.with_context(|| format!("`{role}` does not start"))?;
        let guard = Guard::over(child.id(), None)?;
        self.programs.push(Program { name, child, _guard: guard });
        ledger.follow(role, &notes)
    }

    /// Fails where one has ended by itself.
    pub(crate) fn look(&mut self) -> anyhow::Result<()> {
        for program in &mut self.programs {
            if let Some(status) = program.child.try_wait()? {
                bail!("`{}` ended by itself in round {}: {status}; see its log", program.name, self.round);
            }
        }
        Ok(())
    }

    /// Sends all of them, and `another` process, a signal.
    pub(crate) fn signal(&self, signal: &str, another: Option<u32>) -> anyhow::Result<()> {
        let ids = self.programs.iter().map(|program| program.child.id()).chain(another);
        shell::run("kill", [format!("-{signal}")].into_iter().chain(ids.map(|id| id.to_string()))).map(drop)
    }

    /// Kills all, and waits for their end.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        for program in &mut self.programs {
            program.child.kill()?;
            program.child.wait()?;
        }
        Ok(())
    }

    /// Lets those that publish finish.
    pub(crate) fn stop_publishers(&mut self) -> anyhow::Result<()> {
        let publishers = self.programs.split_off(AGENTS.len());
        stop(publishers)
    }

    /// Lets the others finish, too.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        stop(std::mem::take(&mut self.programs))
    }
}

fn stop(mut programs: Vec<Program>) -> anyhow::Result<()> {
    for program in &mut programs {
        drop(program.child.stdin.take());
    }
    for program in &mut programs {
        let status = program.child.wait()?;
        ensure!(status.success(), "`{}` stopped: {status}; see its log", program.name);
    }
    Ok(())
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for program in &mut self.programs {
            // It may have ended.
            let _ = program.child.kill();
            let _ = program.child.wait();
        }
    }
}
