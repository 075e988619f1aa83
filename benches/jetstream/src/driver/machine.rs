//! On what it was measured.

use std::process::Command;

use async_nats::Client;
use serde::Serialize;

use super::python::Python;

#[derive(Serialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) system: String,
    pub(super) versions: Vec<(String, String)>,
}

impl Machine {
    pub(super) fn look(client: &Client, python: &Python) -> Self {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let kernel =
            Command::new("uname").arg("-sr").output().map(|output| output.stdout).unwrap_or_default();
        let mut versions = vec![("nats-server".to_owned(), client.server_info().version.clone())];
        let locked = include_str!("../../Cargo.lock");
        for package in ["soorma", "async-nats", "ruststream", "ruststream-nats"] {
            versions.push((package.to_owned(), locked_versions(locked, package)));
        }
        versions.extend(python.versions());
        Self {
            processor: model.map_or("unknown", |(_, name)| name.trim()).to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            system: String::from_utf8_lossy(&kernel).trim().to_owned(),
            versions,
        }
    }
}

/// The versions of a package in a lock file; two where two are linked.
fn locked_versions(lock: &str, package: &str) -> String {
    let named = format!("name = \"{package}\"");
    let lines: Vec<&str> = lock.lines().collect();
    let version =
        |pair: &[&str]| (pair[0] == named).then(|| pair[1].trim_start_matches("version = ").replace('"', ""));
    lines.windows(2).filter_map(version).collect::<Vec<_>>().join(" and ")
}
