//! A process that is measured: started with `child WHAT FILE NUMBER..`, it prints what it has measured as one line of JSON.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};

use crate::{app, by_hand, commits, fairness, large, latency, options::number};

/// The numbers behind the file.
pub(crate) struct Numbers(Vec<f64>);

impl Numbers {
    pub(crate) fn get(&self, place: usize) -> anyhow::Result<f64> {
        self.0.get(place).copied().context("too few numbers")
    }
}

pub(crate) fn run(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let (what, file) = args.next().zip(args.next()).context("Usage: bench child WHAT FILE NUMBER..")?;
    let numbers = args.map(|arg| number("NUMBER", &arg)).collect::<anyhow::Result<_>>()?;
    let numbers = Numbers(numbers);
    commits::count()?;
    let said = match what.as_str() {
        "hand-publish" => serde_json::to_string(&by_hand::publish(&file, &numbers)?)?,
        "hand-consume" => serde_json::to_string(&by_hand::consume(&file, &numbers)?)?,
        what => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let url = format!("sqlite:{file}");
            runtime.block_on(async {
                anyhow::Ok(match what {
                    "prepare" => serde_json::to_string(&app::prepare(&url).await?)?,
                    "publish" => serde_json::to_string(&app::publish(&url, &numbers).await?)?,
                    "consume" => serde_json::to_string(&app::consume(&url, &numbers).await?)?,
                    "both" => serde_json::to_string(&fairness::both(&url, &numbers).await?)?,
                    "wait" => serde_json::to_string(&latency::wait(&url, &numbers).await?)?,
                    "send" => serde_json::to_string(&latency::send(&url, &numbers).await?)?,
                    "forget" => serde_json::to_string(&large::forget(&url).await?)?,
                    other => anyhow::bail!("nothing is called `{other}`"),
                })
            })?
        }
    };
    println!("{said}");
    Ok(())
}

/// Starts one.
pub(crate) fn start(what: &str, file: &Path, parameters: &str, numbers: &[f64]) -> anyhow::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("child").arg(what).arg(format!("{}{parameters}", file.display()));
    command.args(numbers.iter().map(f64::to_string)).stdout(Stdio::piped()).stdin(Stdio::null());
    command.spawn().context("no process can be started")
}

/// What it has measured.
pub(crate) fn said<T: serde::de::DeserializeOwned>(child: Child) -> anyhow::Result<T> {
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "a process that is measured failed");
    let text = String::from_utf8(output.stdout)?;
    serde_json::from_str(text.trim()).with_context(|| format!("a process said `{text}`"))
}

/// Both.
pub(crate) fn measure<T: serde::de::DeserializeOwned>(
    what: &str,
    file: &Path,
    numbers: &[f64],
) -> anyhow::Result<T> {
    said(start(what, file, "", numbers)?)
}
