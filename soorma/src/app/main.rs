//! The main that `#[soorma::main]` generates: command line, logging, signals, exit code.

use std::{io::Write, process::ExitCode};

use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::{
    App, AppBuilder, Running, Shutdown,
    command_line::{Command, CommandLine, Format},
};
use crate::{
    BoxFuture,
    race::{First, race},
};

/// What the attribute knows of the program.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The agent that handlers belong to where they name none.
    pub name: &'static str,
    /// The crates that are linked because the attribute names them.
    pub handlers_in: &'static [&'static str],
    /// The version of the package.
    pub version: &'static str,
    /// The doc comment of `main`.
    pub description: &'static str,
}

/// Everything went well.
const OK: u8 = 0;
/// The app did not start, a shutdown hook failed, or the broker gave nothing more.
const FAILED: u8 = 1;
/// The command line makes no sense.
const USAGE: u8 = 2;
/// The grace period was over, and handlers were given up; their events come back elsewhere.
const ABANDONED: u8 = 3;

/// What the program's own `main` does to the builder. Boxed, so that all of this is compiled once, with this crate.
type Configure = Box<dyn FnOnce(AppBuilder) -> BoxFuture<'static, anyhow::Result<AppBuilder>>>;

/// Runs a program of agents until it is asked to stop, by a signal or by itself.
#[must_use]
pub fn main(
    about: About,
    configure: impl FnOnce(AppBuilder) -> BoxFuture<'static, anyhow::Result<AppBuilder>> + 'static,
) -> ExitCode {
    start(about, Box::new(configure))
}

fn start(about: About, configure: Configure) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ExitCode::from(fail(about.name, FAILED, &error.to_string())),
    };
    let code = runtime.block_on(run(about, configure));
    // A handler that blocks its thread must not keep a program alive that has drained.
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn run(about: About, configure: Configure) -> u8 {
    let name = about.name;
    let line = match CommandLine::read(std::env::args_os().skip(1), |name| std::env::var(name).ok()) {
        Ok(line) => line,
        Err(error) => return fail(name, USAGE, &error),
    };
    if line.version {
        return print(&format!("{name} {}\n", about.version));
    }
    if let Err(error) = start_logging() {
        return fail(name, USAGE, &error);
    }
    let (help, command) = (line.help, line.command);
    let app = match configure(line.apply(App::builder(name).handlers_in(about.handlers_in))).await {
        Ok(app) => app,
        Err(_) if help => App::builder(name),
        Err(error) => return fail(name, FAILED, &whole(&error)),
    };
    if help {
        let arguments = app.arguments.help();
        let description = about.description.trim();
        return print(&format!("{name} {}\n{description}\n\n{arguments}", about.version));
    }
    if let Some(error) = app.arguments.unknown() {
        return fail(name, USAGE, &error);
    }
    match command {
        Command::Describe(format) => return describe(&app, format),
        Command::Provision { prune } => {
            return match app.provision(prune).await {
                Ok(provisioned) => print(&provisioned.to_string()),
                Err(error) => fail(name, FAILED, &whole(&error.into())),
            };
        }
        Command::Run => {}
    }
    let running = match app.start().await {
        Ok(running) => running,
        Err(error) => return fail(name, FAILED, &whole(&error.into())),
    };
    until_stopped(running).await
}

fn describe(app: &AppBuilder, format: Format) -> u8 {
    let text = app.describe().map_err(anyhow::Error::from).and_then(|description| match format {
        Format::Table => Ok(description.to_string()),
        Format::Json => Ok(serde_json::to_string_pretty(&description)? + "\n"),
    });
    match text {
        Ok(text) => print(&text),
        Err(error) => fail(&app.name, FAILED, &whole(&error)),
    }
}

/// Waits for a signal or for the app's own wish, then drains. A second signal ends the drain.
async fn until_stopped(running: Running) -> u8 {
    race(running.stopped(), signal()).await;
    match race(running.shutdown(), signal()).await {
        First::Left(Shutdown { abandoned: 0, failed_hooks: 0, deaf_subscriptions: 0 }) => OK,
        First::Left(Shutdown { abandoned: 0, .. }) => FAILED,
        _ => ABANDONED,
    }
}

/// SIGINT or, on Unix, SIGTERM.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            race(interrupt.recv(), terminate.recv()).await;
            return;
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        return;
    }
    tracing::warn!("signals cannot be heard; the program runs until it stops by itself");
    std::future::pending::<()>().await;
}

/// Logs to stderr, filtered by `SOORMA_LOG`: `info` where nothing is said, or for example `warn,soorma=debug`.
fn start_logging() -> Result<(), String> {
    let filter = std::env::var("SOORMA_LOG").unwrap_or_else(|_| "info".to_owned());
    let targets: Targets = filter.parse().map_err(|error| format!("SOORMA_LOG=`{filter}`: {error}"))?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A program that has set up its own logging keeps it.
    let _ = tracing_subscriber::registry().with(layer).with(targets).try_init();
    Ok(())
}

/// An error with its causes, a line each.
fn whole(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join("\n  caused by: ")
}

fn print(text: &str) -> u8 {
    // A closed pipe is no reason to complain.
    let _ = std::io::stdout().write_all(text.as_bytes());
    OK
}

fn fail(name: &str, code: u8, error: &str) -> u8 {
    let _ = writeln!(std::io::stderr(), "{name}: {error}");
    code
}
