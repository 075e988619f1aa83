//! Where the server's program is.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

/// The version that `cargo xtask` installs.
const VERSION: &str = "2.15.1";

/// The oldest that will do.
const OLDEST: (u32, u32) = (2, 12);

/// The program: what `SOORMA_NATS_SERVER` names, else what `cargo xtask test` has installed, else the one on the
/// path.
///
/// # Errors
/// There is none, or it is too old.
pub fn find_server() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("SOORMA_NATS_SERVER") {
        let named = PathBuf::from(named);
        check(&named).with_context(|| format!("`SOORMA_NATS_SERVER` is `{}`", named.display()))?;
        return Ok(named);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let installed = root.join(format!("target/xtask/nats-server-{VERSION}/nats-server"));
    for candidate in [installed, PathBuf::from("nats-server")] {
        if check(&candidate).is_ok() {
            return Ok(candidate);
        }
    }
    let (major, minor) = OLDEST;
    bail!(
        "no nats-server {major}.{minor} or newer: set SOORMA_NATS_SERVER, put one on the path, \
         or run `cargo xtask test --only nats-server`"
    )
}

fn check(program: &Path) -> anyhow::Result<()> {
    let output = Command::new(program).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.rsplit('v').next().unwrap_or_default().trim();
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        bail!("`{}` is of version {version}", program.display());
    }
    Ok(())
}
