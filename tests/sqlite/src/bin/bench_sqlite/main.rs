//! What `sqlite:` costs; `cargo xtask bench sqlite` and `.. scaling` build and start this. Prints its tables; each run is a process of
//! its own, started by [`child`], so that CPU is counted for one thing alone.

mod app;
mod by_hand;
mod child;
mod commits;
mod fairness;
mod fill;
mod large;
mod latency;
mod meter;
mod options;
mod order;
mod processes;
mod rates;
mod table;

use anyhow::bail;

use self::options::Options;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        // A process that is measured.
        Some("child") => child::run(args),
        Some("sqlite") => {
            let options = Options::read(args)?;
            println!("{}", table::machine()?);
            for table in &options.only {
                match table.as_str() {
                    "rates" => rates::run(&options)?,
                    "fairness" => fairness::run(&options)?,
                    "latency" => latency::run()?,
                    "large" => large::run(&options)?,
                    other => bail!("no part `{other}`; see `cargo xtask bench --help`"),
                }
            }
            println!("\n{}", table::machine()?);
            Ok(())
        }
        Some("processes") => processes::run(&Options::read(args)?),
        _ => bail!("Usage: bench <sqlite|processes> [OPTIONS]; see `cargo xtask bench --help`"),
    }
}
