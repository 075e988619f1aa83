//! What the macros cost the compiler: an agent with 200 handlers and 200 payloads, against code written by hand
//! that decodes, dispatches and answers with the same types.
//!
//! Both programs are packages of a workspace of their own under `target`, and only they are compiled while the
//! clock runs: what they depend on was built before. CPU seconds, because those are not changed by what else the
//! machine does as much as the time on the clock is.

mod programs;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use self::programs::{PROGRAMS, Program};
use super::measure::{children_cpu, median, output, root};

/// How many handlers, and how many payloads.
const HANDLERS: usize = 200;
const RUNS: usize = 5;
const RELEASE_RUNS: usize = 3;

/// What is measured: a name, the arguments of cargo, how often, and the budget as a ratio.
const MEASURES: [(&str, &[&str], usize, &str); 3] = [
    ("`cargo check`", &["check"], RUNS, "2.0"),
    ("`cargo build`", &["build"], RUNS, "2.0"),
    ("`cargo build --release`", &["build", "--release"], RELEASE_RUNS, ""),
];

pub(super) fn run() -> anyhow::Result<()> {
    let root = root()?;
    let workspace = Workspace::write(&root)?;
    println!("| {HANDLERS} handlers, {HANDLERS} payloads, CPU | by hand | soorma | ratio | budget |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, args, runs, budget) in MEASURES {
        let [by_hand, soorma] = workspace.measure(args, runs)?;
        let ratio = soorma / by_hand;
        println!("| {name} | {by_hand:.2} s | {soorma:.2} s | {ratio:.2} | {budget} |");
    }
    println!("| generated lines, a handler | | {} | | |", generated(&root, "on_event", 1)?);
    println!("| generated lines, a payload | | {} | | |", generated(&root, "event_payload", 0)?);
    println!(
        "\nuser and system, not incremental, dependencies built before; medians of {RUNS} interleaved runs \
         ({RELEASE_RUNS} for release)"
    );
    Ok(())
}

/// How many lines the macro writes: those of its snapshot below the input, without the user's function, which stands
/// there once more in one line.
fn generated(root: &Path, snapshot: &str, users: usize) -> anyhow::Result<usize> {
    let file = root.join("soorma-macros/snapshots").join(snapshot).with_extension("rs");
    let text = fs::read_to_string(file)?;
    let (_, expansion) = text.split_once("\n\n").context("a snapshot begins with its input")?;
    Ok(expansion.lines().count() - users)
}

/// The two packages.
struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    fn write(root: &Path) -> anyhow::Result<Self> {
        let folder = root.join("target/xtask/bench-compile");
        for program in PROGRAMS {
            let package = folder.join(program.name);
            fs::create_dir_all(package.join("src"))?;
            fs::write(package.join("Cargo.toml"), (program.manifest)(root))?;
            fs::write(package.join("src/main.rs"), (program.source)(HANDLERS))?;
        }
        let members = PROGRAMS.map(|program| format!("{:?}", program.name)).join(", ");
        fs::write(
            folder.join("Cargo.toml"),
            format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"),
        )?;
        // The versions that the workspace is tested with.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder })
    }

    /// Compiles each program `runs` times, in turn; the medians, in the order of [`PROGRAMS`].
    fn measure(&self, args: &[&str], runs: usize) -> anyhow::Result<[f64; 2]> {
        for program in PROGRAMS {
            self.compile(program, args)?;
        }
        let mut figures = [Vec::new(), Vec::new()];
        for _ in 0..runs {
            for (program, figures) in PROGRAMS.into_iter().zip(&mut figures) {
                figures.push(self.compile(program, args)?);
            }
        }
        Ok(figures.map(median))
    }

    /// Compiles one program, and that alone: its source is new, and nothing else is.
    fn compile(&self, program: Program, args: &[&str]) -> anyhow::Result<f64> {
        let source = self.folder.join(program.name).join("src/main.rs");
        fs::write(&source, (program.source)(HANDLERS))?;
        let before = children_cpu()?;
        let mut command = Command::new(env!("CARGO"));
        command.args(args).args(["-p", program.name]).current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", self.folder.join("target")).env("CARGO_INCREMENTAL", "0");
        output(&mut command)?;
        Ok(children_cpu()? - before)
    }
}
