//! `order-flow` on a real broker while its processes, and the server, are killed; `cargo xtask chaos` builds and starts
//! this. Owns the order of things: start, kill, wait, count. What is counted is what a plain client reads from the
//! broker: nothing of the framework has a say in it.

mod broker;
mod deliveries;
mod file;
mod fire;
mod fleet;
mod options;
mod orders;
mod plain;
mod process;
mod random;
mod records;
mod verdict;

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};

use self::{broker::Broker, fire::Fire, fleet::Fleet, options::Options, records::Records, verdict::Verdict};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::read(std::env::args().skip(1))?;
    let placed = orders::names(&options.orders)?;
    let mut broker = Broker::start(&options, |url| provision(&options, url)).await?;
    let mut fleet = Fleet::start(&options, broker.url())?;
    let fired = Fire::new(&options, placed.len()).run(&mut broker, &mut fleet).await;
    let stopped = fleet.stop();
    // Of use whatever became of the run.
    broker.keep_log(&options.logs);
    let fired = fired?;

    let records = Records::read(&broker, &placed).await?;
    let counted_again = broker.counted_again()?;
    let verdict = Verdict { fired, stopped, records, deliveries: broker.repeated(), counted_again };
    print!("{verdict}");
    Ok(if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes every durable before the first order is placed, so that nobody misses one.
fn provision(options: &Options, url: &str) -> anyhow::Result<()> {
    let mut command = Command::new(&options.program);
    command.args(["provision", "--broker", url]).stdin(Stdio::null());
    let output = command.output().context("cannot run `order-flow`")?;
    ensure!(output.status.success(), "provision: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
