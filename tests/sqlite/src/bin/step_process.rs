//! A process that handles [`Step`]s and says so, until its standard input ends: `step_process <role> <url>`.

use std::{io::Read, time::Duration};

use anyhow::Context;
use soorma::{App, handlers, prelude::*};
use soorma_sqlite_tests::{Does, Step};

/// What the process is told to be.
struct Role(String);

#[on_event(agent = "worker", ordered)]
async fn step(step: Event<Step>, role: State<Role>) {
    println!("begin {}", step.number);
    match step.does {
        Does::Hang if role.0 == "hangs" => std::future::pending().await,
        Does::Die => std::process::abort(),
        Does::Work | Does::Hang => tokio::time::sleep(Duration::from_millis(5)).await,
    }
    println!("end {}", step.number);
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (role, url) = args.next().zip(args.next()).context("step_process <role> <url>")?;
    if role == "publishes" {
        return publish(&url).await;
    }
    let app = App::builder("worker").handlers(handlers![step]).state(Role(role));
    let running = app.broker_url(&url).store_url(&url).lease(Duration::from_secs(2)).start().await?;
    println!("ready");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    running.shutdown().await;
    Ok(())
}

/// Publishes without end, and says which are stored.
async fn publish(url: &str) -> anyhow::Result<()> {
    let client = Client::connect(url, "publisher").await?;
    for number in 0.. {
        client.publish(Step { number, key: number.to_string(), does: Does::Work }).await?;
        println!("stored {number}");
    }
    Ok(())
}
