//! What soorma costs on a real server; `cargo xtask bench ask`, `.. backlog`, `.. cluster` and `.. registry` build and start this.
//! Each command prints one table.

mod agent;
mod ask;
mod backlog;
mod cluster;
mod groups;
mod hearers;
mod load;
mod options;
mod registry;

use anyhow::bail;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("ask") => ask::run(args).await,
        Some("backlog") => backlog::run(args).await,
        Some("cluster") => cluster::run(args).await,
        Some("registry") => registry::run(args).await,
        // What `cargo xtask bench scaling` makes a table of.
        Some("groups") => groups::run(args).await,
        // The process that `registry` has read.
        Some("catalogue") => registry::reader(args).await,
        // The process that `backlog` measures.
        Some("agent") => agent::run(args).await,
        _ => bail!("Usage: bench <ask|backlog|cluster|registry> [OPTIONS]; see `cargo xtask bench --help`"),
    }
}

/// The middle of some figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
