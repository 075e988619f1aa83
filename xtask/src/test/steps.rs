//! The steps, in their order: cheap ones first.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::{dependencies, linked, log::Log, nats_server, paths};
use crate::bench::gate::{self, Verdict};

/// One named part of the tests.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) run: fn(&mut Log) -> anyhow::Result<()>,
}

/// Every step.
pub(super) const STEPS: &[Step] = &[
    Step { name: "fmt", about: "the code is formatted", run: fmt },
    Step { name: "paths", about: "no file names a path of one machine", run: paths::check },
    Step { name: "clippy", about: "no warnings, all targets", run: clippy },
    Step { name: "benches", about: "no warnings in the benchmarks, a workspace of their own", run: benches },
    Step { name: "gate", about: "an event costs as many instructions as the baseline says", run: gate },
    Step { name: "features", about: "each library with each of its features alone", run: features },
    Step { name: "doc", about: "rustdoc of the libraries without warnings", run: doc },
    Step {
        name: "nats-server",
        about: "a NATS server for the tests, installed where there is none",
        run: nats_server::check,
    },
    Step { name: "test", about: "all tests, doctests included", run: test },
    Step { name: "hello", about: "the smallest program runs", run: hello },
    Step { name: "hello-size", about: "the smallest program needs few packages", run: hello_size },
    Step { name: "order-flow", about: "the orders of the sample run through", run: order_flow },
    Step { name: "ticket-router", about: "the tickets of the sample run through", run: ticket_router },
    Step {
        name: "worker-delegation",
        about: "the orders of the sample are answered, in both forms",
        run: worker_delegation,
    },
    Step { name: "linked", about: "handlers of library crates, in each profile", run: linked::check },
    Step {
        name: "dependencies",
        about: "licences, sources and duplicates (cargo-deny)",
        run: dependencies::check,
    },
];

/// The libraries: what is published.
const LIBRARIES: [&str; 4] = ["soorma", "soorma-common", "soorma-conformance", "soorma-macros"];

/// What is measured beside soorma stays out of its lock file.
const BENCHES: &str = "benches/Cargo.toml";

/// How many packages `hello` may consist of, itself included.
const HELLO_PACKAGES: usize = 45;

/// All tests, in two turns of what runs side by side: what keeps the processor busy, then what mostly waits, for a server or a lease. The
/// patterns are of names of integration tests; the last one takes all that the others do not.
const TURNS: [[&[&str]; 3]; 2] = [
    [&["--lib", "--bins"], &["--doc"], &["--test", "u*"]],
    [&["--test", "b*"], &["--test", "c*"], &["--test", "[!bcu]*"]],
];

/// How long an example may run; one that hangs shall not hang CI.
const EXAMPLE_TIME: Duration = Duration::from_secs(600);

/// The step of that name.
pub(super) fn named(name: &str) -> anyhow::Result<&'static Step> {
    STEPS.iter().find(|step| step.name == name).with_context(|| {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        format!("no step `{name}`; the steps are {}", names.join(", "))
    })
}

fn fmt(log: &mut Log) -> anyhow::Result<()> {
    component(log, "rustfmt", "fmt")?;
    for manifest in ["Cargo.toml", BENCHES, linked::MANIFEST] {
        log.cargo(&["fmt", "--manifest-path", manifest, "--all", "--check", "--", "--color", "never"])?;
    }
    Ok(())
}

