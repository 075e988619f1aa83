//! What figures were measured on and with.

use std::{path::Path, process::Command};

use anyhow::Context;
use serde_json::{Value, json};

use super::{
    count,
    measure::{output, root},
};

/// What instruction counts depend on besides the code: figures of two machines compare where all of it is the same.
pub(super) fn toolchain() -> anyhow::Result<Value> {
    let rustc = |args: &[&str]| -> anyhow::Result<String> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let printed = output(Command::new(rustc).args(args).current_dir(root()?))?;
        Ok(String::from_utf8_lossy(&printed.stdout).trim().to_owned())
    };
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut print: Vec<&str> = flags.split_whitespace().collect();
    print.extend(["--print", "cfg"]);
    let cfg = rustc(&print)?;
    let named = |name: &str| -> Vec<&str> {
        cfg.lines().filter_map(|line| line.strip_prefix(name)?.strip_suffix('"')).collect()
    };
    Ok(json!({
        "rustc": rustc(&["--version"])?,
        "target": named("target_arch=\"").join(""),
        "features": named("target_feature=\""),
        "flags": flags,
        "libc": libc(),
        // Valgrind passes it on, and libc then copies with it.
        "avx2": proc("/proc/cpuinfo", "flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "avx2")),
        "valgrind": count::valgrind(),
    }))
}

/// The machine, for people.
pub(super) fn machine() -> Value {
    json!({
        "cpu": proc("/proc/cpuinfo", "model name"),
        "threads": std::thread::available_parallelism().map_or(0, |threads| threads.get()),
        "memory": proc("/proc/meminfo", "MemTotal"),
        "system": std::fs::read_to_string("/proc/sys/kernel/osrelease").map(|release| release.trim().to_owned()).ok(),
    })
}

/// The versions of some packages that `benches/` is built with.
pub(super) fn versions(packages: &[&str]) -> anyhow::Result<Value> {
    let lock = root()?.join("benches/Cargo.lock");
    let lock = std::fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let version = |package: &&str| {
        let found = lock.split_once(&format!("name = \"{package}\"\nversion = \""));
        let version = found.and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned);
        ((*package).to_owned(), json!(version))
    };
    Ok(Value::Object(packages.iter().map(version).collect()))
}

/// The first line of `ldd --version`, where it is glibc's.
fn libc() -> Option<String> {
    let printed = output(Command::new("ldd").arg("--version")).ok()?;
    String::from_utf8_lossy(&printed.stdout).lines().next().map(str::to_owned)
}

fn proc(file: impl AsRef<Path>, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
