//! Options of a command: a name and a number each.

use std::str::FromStr;

use anyhow::{Context, bail};

/// Gives each option to `set`, which says whether there is such a one.
pub(crate) fn read(
    mut args: impl Iterator<Item = String>,
    mut set: impl FnMut(&str, &str) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("`{name}` takes a value"))?;
        if !set(&name, &value)? {
            bail!("no option `{name}`; see `cargo xtask bench --help`");
        }
    }
    Ok(())
}

pub(crate) fn number<N: FromStr>(name: &str, value: &str) -> anyhow::Result<N> {
    value.parse().ok().with_context(|| format!("`{name}` takes a number, not `{value}`"))
}

/// Of what takes no other option.
pub(crate) fn rounds(args: impl Iterator<Item = String>, usual: usize) -> anyhow::Result<usize> {
    let mut rounds = usual;
    read(args, |name, value| {
        let known = name == "--rounds";
        if known {
            rounds = number(name, value)?;
        }
        Ok(known)
    })?;
    Ok(rounds)
}
