//! A program of `tests/nats` that makes trouble: built, given a folder of its own below `target`, and run.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};

/// Runs it with `args`, but for `--dev`, which is how it is built, and `--help`.
pub(crate) fn run(name: &str, usage: &str, args: &[String]) -> anyhow::Result<ExitCode> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        print!("{usage}");
        return Ok(ExitCode::SUCCESS);
    }
    let dev = args.iter().any(|arg| arg == "--dev");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?;
    let folder = root.join("target/xtask").join(name.replace('_', "-"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "-p", "soorma-nats-tests", "--bin", name]);
    let built =
        cargo.args((!dev).then_some("--release")).current_dir(root).status().context("cannot run cargo")?;
    ensure!(built.success(), "it does not compile");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let program = root.join(target).join(if dev { "debug" } else { "release" }).join(name);
    let mut lab = Command::new(program);
    lab.arg(&folder).args(args.iter().filter(|arg| *arg != "--dev"));
    let status = lab.status().with_context(|| format!("cannot run `{name}`"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
