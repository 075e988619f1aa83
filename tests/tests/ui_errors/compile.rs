//! Compiles all cases at once and gathers what rustc says of each.

use std::{collections::HashMap, env, fs, path::Path, process::Command};

use anyhow::ensure;
use serde_json::Value;

use super::{diagnostic::Diagnostic, project::Project};

/// What rustc says, by the name of the case.
pub(crate) fn compile(project: &Project) -> anyhow::Result<HashMap<String, Vec<Diagnostic>>> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui-errors-target");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&project.dir)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.args(["check", "--quiet", "--offline", "--bins", "--keep-going", "--message-format=json"]);
    let output = cargo.output()?;
    ensure_locked(project)?;

    let cases: HashMap<_, _> = project.cases.iter().map(|case| (case.program(), &case.name)).collect();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")) {
        let line: Value = serde_json::from_slice(line)?;
        let case = line["target"]["name"].as_str().and_then(|program| cases.get(program));
        if let (Some(case), Some(read)) = (case, Diagnostic::read(&line["message"])) {
            found.entry((*case).clone()).or_default().push(read);
        }
    }
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(!found.is_empty(), "`cargo check` compiled no case:\n{told}");
    Ok(found)
}

/// Cargo took out of the copied lock file what the cases do not need, and put nothing in.
fn ensure_locked(project: &Project) -> anyhow::Result<()> {
    let packages = |path: &Path| -> anyhow::Result<Vec<String>> {
        let lock = fs::read_to_string(path)?;
        let packages = lock.split("[[package]]").skip(1);
        Ok(packages.map(|package| package.lines().skip(1).take(2).collect::<Vec<_>>().join(", ")).collect())
    };
    let workspace = packages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"))?;
    for package in packages(&project.dir.join("Cargo.lock"))? {
        let own = package.starts_with("name = \"ui-errors\"");
        ensure!(own || workspace.contains(&package), "{package}: not in the workspace's Cargo.lock");
    }
    Ok(())
}
