//! What the workers do, and the process that does it: ends when its standard input does.

use std::{
    fs::File,
    io::{Read, Write},
    time::Duration,
};

use anyhow::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soorma::{
    App, handlers,
    prelude::{EventPayload, State, Task, on_task},
};

/// For how long a delivery is one worker's.
pub(crate) const LEASE: Duration = Duration::from_secs(5);

/// A task: three delegations, and a side effect.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "plan.requested", response = Planned)]
pub(crate) struct Plan {
    pub(crate) number: u64,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "plan.done")]
pub(crate) struct Planned {
    pub(crate) number: u64,
    /// The number, and 0, 1 and 2 more.
    pub(crate) parts: [u64; 3],
}

/// What is delegated.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "part.requested", response = Part)]
struct NeedPart {
    number: u64,
    more: u64,
}

/// The answer to it.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "part.done")]
struct Part {
    part: u64,
}

/// The world outside: a file to which every effect is a line, written by one call.
struct World(File);

#[on_task(agent = "planner")]
async fn plan(task: Task<Plan>, world: State<World>) -> anyhow::Result<Planned> {
    let number = task.number;
    let part = |more| task.delegate(NeedPart { number, more });
    // Two at once, and one after the effect.
    let (first, second) = tokio::try_join!(part(0), part(1)).map_err(anyhow::Error::from)?;
    let noted: u64 = task
        .step("note", |key| {
            let line = format!("{key} {number} {}\n", std::process::id());
            let written = (&world.0).write_all(line.as_bytes());
            async move {
                written?;
                anyhow::Ok(number)
            }
        })
        .await?;
    let third = part(2).await?;
    Ok(Planned { number: noted, parts: [first.part, second.part, third.part] })
}

#[on_task(agent = "maker")]
async fn make(task: Task<NeedPart>) -> Part {
    Part { part: task.number + task.more }
}

/// `worker AGENT URL EFFECTS`
pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut next = || args.next().context("Usage: chaos_tasks worker AGENT URL EFFECTS");
    let (agent, url, effects) = (next()?, next()?, next()?);
    let world = World(File::options().create(true).append(true).open(effects)?);
    let app = App::builder("chaos").broker_url(url).handlers(handlers![plan, make]).agents([agent]);
    let app = app.lease(LEASE).state(world).start().await?;
    tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await??;
    app.shutdown().await;
    Ok(())
}
