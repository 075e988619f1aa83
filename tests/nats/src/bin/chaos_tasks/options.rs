//! What is asked for.

use std::{path::PathBuf, str::FromStr, time::Duration};

use anyhow::{Context, bail};

/// What is asked for. `cargo xtask chaos tasks --help` says what each means.
#[derive(Debug)]
pub(crate) struct Options {
    /// Where the logs of all processes go, and the file of side effects.
    pub(crate) logs: PathBuf,
    pub(crate) tasks: u64,
    pub(crate) kills: usize,
    pub(crate) seed: u64,
    pub(crate) deadline: Duration,
}

impl Options {
    pub(crate) fn read(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let usage = "Usage: chaos_tasks LOGS [OPTIONS]; see `cargo xtask chaos tasks --help`";
        let mut options = Self {
            logs: args.next().map(PathBuf::from).context(usage)?,
            tasks: 1_000,
            kills: 10,
            seed: 1,
            deadline: Duration::from_secs(900),
        };
        while let Some(name) = args.next() {
            let value = args.next();
            match name.as_str() {
                "--tasks" => options.tasks = number(&name, value)?,
                "--kills" => options.kills = number(&name, value)?,
                "--seed" => options.seed = number(&name, value)?,
                "--deadline" => options.deadline = Duration::from_secs(number(&name, value)?),
                _ => bail!("no option `{name}`; see `cargo xtask chaos tasks --help`"),
            }
        }
        Ok(options)
    }

    pub(crate) fn effects(&self) -> PathBuf {
        self.logs.join("effects")
    }
}

fn number<N: FromStr>(name: &str, value: Option<String>) -> anyhow::Result<N> {
    let value = value.unwrap_or_default();
    value.parse().ok().with_context(|| format!("`{name}` takes a number, not `{value}`"))
}
