//! `order-flow` on a real server while its processes and the server are killed; `cargo xtask chaos` builds and starts
//! this. Owns the order of things: start, kill, wait, count. What is counted is what a plain client reads from the
//! streams: nothing of the framework has a say in it.

mod deliveries;
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
use soorma_nats_tests::NatsServer;

use self::{
    deliveries::Deliveries, fire::Fire, fleet::Fleet, options::Options, plain::Plain, records::Records,
    verdict::Verdict,
};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::read(std::env::args().skip(1))?;
    let placed = orders::names(&options.orders)?;
    let mut server = NatsServer::start()?;
    let url = server.url_with(&options.parameters);
    provision(&options, &url)?;

    let plain = Plain::connect(&server.url()).await?;
    plain.sample_every_delivery().await?;
    let deliveries = Deliveries::listen(&plain).await?;
    let mut fleet = Fleet::start(&options, &url)?;
    let fired = Fire::new(&options, placed.len()).run(&plain, &mut server, &mut fleet).await;
    let stopped = fleet.stop();
    // Of use whatever became of the run; the server's directory goes with it.
    let _ = std::fs::copy(server.directory().join("server.log"), options.logs.join("server.log"));
    let fired = fired?;

    let records = Records::read(&plain, &placed).await?;
    let verdict = Verdict { fired, stopped, records, deliveries: deliveries.heard() };
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
