//! Peak memory, as the kernel counts it, for runs of growing length.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};

use super::measure::{grouped, output, root};

const EVENTS: [u32; 3] = [100_000, 1_000_000, 3_000_000];
const ORDERS: [u32; 4] = [1_000, 10_000, 100_000, 200_000];

pub(super) fn run() -> anyhow::Result<()> {
    let root = root()?;
    let build = |folder: &Path, package: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        output(command.args(["build", "--release", "--locked"]).args(package).current_dir(folder))
    };
    build(&root.join("benches"), &[])?;
    build(&root, &["-p", "order-flow"])?;

    println!("| what | how many | peak resident |");
    println!("| --- | --- | --- |");
    for events in EVENTS {
        let mut program = Command::new(root.join("benches/target/release/soorma-benches"));
        program.args(["soorma", "small", &events.to_string(), "2"]);
        println!("| one handler, events of 100 B | {} | {} |", grouped(events.into()), peak(program)?);
    }
    let file = root.join("target/xtask/orders.jsonl");
    for orders in ORDERS {
        let lines = output(Command::new(std::env::current_exe()?).args(["orders", &orders.to_string()]))?;
        fs::write(&file, lines.stdout)?;
        let mut program = Command::new(root.join("target/release/order-flow"));
        program.arg("--orders").arg(&file);
        println!("| order-flow, orders | {} | {} |", grouped(orders.into()), peak(program)?);
    }
    fs::remove_file(&file)?;
    Ok(())
}

/// Runs a program to its end, and gives the highest peak that was seen.
fn peak(mut program: Command) -> anyhow::Result<String> {
    let mut child = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        if let Some(kilobytes) = fs::read_to_string(&status).ok().as_deref().and_then(high_water_mark) {
            peak = peak.max(kilobytes);
        }
        thread::sleep(Duration::from_millis(2));
    };
    ensure!(ended.success(), "`{}` failed", program.get_program().to_string_lossy());
    ensure!(peak > 0.0, "/proc has no `VmHWM`: this needs Linux");
    Ok(format!("{:.0} MB", peak / 1e3))
}

fn high_water_mark(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().context("VmHWM").ok()
}
