//! Licences, sources and duplicates of the dependencies, by cargo-deny: `deny.toml` holds the rules.

use std::path::Path;

use anyhow::Context;

use super::log::Log;

/// One version everywhere, so that a new release of the tool breaks nobody's build.
const VERSION: &str = "0.20.2";

/// Checks everything that needs no network. Advisories do: `cargo deny check advisories` looks them up.
pub(super) fn check(log: &mut Log) -> anyhow::Result<()> {
    let tools = log.root().join("target").join("xtask").join(format!("cargo-deny-{VERSION}"));
    let binary = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !binary.exists() {
        install(log, &tools)?;
    }
    let binary = binary.to_str().context("the path of cargo-deny is no UTF-8")?;
    log.program(binary, &["--all-features", "check", "licenses", "bans", "sources"])
}

/// Built without optimisation: it runs for a second, and would be optimised for minutes.
fn install(log: &mut Log, tools: &Path) -> anyhow::Result<()> {
    let root = tools.to_str().context("the path of the workspace is no UTF-8")?;
    let quick = [
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64"),
        ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ];
    let args =
        ["install", "cargo-deny", "--version", VERSION, "--locked", "--no-default-features", "--root", root];
    log.cargo_with(&args, &quick, std::time::Duration::MAX)
}
