//! What soorma costs on a real server; `cargo xtask bench backlog` and `cargo xtask bench cluster` build and start this.
//! Each command prints one table.

mod agent;
mod backlog;
mod cluster;
mod hearers;
mod load;
mod options;

use anyhow::bail;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("backlog") => backlog::run(args).await,
        Some("cluster") => cluster::run(args).await,
        // The process that `backlog` measures.
        Some("agent") => agent::run(args).await,
        _ => bail!("Usage: bench <backlog|cluster> [OPTIONS]; see `cargo xtask bench --help`"),
    }
}
