//! The conformance suite as a program: `cargo xtask conformance` runs it.

mod targets;

use std::{io::Write, process::ExitCode};

use anyhow::{Context, bail};
use soorma_conformance::{Options, Report, run};

const USAGE: &str = "\
What every broker must do, as a table of case by broker. Fails where a case fails.

Usage: cargo xtask conformance [OPTIONS]

Options:
  --broker NAME     Against this broker; may be given several times, all where it is not given
  --case IDS        Only these cases, separated by commas, for example C13
  --copies N        The suite N times, all at once, a namespace each
  --jobs N          How many cases run at once; 8
  --current-thread  On one thread
  --large           With large sizes, as SOORMA_CONFORMANCE=large
  --release         An optimised build
  --help            Prints this
";

/// What was asked for.
struct Asked {
    brokers: Vec<String>,
    options: Options,
    current_thread: bool,
}

fn asked() -> anyhow::Result<Option<Asked>> {
    let mut asked = Asked { brokers: Vec::new(), options: Options::default(), current_thread: false };
    asked.options.progress = true;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("`{argument}` takes a value"));
        match argument.as_str() {
            "--broker" => asked.brokers.push(value()?),
            "--case" => asked.options.only.extend(Options::only(&value()?).only),
            "--copies" => asked.options.copies = value()?.parse().context("`--copies` takes a number")?,
            "--jobs" => asked.options.jobs = value()?.parse().context("`--jobs` takes a number")?,
            "--current-thread" => asked.current_thread = true,
            "--large" => asked.options.large = true,
            "--help" | "-h" => return Ok(None),
            unknown => bail!("no option `{unknown}`\n\n{USAGE}"),
        }
    }
    for id in &asked.options.only {
        if soorma_conformance::all().iter().all(|case| case.id != id) {
            bail!("no case `{id}`");
        }
    }
    Ok(Some(asked))
}

fn main() -> ExitCode {
    conformance().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn conformance() -> anyhow::Result<ExitCode> {
    let Some(Asked { brokers, options, current_thread }) = asked()? else {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    let targets = targets::named(&brokers)?;
    let mut runtime = match current_thread {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let report = runtime.enable_all().build()?.block_on(async {
        let mut whole: Option<Report> = None;
        for target in targets {
            let report = run(target, &options).await;
            whole = Some(match whole {
                Some(whole) => whole.beside(report),
                None => report,
            });
        }
        whole.unwrap_or_default()
    });
    write!(std::io::stdout(), "{report}")?;
    Ok(report.exit_code())
}
