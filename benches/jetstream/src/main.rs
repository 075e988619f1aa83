//! Throughput and latency on JetStream, beside the plain client and beside peers; `cargo xtask bench jetstream` builds and
//! starts this. Without arguments, or with options, it drives: a server, rounds, the table. `run ..` is one variant in
//! one case, in a process of its own, and `prepare ..` makes what that one finds on the server: whoever counts instructions
//! runs one after the other.

mod driver;
mod hand;
mod meter;
mod order;
mod plan;
mod ruststream;
mod server;
mod side_by_side;
mod soorma;

use anyhow::{Context, bail};

use self::{
    meter::Meter,
    plan::{Case, Run, Variant},
    server::Server,
    side_by_side::side_by_side,
};

fn main() -> anyhow::Result<()> {
    // As many workers as the other variants' runtimes have by default.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        // As a task, and not on the thread that waits for it: each hop to that one costs more than most of what is measured.
        Some("run") => runtime.block_on(async { tokio::spawn(measured(args)).await? }),
        Some("prepare") => runtime.block_on(prepared(args)),
        _ => runtime.block_on(driver::run(args.into_iter())),
    }
}

/// What there is before a run.
async fn prepared(args: Vec<String>) -> anyhow::Result<()> {
    let [_, variant, case, in_flight, events, url] = &args[..] else {
        bail!("usage: prepare VARIANT CASE IN_FLIGHT EVENTS URL");
    };
    let run = Run::read(case, in_flight, events, url)?;
    driver::prepare(variant.parse()?, &run, &async_nats::connect(&run.url).await?).await
}

/// One run; says what was measured as a line of JSON.
async fn measured(args: Vec<String>) -> anyhow::Result<()> {
    let [_, variant, case, in_flight, events, url, process, monitor] = &args[..] else {
        bail!("usage: run VARIANT CASE IN_FLIGHT EVENTS URL SERVERS-PROCESS MONITOR-PORT");
    };
    let variant: Variant = variant.parse()?;
    let run = Run::read(case, in_flight, events, url)?;
    let server = Server::new(process.parse().context("PROCESS")?, monitor.parse().context("PORT")?);
    let meter = Meter::install(run.events, server);
    match variant {
        Variant::Hand | Variant::HandInEnvelopes | Variant::HandAhead => {
            hand::run(&run, variant.form(), variant == Variant::HandAhead, meter).await?
        }
        Variant::Soorma => soorma::run(&run, meter).await?,
        Variant::RustStream => ruststream::run(&run, meter).await?,
        Variant::FastStream => bail!("that is a program in Python"),
    }
    println!("{}", serde_json::to_string(&meter.measured()?)?);
    Ok(())
}
