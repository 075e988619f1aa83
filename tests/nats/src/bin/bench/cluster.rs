//! `bench cluster`: what an agent's durables cost on three servers with replicated streams, and on one: how long until
//! it is ready, what the servers take when nothing happens, what is published and heard.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use soorma::{App, AppBuilder};
use soorma_nats_tests::{NatsCluster, NatsServer, Usage};
use tokio::task::block_in_place;

use crate::{
    hearers::{Heard, hearers},
    load, median,
    options::rounds,
};

const HANDLERS: [usize; 2] = [1, 200];
const SERVERS: [usize; 2] = [1, 3];

/// For so long it is watched what the servers do when nothing happens.
const IDLE: Duration = Duration::from_secs(5);

/// What is published as fast as it goes, and what one at a time.
const EVENTS: u64 = 20_000;
const TRICKLE: u64 = 400;
const BYTES: usize = 1_000;

const ROWS: [(&str, usize); 15] = [
    ("provision, s", 2),
    ("start, s", 2),
    ("second start, s", 2),
    ("servers' memory before, MB", 0),
    ("servers' memory after, MB", 0),
    ("servers' CPU before, % of a core", 1),
    ("servers' CPU after, % of a core", 1),
    ("files", 0),
    ("disk, KB", 0),
    ("published a second", 0),
    ("handled a second meanwhile", 0),
    ("servers' CPU an event, us", 0),
    ("agent's CPU an event, us", 0),
    ("publish to handler, median, ms", 2),
    ("publish to handler, p99, ms", 2),
];

/// A figure for each of [`ROWS`].
type Figures = [f64; ROWS.len()];

pub(crate) async fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let rounds = rounds(args, 3)?;
    let columns: Vec<(usize, usize)> =
        SERVERS.into_iter().flat_map(|servers| HANDLERS.map(|handlers| (servers, handlers))).collect();
    let mut all: Vec<Vec<Figures>> = vec![Vec::new(); columns.len()];
    // In turn, so that a change of the machine's mood meets all of them.
    for _ in 0..rounds {
        for ((servers, handlers), figures) in columns.iter().zip(&mut all) {
            figures.push(measure(*servers, *handlers).await?);
        }
    }
    let heads =
        columns.iter().map(|(servers, handlers)| format!(" {servers} server(s), {handlers} handler(s) |"));
    println!("| |{}", heads.collect::<String>());
    println!("| --- |{}", " --- |".repeat(columns.len()));
    for (row, (name, digits)) in ROWS.into_iter().enumerate() {
        let cells = all.iter().map(|figures| {
            let middle = median(figures.iter().map(|figures| figures[row]).collect());
            format!(" {middle:.digits$} |")
        });
        println!("| {name} |{}", cells.collect::<String>());
    }
    println!(
        "\nmedians of {rounds} rounds in turn; streams on three servers have three replicas, memory and CPU are theirs together"
    );
    Ok(())
}

/// One server, or a cluster.
enum Servers {
    One(NatsServer),
    Several(NatsCluster),
}

impl Servers {
    fn start(count: usize) -> anyhow::Result<Self> {
        Ok(if count == 1 {
            Self::One(NatsServer::start()?)
        } else {
            Self::Several(NatsCluster::start(count)?)
        })
    }

    fn url(&self) -> String {
        match self {
            Self::One(server) => server.url(),
            Self::Several(cluster) => format!("{}?replicas={}", cluster.url(), cluster.servers.len()),
        }
    }

    fn all(&self) -> &[NatsServer] {
        match self {
            Self::One(server) => std::slice::from_ref(server),
            Self::Several(cluster) => &cluster.servers,
        }
    }

    fn usage(&self) -> anyhow::Result<Usage> {
        let mut sum = Usage::default();
        for id in self.all().iter().filter_map(NatsServer::id) {
            let usage = Usage::of(id)?;
            sum.resident += usage.resident;
            sum.cpu += usage.cpu;
        }
        Ok(sum)
    }

    /// Memory in MB, and CPU in percent of a core.
    async fn idle(&self) -> anyhow::Result<(f64, f64)> {
        if let Self::Several(cluster) = self {
            block_in_place(|| cluster.wait_until_whole())?;
        }
        let before = self.usage()?;
        let began = Instant::now();
        tokio::time::sleep(IDLE).await;
        let after = self.usage()?;
        let cpu = (after.cpu - before.cpu) / began.elapsed().as_secs_f64();
        Ok((after.resident as f64 / 1e3, cpu * 100.0))
    }

    /// How many files there are, and how many KB they take.
    fn disk(&self) -> anyhow::Result<(f64, f64)> {
        let mut sum = (0.0, 0.0);
        for server in self.all() {
            count(&server.directory().join("store"), &mut sum)?;
        }
        Ok(sum)
    }
}

fn count(folder: &Path, sum: &mut (f64, f64)) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // The server may have removed it.
        let Ok(found) = entry.metadata() else { continue };
        if found.is_dir() {
            count(&entry.path(), sum)?;
        } else {
            sum.0 += 1.0;
            // In units of 512 bytes, whatever the file system.
            sum.1 += found.blocks() as f64 / 2.0;
        }
    }
    Ok(())
}

async fn measure(servers: usize, handlers: usize) -> anyhow::Result<Figures> {
    let servers = block_in_place(|| Servers::start(servers))?;
    let heard = Arc::new(Heard::new(Duration::ZERO));
    let app = || -> AppBuilder {
        App::builder("bench").broker_url(servers.url()).handlers(hearers(handlers)).state(heard.clone())
    };
    let (memory_before, cpu_before) = servers.idle().await?;
    let began = Instant::now();
    app().provision(false).await?;
    let provision = began.elapsed();
    let began = Instant::now();
    app().start().await?.shutdown().await;
    let first = began.elapsed();
    let began = Instant::now();
    let running = app().start().await?;
    let second = began.elapsed();
    let (memory_after, cpu_after) = servers.idle().await?;
    let (files, disk) = servers.disk()?;

    let bus = running.bus();
    let own = || Usage::of(std::process::id());
    let (servers_before, own_before) = (servers.usage()?, own()?);
    let began = Instant::now();
    load::publish(&bus, EVENTS, BYTES, handlers).await?;
    let published = began.elapsed();
    heard.reaches(EVENTS).await;
    let handled = began.elapsed();
    let an_event = |after: Usage, before: Usage| (after.cpu - before.cpu) * 1e6 / EVENTS as f64;
    let (servers_cpu, own_cpu) = (an_event(servers.usage()?, servers_before), an_event(own()?, own_before));
    let rate = |time: Duration| EVENTS as f64 / time.as_secs_f64();
    heard.latencies();
    load::trickle(&bus, TRICKLE, BYTES, handlers).await?;
    heard.reaches(EVENTS + TRICKLE).await;
    let mut latencies: Vec<f64> = heard.latencies().iter().map(|one| one.as_secs_f64() * 1e3).collect();
    latencies.sort_by(f64::total_cmp);
    let p99 = latencies.get(latencies.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    running.shutdown().await;
    Ok([
        provision.as_secs_f64(),
        first.as_secs_f64(),
        second.as_secs_f64(),
        memory_before,
        memory_after,
        cpu_before,
        cpu_after,
        files,
        disk,
        rate(published),
        rate(handled),
        servers_cpu,
        own_cpu,
        median(latencies),
        p99,
    ])
}
