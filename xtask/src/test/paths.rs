//! A text check: no tracked file names a path that exists on one machine only.

use std::fs;

use anyhow::bail;

use super::log::Log;

/// Where this project happened to be written. In pieces, or this file would be found.
const FORBIDDEN: [&str; 2] = [concat!("/wo", "rk/"), concat!("/tm", "p/h")];

/// Looks through every file that git tracks.
pub(super) fn check(log: &mut Log) -> anyhow::Result<()> {
    let files = log.output("git", &["ls-files", "-z"])?;
    let (mut looked, mut found) = (0, 0);
    for file in files.split('\0').filter(|file| !file.is_empty()) {
        // A file that is tracked and gone is git's to report.
        let Ok(bytes) = fs::read(log.root().join(file)) else { continue };
        looked += 1;
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            if let Some(path) = FORBIDDEN.iter().find(|path| line.contains(**path)) {
                log.line(&format!("{file}:{}: names `{path}`", number + 1));
                found += 1;
            }
        }
    }
    if found > 0 {
        bail!("{found} lines name a path that exists on one machine only");
    }
    log.set_remark(format!("{looked} files"));
    Ok(())
}
