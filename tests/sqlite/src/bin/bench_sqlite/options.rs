//! What `cargo xtask bench sqlite` takes.

use std::str::FromStr;

use anyhow::{Context, bail};

pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
    /// How many settled events the large file has.
    pub(crate) settled: u64,
    /// Which tables.
    pub(crate) only: Vec<String>,
}

impl Options {
    pub(crate) fn read(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let only = ["rates", "fairness", "latency", "large"].map(str::to_owned).to_vec();
        let mut options = Self { rounds: 5, seconds: 2.0, settled: 500_000, only };
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("`{name}` takes a value"))?;
            match name.as_str() {
                "--rounds" => options.rounds = number(&name, &value)?,
                "--seconds" => options.seconds = number(&name, &value)?,
                "--settled" => options.settled = number(&name, &value)?,
                "--only" => options.only = value.split(',').map(str::to_owned).collect(),
                _ => bail!("no option `{name}`; see `cargo xtask bench --help`"),
            }
        }
        Ok(options)
    }
}

pub(crate) fn number<N: FromStr>(name: &str, value: &str) -> anyhow::Result<N> {
    value.parse().ok().with_context(|| format!("`{name}` takes a number, not `{value}`"))
}
