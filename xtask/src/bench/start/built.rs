//! What building a program takes. Seconds of CPU, because those are not changed by what else the machine does as much as the time on
//! the clock is; with the settings that a user has who says nothing.

use std::{collections::BTreeSet, fs, process::Command, time::Instant};

use super::{
    super::measure::{children_cpu, output},
    programs::Program,
    tree::Tree,
};

pub(super) struct Built {
    pub(super) debug_cpu: f64,
    pub(super) release_cpu: f64,
    /// Of a debug build after one handler has changed.
    pub(super) changed_cpu: f64,
    pub(super) changed_seconds: f64,
    pub(super) bytes: f64,
}

/// How many packages there are, the program's own included.
pub(super) fn packages(tree: &Tree, program: &Program) -> anyhow::Result<usize> {
    let listed = ["tree", "-e", "normal,build", "--prefix", "none"];
    let listed = output(&mut cargo(tree, program, &listed))?;
    let text = String::from_utf8_lossy(&listed.stdout);
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    Ok(text.lines().filter(|line| !line.is_empty()).map(name).collect::<BTreeSet<_>>().len())
}

impl Built {
    /// Leaves the release build where `tree` has a place for it, and nothing else.
    pub(super) fn measure(tree: &Tree, program: &Program, round: usize) -> anyhow::Result<Self> {
        clean(tree)?;
        // Whatever is downloaded is there.
        output(&mut cargo(tree, program, &["fetch"]))?;
        let (debug_cpu, _) = build(tree, program, &["build"])?;
        let changed = tree.change(program, round)?;
        let (changed_cpu, changed_seconds) = build(tree, program, &["build"])?;
        changed.back()?;
        clean(tree)?;
        let (release_cpu, _) = build(tree, program, &["build", "--release"])?;
        let binary = tree.target().join("release").join(program.package);
        let bytes = fs::metadata(&binary)?.len() as f64;
        fs::copy(binary, tree.program(program))?;
        clean(tree)?;
        Ok(Self { debug_cpu, release_cpu, changed_cpu, changed_seconds, bytes })
    }
}

fn clean(tree: &Tree) -> anyhow::Result<()> {
    if tree.target().exists() {
        fs::remove_dir_all(tree.target())?;
    }
    Ok(())
}

/// Seconds of CPU, and on the clock.
fn build(tree: &Tree, program: &Program, what: &[&str]) -> anyhow::Result<(f64, f64)> {
    let (cpu, begin) = (children_cpu()?, Instant::now());
    output(&mut cargo(tree, program, what))?;
    Ok((children_cpu()? - cpu, begin.elapsed().as_secs_f64()))
}

fn cargo(tree: &Tree, program: &Program, what: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(what).arg("--locked").current_dir(tree.workspace(program));
    if what != ["fetch"] {
        cargo.args(["-p", program.package]);
    }
    cargo.env("CARGO_TARGET_DIR", tree.target());
    // As a user has it who says nothing.
    for name in ["CARGO_INCREMENTAL", "CARGO_PROFILE_DEV_DEBUG", "RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    cargo
}
