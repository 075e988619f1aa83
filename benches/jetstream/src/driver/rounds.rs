//! Rounds: every variant in every case, one after the other, beginning with another variant each time.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use async_nats::Client;
use tokio::{process::Command, time::timeout};

use super::{Options, figures::Figures, python::Python};
use crate::{Case, Run, Variant, hand, meter::Measured, plan::IN_FLIGHT, server::Server, soorma};

/// Much longer than any run takes that ends.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn run(
    options: &Options,
    (url, server): (&str, Server),
    client: &Client,
    python: &Python,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let variants: Vec<Variant> = Variant::ALL
        .iter()
        .copied()
        .filter(|variant| *variant != Variant::FastStream || python.is_there())
        .collect();
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for (place, case) in Case::ALL.iter().copied().enumerate() {
            for (turn, in_flight) in IN_FLIGHT.into_iter().enumerate() {
                for step in 0..variants.len() {
                    let variant = variants[(round + place + turn + step) % variants.len()];
                    if !variant.has(case) {
                        continue;
                    }
                    let events = case.events(variant, in_flight, options.events);
                    let run = Run { case, in_flight, events, url: url.to_owned() };
                    let measured = one(variant, &run, server, client, python).await;
                    let name = variant.name();
                    let measured = measured
                        .with_context(|| format!("{name}, {}, {in_flight} in flight", case.name()))?;
                    figures.add(variant, case, in_flight, measured);
                }
            }
        }
    }
    Ok(())
}

/// What there is before the clock runs.
pub(crate) async fn prepare(variant: Variant, run: &Run, client: &Client) -> anyhow::Result<()> {
    match variant {
        Variant::Soorma => soorma::prepare(run).await,
        _ => hand::prepare(client, variant.form(), run).await,
    }
}

async fn one(
    variant: Variant,
    run: &Run,
    server: Server,
    client: &Client,
    python: &Python,
) -> anyhow::Result<Measured> {
    let output = match output(variant, run, server, client, python).await? {
        Some(output) => output,
        // FastStream hangs now and then, with everything acknowledged: once in some hundred runs of a chain.
        None if variant == Variant::FastStream => {
            eprintln!(
                "{}, {}, {} in flight: not done after {PATIENCE:?}; again",
                variant.name(),
                run.case.name(),
                run.in_flight
            );
            let again = output(variant, run, server, client, python).await?;
            again.context("twice")?
        }
        None => bail!("it is not done after {PATIENCE:?}"),
    };
    ensure!(output.status.success(), "it failed:\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("it said nothing that can be read")
}

/// What a run says; nothing where it does not end.
async fn output(
    variant: Variant,
    run: &Run,
    server: Server,
    client: &Client,
    python: &Python,
) -> anyhow::Result<Option<Output>> {
    prepare(variant, run, client).await?;
    let mut command = match variant {
        Variant::FastStream => python.peer()?.into(),
        _ => {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["run", variant.name()]);
            command
        }
    };
    let numbers = [run.in_flight.to_string(), run.events.to_string()];
    command.arg(run.case.name()).args(numbers).arg(&run.url).stdin(Stdio::null()).kill_on_drop(true);
    if variant != Variant::FastStream {
        command.args(server.arguments());
    }
    let ended = timeout(PATIENCE, command.output()).await;
    let removed = hand::remove_streams(client).await;
    let output = ended.ok().transpose()?;
    removed?;
    Ok(output)
}
