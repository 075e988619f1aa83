//! What is asked for.

use std::{path::PathBuf, str::FromStr, time::Duration};

use anyhow::{Context, bail};

use crate::broker::Kind;

/// What is asked for. `cargo xtask chaos power --help` says what each means.
#[derive(Debug)]
pub(crate) struct Options {
    /// Where the logs of all processes go, what they write down, and the disk.
    pub(crate) logs: PathBuf,
    pub(crate) broker: Kind,
    pub(crate) cuts: usize,
    pub(crate) seed: u64,
    pub(crate) flushed_only: bool,
    pub(crate) deadline: Duration,
}

impl Options {
    pub(crate) fn read(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let usage = "Usage: chaos_power LOGS [OPTIONS]; see `cargo xtask chaos power --help`";
        let mut options = Self {
            logs: args.next().map(PathBuf::from).context(usage)?,
            broker: Kind::Nats,
            cuts: 20,
            seed: 1,
            flushed_only: false,
            deadline: Duration::from_secs(900),
        };
        while let Some(name) = args.next() {
            if name == "--flushed-only" {
                options.flushed_only = true;
                continue;
            }
            let value = args.next();
            match name.as_str() {
                "--broker" => options.broker = Kind::read(&value.unwrap_or_default())?,
                "--cuts" => options.cuts = number(&name, value)?,
                "--seed" => options.seed = number(&name, value)?,
                "--deadline" => options.deadline = Duration::from_secs(number(&name, value)?),
                _ => bail!("no option `{name}`; see `cargo xtask chaos power --help`"),
            }
        }
        Ok(options)
    }
}

fn number<N: FromStr>(name: &str, value: Option<String>) -> anyhow::Result<N> {
    let value = value.unwrap_or_default();
    value.parse().ok().with_context(|| format!("`{name}` takes a number, not `{value}`"))
}
