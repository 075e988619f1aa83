//! `bench registry`: what it takes to register definitions and agents, and to find one's way among thousands of them.
//!
//! On `nats:` the reader is a process of its own; on `memory:`, which lives in one process, it reads the same store.

use std::{
    hint::black_box,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use soorma::{
    Catalogue, Clock, EventDefinition, EventPayload, Registry,
    store::{Key, Store},
};
use soorma_nats_tests::{NatsServer, Usage};
use tokio::task::block_in_place;

use crate::options::rounds;

const FIRST: usize = 1_000;
const ALL: usize = 10_000;
const AGENTS: usize = 100;

/// What each agent hears and what it publishes; each tenth hears a pattern besides.
const HEARD: usize = 10;

/// How often a question is asked, and how many changes are waited for.
const TIMES: u32 = 20;

const ROWS: [&str; 13] = [
    "register 1,000 definitions, new",
    "the same again, unchanged",
    "10,000 are read for the first time",
    "what that takes in the reader, MB",
    "`event(name)`",
    "`events()`, all",
    "`on_topic(..)`, 1,250 of them",
    "`on_topic(..)` and `is_actionable(..)`",
    "`events()` and `is_actionable(..)`, all",
    "`consumers(..)` of one",
    "`consumed_by(..)` one",
    "`schemas(..)` of one name",
    "a change is seen by the reader, which holds the picture",
];

/// A figure for each of [`ROWS`]: times in ms.
type Figures = [f64; ROWS.len()];

/// What a reader finds, from the third row on.
type Found = [f64; ROWS.len() - 2];

/// A payload of ordinary size.
#[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "bench.template", tags = ["bench", "orders"],
    when_to_use = "An order of a customer was changed by somebody, and whoever goes by it must know.")]
struct Template {
    /// Which order.
    order_id: String,
    /// Whose order.
    customer: Option<String>,
    /// In cents.
    total: u64,
    /// What is in it.
    lines: Vec<Line>,
}

/// One line of an order.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Line {
    /// Which article.
    sku: String,
    /// How many.
    quantity: u32,
}

pub(crate) async fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let rounds = rounds(args, 5)?;
    let (mut memory, mut nats) = (Vec::new(), Vec::new());
    // In turn, so that a change of the machine's mood meets both.
    for _ in 0..rounds {
        memory.push(on_memory().await?);
        nats.push(on_nats().await?);
    }
    println!("| | memory: | nats: |\n| --- | --- | --- |");
    for (row, name) in ROWS.into_iter().enumerate() {
        let middle = |all: &[Figures]| crate::median(all.iter().map(|figures| figures[row]).collect());
        println!("| {name} | {} | {} |", shown(name, middle(&memory)), shown(name, middle(&nats)));
    }
    let bytes = serde_json::to_vec(&definition(0))?.len();
    println!(
        "\nmedians of {rounds} rounds; {ALL} definitions of {bytes} bytes of JSON on eight topics, {AGENTS} agents"
    );
    Ok(())
}

fn shown(row: &str, figure: f64) -> String {
    match figure {
        megabytes if row.ends_with("MB") && megabytes > 0.0 => format!("{megabytes:.0}"),
        _ if row.ends_with("MB") => "-".to_owned(),
        ms if ms >= 1_000.0 => format!("{:.2} s", ms / 1e3),
        ms if ms >= 1.0 => format!("{ms:.1} ms"),
        ms => format!("{:.1} us", ms * 1e3),
    }
}

/// `catalogue URL`: the process that reads. Says what it found, and then how long each change took to be seen.
pub(crate) async fn reader(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let url = args.next().context("Usage: bench catalogue URL")?;
    let clock = Clock::system();
    let registry = Registry::new(soorma::connect::store(&url, &clock).await?, clock);
    let found = look(&registry).await?;
    let mut changes = registry.watch().await?;
    println!("{}", json!(found));
    for _ in 0..TIMES {
        let catalogue = changes.next().await.context("the registry is gone")?;
        println!("{}", seen(&catalogue)?);
    }
    Ok(())
}

async fn on_memory() -> anyhow::Result<Figures> {
    let clock = Clock::system();
    let store: Arc<dyn Store> = soorma::connect::store("memory:", &clock).await?;
    let writer = Registry::new(store.clone(), clock.clone());
    let registered = fill(&writer, &*store).await?;
    let registry = Registry::new(store, clock);
    let mut found = look(&registry).await?;
    // It shares its process with the store, and what was freed there.
    found[1] = 0.0;
    let mut changes = registry.watch().await?;
    let mut delays = Vec::new();
    for _ in 0..TIMES {
        let held = registry.catalogue().await?;
        change(&writer).await?;
        let catalogue = changes.next().await.context("the registry is gone")?;
        delays.push(seen(&catalogue)?);
        drop(held);
    }
    found[found.len() - 1] = crate::median(delays);
    Ok(figures(registered, found))
}

async fn on_nats() -> anyhow::Result<Figures> {
    let server = block_in_place(NatsServer::start)?;
    let clock = Clock::system();
    let store = soorma::connect::store(&server.url(), &clock).await?;
    let writer = Registry::new(store.clone(), clock);
    let registered = fill(&writer, &*store).await?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["catalogue", &server.url()])
        .stdout(Stdio::piped())
        .spawn()?;
    let told = tell(&mut child, &writer).await;
    // It may have ended by itself.
    let _ = child.kill();
    child.wait()?;
    Ok(figures(registered, told?))
}

