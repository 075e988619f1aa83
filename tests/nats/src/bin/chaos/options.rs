//! What is asked for.

use std::{path::PathBuf, str::FromStr, time::Duration};

use anyhow::{Context, bail};

use crate::broker::Kind;

/// What is asked for. `cargo xtask chaos --help` says what each means.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) program: PathBuf,
    pub(crate) orders: PathBuf,
    /// Where the logs of all processes go.
    pub(crate) logs: PathBuf,
    pub(crate) broker: Kind,
    pub(crate) kills: usize,
    pub(crate) server_kills: usize,
    pub(crate) seed: u64,
    pub(crate) in_flight: u32,
    /// What stands behind the `?` of the broker's URL.
    pub(crate) parameters: String,
    pub(crate) deadline: Duration,
}

impl Options {
    pub(crate) fn read(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let usage = "Usage: chaos ORDER-FLOW ORDERS LOGS [OPTIONS]; see `cargo xtask chaos --help`";
        let mut path = || args.next().map(PathBuf::from).context(usage);
        let mut options = Self {
            program: path()?,
            orders: path()?,
            logs: path()?,
            broker: Kind::Nats,
            kills: 10,
            server_kills: 0,
            seed: 1,
            in_flight: 2_000,
            parameters: String::new(),
            deadline: Duration::from_secs(900),
        };
        let mut server_kills = None;
        while let Some(name) = args.next() {
            let value = args.next();
            match name.as_str() {
                "--broker" => options.broker = Kind::read(&value.unwrap_or_default())?,
                "--kills" => options.kills = number(&name, value)?,
                "--server-kills" => server_kills = Some(number(&name, value)?),
                "--seed" => options.seed = number(&name, value)?,
                "--in-flight" => options.in_flight = number(&name, value)?,
                "--parameters" => options.parameters = value.unwrap_or_default(),
                "--deadline" => options.deadline = Duration::from_secs(number(&name, value)?),
                _ => bail!("no option `{name}`; see `cargo xtask chaos --help`"),
            }
        }
        options.server_kills = server_kills.unwrap_or(usize::from(options.broker == Kind::Nats));
        Ok(options)
    }
}

fn number<N: FromStr>(name: &str, value: Option<String>) -> anyhow::Result<N> {
    let value = value.unwrap_or_default();
    value.parse().ok().with_context(|| format!("`{name}` takes a number, not `{value}`"))
}
