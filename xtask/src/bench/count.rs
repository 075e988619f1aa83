//! Counting what an event costs in `benches/`: instructions by callgrind, allocations by DHAT, both within the frame that the
//! program is built around.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::measure::{output, root};

/// The frame whose work counts, as callgrind and DHAT name it.
const FRAME: &str = "soorma_benches::measured::measured";

/// How many events are handled before any counts: past what a topic keeps, and short of where its memory of ids doubles.
const BEFORE: &str = "11000";

/// How many count.
const EVENTS: u32 = 3_000;

/// One program, as the arguments of `soorma-benches` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) who: &'static str,
    pub(super) case: &'static str,
    pub(super) payload: &'static str,
    /// `whole`, or `delivery` alone.
    pub(super) scope: &'static str,
}

impl Case {
    fn arguments(&self, before: &str, events: &str) -> [String; 6] {
        [self.who, self.case, self.payload, self.scope, before, events].map(str::to_owned)
    }
}

/// The built program.
pub(super) struct Benches(PathBuf);

impl Benches {
    /// Builds it, into a folder of its own wherever others build; with or without those who are measured beside soorma.
    pub(super) fn build(peers: bool) -> anyhow::Result<Self> {
        let folder = root()?.join("benches");
        let target = folder.join(if peers { "target" } else { "target/gate" });
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--locked", "--target-dir"]).arg(&target);
        if !peers {
            cargo.arg("--no-default-features");
        }
        // The profile is that of `benches/Cargo.toml`, whatever somebody's shell says.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
                cargo.env_remove(name);
            }
        }
        output(cargo.current_dir(folder))?;
        Ok(Self(target.join("release/soorma-benches")))
    }

    /// Instructions an event.
    pub(super) fn instructions(&self, case: Case) -> anyhow::Result<f64> {
        // Nobody else keeps anything.
        let before = if case.who == "soorma" { BEFORE } else { "1000" };
        Ok(self.collected(case, before, EVENTS)? / f64::from(EVENTS))
    }

    /// Instructions of a start.
    pub(super) fn starting(&self, case: Case) -> anyhow::Result<f64> {
        self.collected(Case { scope: "start", ..case }, "0", 0)
    }

    /// What is resident in KB: after the start, and when each handler has been at work.
    pub(super) fn resident(&self, case: Case) -> anyhow::Result<[f64; 2]> {
        let arguments = Case { scope: "start", ..case }.arguments("1000", "1000");
        let said = output(Command::new(&self.0).args(arguments))?;
        let said = String::from_utf8_lossy(&said.stdout);
        let (started, at_work) = said.trim().split_once(' ').context("two figures")?;
        Ok([started.parse()?, at_work.parse()?])
    }

    /// Instructions within the frame.
    fn collected(&self, case: Case, before: &str, events: u32) -> anyhow::Result<f64> {
        let toggle = format!("--toggle-collect={FRAME}*");
        let options = ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no", &toggle];
        let report = self.valgrind(&options, case, before, events)?;
        let (_, from) = report.split_once("Collected : ").context("callgrind printed no `Collected`")?;
        let collected: f64 = from.split_whitespace().next().unwrap_or_default().parse()?;
        ensure!(collected > 0.0, "callgrind has not found the frame `{FRAME}`");
        Ok(collected)
    }

    /// Allocations an event: what DHAT has seen below the frame.
    pub(super) fn allocations(&self, case: Case) -> anyhow::Result<f64> {
        let file = self.0.with_extension("dhat.json");
        let out = format!("--dhat-out-file={}", file.display());
        self.valgrind(&["--tool=dhat", "--num-callers=200", &out], case, "1000", EVENTS)?;
        let profile =
            std::fs::read(&file).with_context(|| format!("DHAT has written no {}", file.display()))?;
        Ok(blocks(&serde_json::from_slice(&profile)?)? / f64::from(EVENTS))
    }

    /// Events a second, on two threads.
    pub(super) fn rate(&self, case: Case, events: &str) -> anyhow::Result<f64> {
        let timed =
            output(Command::new(&self.0).args(Case { scope: "time", ..case }.arguments("0", events)))?;
        Ok(String::from_utf8_lossy(&timed.stdout).trim().parse()?)
    }

    fn valgrind(&self, options: &[&str], case: Case, before: &str, events: u32) -> anyhow::Result<String> {
        let mut command = Command::new("valgrind");
        command.args(options).arg(&self.0).args(case.arguments(before, &events.to_string()));
        // What somebody's shell has set must not count: with `RUST_BACKTRACE` each error of `anyhow` costs 69,000 instructions.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        Ok(String::from_utf8_lossy(&output(&mut command)?.stderr).into_owned())
    }
}

/// Whether valgrind is there, and which.
pub(super) fn valgrind() -> Option<String> {
    let version = output(Command::new("valgrind").arg("--version")).ok()?;
    Some(String::from_utf8_lossy(&version.stdout).trim().to_owned())
}

/// The blocks whose stack has the frame in it, in the form of DHAT's file of version 2.
fn blocks(profile: &Value) -> anyhow::Result<f64> {
    let frames = profile["ftbl"].as_array().context("no table of frames in DHAT's file")?;
    let counts = |frame: &Value| {
        let index = frame.as_u64().and_then(|index| usize::try_from(index).ok());
        let name = index.and_then(|index| frames.get(index)?.as_str());
        name.is_some_and(|name| name.contains(FRAME))
    };
    let points = profile["pps"].as_array().context("no points in DHAT's file")?;
    let within = points.iter().filter(|point| point["fs"].as_array().is_some_and(|fs| fs.iter().any(counts)));
    Ok(within.filter_map(|point| point["tbk"].as_f64()).fold(0.0, |sum, blocks| sum + blocks))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_allocated_below_the_frame_counts() {
        let frame = format!("0x1: {FRAME} (in /soorma-benches)");
        let profile = json!({
            "ftbl": ["[root]", frame, "0x2: main (in /soorma-benches)"],
            "pps": [{"tbk": 30, "fs": [2, 1]}, {"tbk": 5, "fs": [2]}, {"tbk": 12, "fs": [1]}],
        });
        assert_eq!(blocks(&profile).ok(), Some(42.0));
    }
}