async fn tell(child: &mut Child, writer: &Registry) -> anyhow::Result<Found> {
    let mut says = BufReader::new(child.stdout.take().context("no output")?).lines();
    let next = |says: &mut Lines<BufReader<ChildStdout>>| -> anyhow::Result<String> {
        block_in_place(|| Ok(says.next().context("the reader ended")??))
    };
    let mut found: Found = serde_json::from_str(&next(&mut says)?)?;
    let mut delays = Vec::new();
    for _ in 0..TIMES {
        change(writer).await?;
        delays.push(next(&mut says)?.parse()?);
    }
    found[found.len() - 1] = crate::median(delays);
    Ok(found)
}

fn figures([new, again]: [f64; 2], found: Found) -> Figures {
    let mut all = [new, again].into_iter().chain(found);
    std::array::from_fn(|_| all.next().unwrap_or(f64::NAN))
}

/// Registers everything; how long the first thousand took, and how long they took again.
async fn fill(registry: &Registry, store: &dyn Store) -> anyhow::Result<[f64; 2]> {
    let definitions: Vec<EventDefinition> = (0..ALL).map(definition).collect();
    let mut times = [0.0; 2];
    for time in &mut times {
        let began = Instant::now();
        registry.register(&definitions[..FIRST]).await?;
        *time = ms(began.elapsed());
    }
    registry.register(&definitions[FIRST..]).await?;
    for number in 0..AGENTS {
        let key = Key::from(["registry", "agents", &format!("agent-{number}"), "1"]);
        store.put(&key, serde_json::to_vec(&agent(number))?, None).await?;
    }
    Ok(times)
}

fn definition(number: usize) -> EventDefinition {
    let topic = topic(number);
    EventDefinition { event_name: name(number), topic, ..EventDefinition::of::<Template>() }
}

fn name(number: usize) -> String {
    format!("shop-{}.order.changed-{number}", number % 100)
}

fn topic(number: usize) -> soorma::EventTopic {
    let all = soorma::EventTopic::ALL;
    all[number % all.len()]
}

fn agent(number: usize) -> serde_json::Value {
    let event = |number: usize| json!({ "topic": topic(number), "event_name": name(number), "version": 1 });
    let mut capabilities: Vec<_> = (0..HEARD)
        .map(|heard| {
            let (consumed, produced) = (number * HEARD + heard, number * HEARD + heard + FIRST);
            json!({ "handler": "bench::handle", "attribute": "on_event", "description": "Does what is to be done.",
                "consumes": event(consumed), "produces": [event(produced)] })
        })
        .collect();
    if number.is_multiple_of(10) {
        let pattern = json!({ "topic": topic(number), "event_name": format!("shop-{number}.>") });
        capabilities
            .push(json!({ "handler": "bench::observe", "attribute": "on_event", "consumes": pattern }));
    }
    json!({ "name": format!("agent-{number}"), "instance": "1", "since": "2026-01-17T10:30:00Z",
        "capabilities": capabilities })
}

/// Everything but the last row, which the changes give.
async fn look(registry: &Registry) -> anyhow::Result<Found> {
    let resident = || anyhow::Ok(Usage::of(std::process::id())?.resident as f64 / 1e3);
    let before = resident()?;
    let began = Instant::now();
    let catalogue = registry.catalogue().await?;
    let first = ms(began.elapsed());
    let taken = resident()? - before;
    ensure!(
        catalogue.definitions().count() == ALL && catalogue.agents().count() == AGENTS,
        "not everything is there"
    );
    let of = |number: usize| catalogue.event(&name(number)).context("a definition is missing");
    let (one, some) = (of(0)?, topic(0));
    Ok([
        first,
        taken,
        time(|| usize::from(catalogue.event(&name(5_000)).is_some())),
        time(|| catalogue.events().count()),
        time(|| catalogue.on_topic(some).count()),
        time(|| catalogue.on_topic(some).filter(|one| catalogue.is_actionable(one)).count()),
        time(|| catalogue.events().filter(|one| catalogue.is_actionable(one)).count()),
        time(|| catalogue.consumers(one).count()),
        time(|| catalogue.consumed_by("agent-0").count()),
        time(|| catalogue.schemas("Template", 1).count()),
        0.0,
    ])
}

/// The median time of a question, in ms.
fn time(question: impl Fn() -> usize) -> f64 {
    let once = |_| {
        let began = Instant::now();
        black_box(question());
        ms(began.elapsed())
    };
    crate::median((0..TIMES).map(once).collect())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Registers a definition that says when it was changed.
async fn change(registry: &Registry) -> anyhow::Result<()> {
    let description = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos().to_string();
    registry.register(&[EventDefinition { description, ..definition(0) }]).await?;
    Ok(())
}

/// How long ago it was, in ms.
fn seen(catalogue: &Catalogue) -> anyhow::Result<f64> {
    let changed: u128 = catalogue.event(&name(0)).context("it is gone")?.description.parse()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    Ok(now.saturating_sub(changed) as f64 / 1e6)
}
