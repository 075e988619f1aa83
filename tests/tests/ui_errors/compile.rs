//! Compiles all cases at once and gathers what rustc says of each.

use std::{
    collections::HashMap,
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{
    diagnostic::Diagnostic,
    project::{Case, Project},
};

/// By the name of the case.
pub(crate) fn compile(project: &Project) -> HashMap<String, Vec<Diagnostic>> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui-errors-target");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&project.dir).stderr(Stdio::inherit());
    cargo.env("CARGO_TARGET_DIR", &target).env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS");
    cargo.args(["check", "--quiet", "--offline", "--bins", "--keep-going", "--message-format=json"]);
    let output = cargo.output().unwrap();
    keep_versions(project);

    let programs: HashMap<String, &Case> =
        project.cases.iter().map(|case| (Case::program(&case.name), case)).collect();
    let mut found: HashMap<String, Vec<Diagnostic>> = HashMap::new();
    let mut last = String::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        if message["reason"] != "compiler-message" {
            continue;
        }
        message["target"]["name"].as_str().unwrap_or_default().clone_into(&mut last);
        let (Some(case), Some(read)) = (programs.get(&last), Diagnostic::read(&message["message"])) else {
            continue;
        };
        found.entry(case.name.clone()).or_default().push(read);
    }
    found
}

/// Every package of the cases is one of the workspace's, in the same version.
fn keep_versions(project: &Project) {
    let packages = |path: &Path| -> Vec<String> {
        let lock = fs::read_to_string(path).unwrap();
        let packages = lock.split("[[package]]").skip(1);
        packages.map(|package| package.lines().skip(1).take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    let workspace = packages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"));
    for package in packages(&project.dir.join("Cargo.lock")) {
        assert!(package.contains("ui-errors") || workspace.contains(&package), "{package} is not locked");
    }
}
