//! The peer in Python: an environment of its own, made with pinned versions when it is first needed.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail, ensure};

const REQUIREMENTS: &str = include_str!("../../python/requirements.txt");

/// Where the peer is, or why there is none.
pub(super) struct Python(Result<PathBuf, String>);

impl Python {
    pub(super) fn ready() -> Self {
        Self(install().map_err(|error| format!("{error:#}")))
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.is_ok()
    }

    pub(super) fn missing(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }

    pub(super) fn peer(&self) -> anyhow::Result<Command> {
        match &self.0 {
            Ok(program) => {
                let mut command = Command::new(program);
                command.arg(folder().join("python/peer.py"));
                Ok(command)
            }
            Err(reason) => bail!("{reason}"),
        }
    }

    pub(super) fn versions(&self) -> Vec<(String, String)> {
        if let Some(reason) = self.missing() {
            return vec![("faststream".to_owned(), format!("not measured: {reason}"))];
        }
        let pair =
            |line: &str| line.split_once("==").map(|(name, version)| (name.to_owned(), version.to_owned()));
        REQUIREMENTS.lines().filter_map(pair).collect()
    }
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Its interpreter.
fn install() -> anyhow::Result<PathBuf> {
    let environment = folder().join("target/python");
    let (program, installed) = (environment.join("bin/python"), environment.join("installed.txt"));
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(program);
    }
    let requirements = folder().join("python/requirements.txt");
    succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--requirement"];
    succeed(Command::new(&program).args(pip).arg(requirements))?;
    std::fs::write(installed, REQUIREMENTS)?;
    Ok(program)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("`{name}` does not start"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or_default().to_owned();
    ensure!(output.status.success(), "`{name}` failed: {said}");
    Ok(())
}
