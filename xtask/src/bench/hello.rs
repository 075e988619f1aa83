//! The smallest program: how many packages, how long to build, how large, how soon it is ready.

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::ensure;

use super::measure::{children_cpu, grouped, median, output, root};

const BUILDS: usize = 3;
const STARTS: usize = 101;

pub(super) fn run() -> anyhow::Result<()> {
    let root = root()?;
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(args).current_dir(&root);
        command
    };
    let tree = ["tree", "--locked", "-p", "hello", "-e", "normal,build", "--prefix", "none"];
    let tree = output(&mut cargo(&tree))?;
    let packages: BTreeSet<String> = String::from_utf8_lossy(&tree.stdout)
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();

    let target = root.join("target/xtask/bench-hello");
    let mut builds = Vec::new();
    for _ in 0..BUILDS {
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let before = children_cpu()?;
        output(cargo(&["build", "--release", "--locked", "-p", "hello"]).env("CARGO_TARGET_DIR", &target))?;
        builds.push(children_cpu()? - before);
    }
    let program = target.join("release/hello");
    let size = fs::metadata(&program)?.len();

    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let mut child = Command::new(&program)
            .env("SOORMA_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        // Its handler has heard the greeting of its start-up hook: later than ready.
        if let Some(stdout) = child.stdout.take() {
            std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut String::new())?;
        }
        starts.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(child.wait()?.success(), "hello failed");
    }
    println!("| `hello` on `memory:` | measured | budget |");
    println!("| --- | --- | --- |");
    println!("| packages, itself included | {} | 45 |", packages.len());
    println!("| clean release build, CPU | {:.1} s (median of {BUILDS}) | 30 s |", median(builds));
    println!(
        "| from start to its first event handled | {:.1} ms (median of {STARTS}) | 5 ms |",
        median(starts)
    );
    println!("| binary | {} KB | |", grouped(size as f64 / 1e3));
    Ok(())
}
