//! From one group to many on one topic of one server: what an event costs the server and the agents' process. Says each round as
//! JSON, for `cargo xtask bench scaling`, which has the table.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde_json::{Value, json};
use soorma::App;
use soorma_nats_tests::{NatsServer, Usage};

use crate::{
    hearers::{Heard, groups},
    load,
    options::rounds,
};

const GROUPS: [usize; 3] = [1, 8, 64];

/// How many events each of them gets, and how large they are.
const EVENTS: u64 = 2_000;
const BYTES: usize = 1_000;

pub(crate) async fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let rounds = rounds(args, 3)?;
    let mut all = Vec::new();
    // In turn, so that a change of the machine's mood meets all of them.
    for _ in 0..rounds {
        for groups in GROUPS {
            all.push(measure(groups).await?);
        }
    }
    println!("{}", json!(all));
    Ok(())
}

async fn measure(count: usize) -> anyhow::Result<Value> {
    let server = NatsServer::start()?;
    let id = server.id().context("the server has ended")?;
    let heard = Arc::new(Heard::new(Duration::ZERO));
    let app = App::builder("bench").broker_url(server.url()).handlers(groups(count)).state(heard.clone());
    let began = Instant::now();
    let app = app.start().await?;
    let started = began.elapsed();
    let usage = || anyhow::Ok((Usage::of(id)?, Usage::of(std::process::id())?));
    let (server_before, own_before) = usage()?;
    load::publish(&app.bus(), EVENTS, BYTES, 1).await?;
    heard.reaches(EVENTS * u64::try_from(count)?).await;
    let (server_after, own_after) = usage()?;
    app.shutdown().await;
    let an_event = |after: Usage, before: Usage| (after.cpu - before.cpu) * 1e6 / EVENTS as f64;
    Ok(json!({
        "groups": count,
        "start_ms": started.as_secs_f64() * 1e3,
        "server_cpu_us": an_event(server_after, server_before),
        "agents_cpu_us": an_event(own_after, own_before),
        "server_mb": server_after.resident as f64 / 1e3,
    }))
}
