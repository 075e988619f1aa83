//! A process that does what its role says, and says so, until its standard input ends: `step_process <role> <url>`.
//! On its standard input it is told `go`, for which some of its work waits, or `request <number>`.

use std::time::Duration;

use anyhow::{Context, bail};
use soorma::{App, Handlers, Running, handlers, prelude::*};
use soorma_sqlite_tests::{Does, Done, Double, Doubled, Step};
use tokio::sync::{mpsc, watch};

/// What the process is told to be, and whether it was told to go.
struct Me {
    role: String,
    go: watch::Receiver<bool>,
}

impl Me {
    async fn take(&self, step: &Step) -> Done {
        println!("begin {}", step.number);
        match step.does {
            Does::Hang if self.role == "hangs" => std::future::pending().await,
            Does::Die => std::process::abort(),
            // The sender lives as long as the process.
            Does::Wait => drop(self.go.clone().wait_for(|go| *go).await),
            Does::Work | Does::Hang => tokio::time::sleep(Duration::from_millis(5)).await,
        }
        println!("end {}", step.number);
        Done { number: step.number }
    }
}

#[on_event(ordered)]
async fn step(step: Event<Step>, me: State<Me>) -> Done {
    me.take(&step).await
}

/// The same in the next version of the agent.
#[on_event(ordered, concurrency = 4, retry(max = 9))]
async fn next_step(step: Event<Step>, me: State<Me>) -> Done {
    me.take(&step).await
}

#[on_event]
async fn done(done: Event<Done>) {
    println!("done {}", done.number);
}

#[on_event(broadcast)]
async fn listen(step: Event<Step>) {
    println!("heard {}", step.number);
}

#[on_task]
async fn double(task: Task<Double>) -> Doubled {
    println!("doubles {}", task.number);
    Doubled { number: task.number * 2 }
}

#[on_result]
async fn hear(answer: TaskResult<Doubled>) -> anyhow::Result<()> {
    println!("heard {}", answer.into_result()?.number);
    Ok(())
}

/// The agent of a role, what it handles, and its lease in seconds.
fn agent(role: &str) -> anyhow::Result<(&'static str, Handlers, u64)> {
    Ok(match role {
        "works" | "hangs" => ("worker", handlers![step], 2),
        "works in the next version" => ("worker", handlers![next_step, done], 1),
        "listens" => ("listener", handlers![listen], 2),
        "asks" => ("asker", handlers![hear], 2),
        "hears the answers to others" => ("other", handlers![hear], 2),
        "doubles" => ("doubler", handlers![double], 2),
        _ => bail!("nobody is called `{role}`"),
    })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (role, url) = args.next().zip(args.next()).context("step_process <role> <url>")?;
    if role == "publishes" {
        return publish(&url).await;
    }
    let (agent, handlers, lease) = agent(&role)?;
    let (tell, go) = watch::channel(false);
    let app = App::builder(agent).handlers(handlers).state(Me { role, go });
    let running = app.broker_url(&url).store_url(&url).lease(Duration::from_secs(lease)).start().await?;
    println!("ready");
    obey(&running, &tell).await?;
    running.shutdown().await;
    Ok(())
}

/// Does what it is told, until that ends.
async fn obey(running: &Running, go: &watch::Sender<bool>) -> anyhow::Result<()> {
    let (says, mut said) = mpsc::channel(16);
    std::thread::spawn(move || std::io::stdin().lines().try_for_each(|line| says.blocking_send(line)));
    while let Some(line) = said.recv().await.transpose()? {
        match line.split_once(' ') {
            None if line == "go" => drop(go.send_replace(true)),
            Some(("request", number)) => {
                running.bus().request(Double { number: number.parse()? }).await?;
                println!("requested");
            }
            _ => bail!("nothing is called `{line}`"),
        }
    }
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