fn clippy(log: &mut Log) -> anyhow::Result<()> {
    component(log, "clippy", "clippy")?;
    log.cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn benches(log: &mut Log) -> anyhow::Result<()> {
    // In the target directory of all others, where the dependencies are built already.
    log.cargo(&[
        "clippy",
        "--locked",
        "--manifest-path",
        BENCHES,
        "--target-dir",
        "target",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])
}

fn gate(log: &mut Log) -> anyhow::Result<()> {
    match gate::compare(&mut |line| log.line(line))? {
        Verdict::Passed(remark) | Verdict::Skipped(remark) => log.set_remark(remark),
        Verdict::Failed(why) => bail!(why),
    }
    Ok(())
}

fn features(log: &mut Log) -> anyhow::Result<()> {
    component(log, "clippy", "clippy")?;
    let metadata = log.cargo_output(&["metadata", "--locked", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut sets = 0;
    for package in metadata["packages"].as_array().context("cargo metadata names no packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        if !LIBRARIES.contains(&name) {
            continue;
        }
        let features = package["features"].as_object().into_iter().flat_map(|features| features.keys());
        let alone = features.map(String::as_str).filter(|feature| *feature != "default");
        for feature in std::iter::once("").chain(alone) {
            log.cargo(&[
                "clippy",
                "--locked",
                "--package",
                name,
                "--lib",
                "--no-default-features",
                "--features",
                feature,
                "--",
                "-D",
                "warnings",
            ])?;
            sets += 1;
        }
    }
    log.set_remark(format!("{sets} sets"));
    Ok(())
}

fn doc(log: &mut Log) -> anyhow::Result<()> {
    let mut args = vec!["doc", "--locked", "--no-deps", "--all-features"];
    args.extend(LIBRARIES.iter().flat_map(|library| ["--package", library]));
    log.cargo_with(&args, &[("RUSTDOCFLAGS", "-D warnings")], Duration::MAX)?;
    // A user's crate, whose documentation names handlers: each is a function, and beside it is a type of its name.
    log.cargo(&[
        "rustdoc",
        "--locked",
        "--package",
        "users-strict",
        "--lib",
        "--",
        "-D",
        "warnings",
        "-D",
        "rustdoc::all",
    ])
}

fn test(log: &mut Log) -> anyhow::Result<()> {
    log.cargo(&["test", "--locked", "--workspace", "--no-run"])?;
    let command = ["test", "--locked", "--workspace", "--no-fail-fast"];
    let ran = TURNS.map(|turn| log.cargo_side_by_side(&turn.map(|some| [&command, some].concat())));
    let tests = log.count_tests();
    log.set_remark(tests.to_string());
    ran.into_iter().collect::<anyhow::Result<()>>()?;
    ensure!(tests.passed > 0, "no test ran");
    Ok(())
}

fn hello(log: &mut Log) -> anyhow::Result<()> {
    log.cargo_with(&["run", "--locked", "--package", "hello"], &[], EXAMPLE_TIME)
}

fn hello_size(log: &mut Log) -> anyhow::Result<()> {
    let tree = ["tree", "--locked", "--package", "hello", "--edges", "normal,build", "--prefix", "none"];
    let tree = log.cargo_output(&tree)?;
    let packages: BTreeSet<String> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some(format!("{} {}", words.next()?, words.next()?))
        })
        .collect();
    for package in &packages {
        log.line(package);
    }
    if packages.len() > HELLO_PACKAGES {
        bail!("`hello` consists of {} packages; {HELLO_PACKAGES} are the budget", packages.len());
    }
    log.set_remark(format!("{} packages of {HELLO_PACKAGES}", packages.len()));
    Ok(())
}

fn order_flow(log: &mut Log) -> anyhow::Result<()> {
    log.cargo_with(&["run", "--locked", "--package", "order-flow"], &[], EXAMPLE_TIME)
}

fn ticket_router(log: &mut Log) -> anyhow::Result<()> {
    log.cargo_with(&["run", "--locked", "--package", "ticket-router"], &[], EXAMPLE_TIME)
}

fn worker_delegation(log: &mut Log) -> anyhow::Result<()> {
    for form in ["awaiting", "split"] {
        let run = ["run", "--locked", "--package", "worker-delegation", "--", "--form", form];
        log.cargo_with(&run, &[], EXAMPLE_TIME)?;
    }
    Ok(())
}

/// Installs a component of the toolchain where its command is missing.
fn component(log: &mut Log, component: &str, command: &str) -> anyhow::Result<()> {
    if log.cargo(&[command, "--version"]).is_ok() {
        return Ok(());
    }
    log.program("rustup", &["component", "add", component])
        .with_context(|| format!("`cargo {command}` is missing, and rustup did not install `{component}`"))
}
