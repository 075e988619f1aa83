//! The linker trap: handlers in a library crate that nothing in the program names are not linked.
//!
//! Builds the programs of `tests/linked` as users do, in each profile, and runs them. One that forgets its handlers
//! says so and what to write; one that names their crate has them, whatever the linker removes.

use std::{
    fmt::Write,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};

use super::log::Log;

/// Profiles are those of a workspace, so these programs have one of their own.
pub(super) const MANIFEST: &str = "tests/linked/Cargo.toml";

/// A profile, and the folder that cargo gives it.
const PROFILES: [(&str, &str); 3] = [("dev", "debug"), ("release", "release"), ("fat", "fat")];

/// How long a program may run: each ends by itself, at once.
const RUN_TIME: Duration = Duration::from_secs(30);

/// What a program says that forgets its handlers.
const NO_HANDLERS: &str = "no handlers found. If they are in a library crate (also this package's own src/lib.rs), \
     name it: #[soorma::main(name = \"..\", handlers_in = [my_agents])]";

/// A program, and what it is to do.
struct Program {
    name: &'static str,
    does: Does,
}

enum Does {
    /// Exits with 1, and says why.
    FindsNothing,
    /// Has so many handlers, and prints this.
    Runs { handlers: usize, prints: &'static [&'static str] },
}

const PROGRAMS: [Program; 6] = [
    Program { name: "own-forgets", does: Does::FindsNothing },
    Program { name: "own-names", does: Does::Runs { handlers: 1, prints: &["own: order 7"] } },
    Program {
        name: "own-mentions",
        does: Does::Runs { handlers: 1, prints: &["hello from own", "own: order 7"] },
    },
    Program { name: "forgets", does: Does::FindsNothing },
    Program { name: "names", does: Does::Runs { handlers: 1, prints: &["orders: order 7"] } },
    Program {
        name: "two",
        does: Does::Runs { handlers: 2, prints: &["orders: order 7", "billing: closed"] },
    },
];

/// Builds and runs each program in each profile.
pub(super) fn check(log: &mut Log) -> anyhow::Result<()> {
    let mut wrong = String::new();
    for (profile, folder) in PROFILES {
        let args = ["build", "--locked", "--manifest-path", MANIFEST, "--target-dir", "target"];
        log.cargo(&[&args[..], &["--profile", profile]].concat())?;
        let folder = log.root().join("target").join(folder);
        for Program { name, does } in &PROGRAMS {
            let output = run(&folder, name)?;
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            log.line(&format!("{profile}/{name}: {}\n{out}{err}", output.status));
            if let Err(error) = does.check(name, output.status.code(), &out, &err) {
                write!(wrong, "\n{profile}/{name}: {error}")?;
            }
        }
    }
    if !wrong.is_empty() {
        bail!("{wrong}");
    }
    log.set_remark(format!("{} programs", PROGRAMS.len() * PROFILES.len()));
    Ok(())
}

impl Does {
    fn check(&self, name: &str, code: Option<i32>, out: &str, err: &str) -> anyhow::Result<()> {
        match self {
            Self::FindsNothing => {
                ensure!(code == Some(1), "exit code {code:?}, not 1");
                ensure!(err == format!("{name}: {NO_HANDLERS}\n"), "another text");
                ensure!(out.is_empty(), "prints something");
            }
            Self::Runs { handlers, prints } => {
                ensure!(code == Some(0), "exit code {code:?}, not 0");
                ensure!(err.contains(&format!(" handlers={handlers}\n")), "not {handlers} handlers");
                for line in *prints {
                    ensure!(out.lines().any(|printed| printed == *line), "does not print `{line}`");
                }
            }
        }
        Ok(())
    }
}

fn run(folder: &Path, name: &str) -> anyhow::Result<Output> {
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut child = Command::new(&program)
        .env("SOORMA_LOG", "info")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > RUN_TIME {
            child.kill()?;
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(child.wait_with_output()?)
}
