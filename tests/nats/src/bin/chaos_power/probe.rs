//! Whether the rig does what it says: a first cut, with nobody but us on the disk. A rig that loses nothing would find every
//! broker good.

use std::{fs, fs::File, io::Write};

use anyhow::{Context, ensure};

use crate::{disk::Disk, shell};

const BLOCK: usize = 4_096;

/// Fails where a cut loses what was synced, or keeps what was not.
pub(crate) fn run(disk: &Disk) -> anyhow::Result<()> {
    let path = disk.path();
    let (ones, zeros) = ([1; BLOCK], [0; BLOCK]);
    let [synced, unsynced, unflushed] = ["synced", "unsynced", "unflushed"].map(|name| path.join(name));
    File::create(&unsynced)?.write_all(&ones)?;
    for (file, content) in [(&unflushed, &zeros), (&synced, &ones)] {
        let mut file = File::create(file)?;
        file.write_all(content)?;
        file.sync_all()?;
    }
    // Past the page cache, and no flush after it.
    let (from, to) = (format!("if={}", synced.display()), format!("of={}", unflushed.display()));
    shell::run("dd", [from.as_str(), &to, "bs=4096", "count=1", "oflag=direct", "conv=notrunc"])?;

    disk.freeze()?;
    let copied = disk.copy();
    disk.thaw()?;
    copied?;
    disk.put_back()?;

    let left = |file| fs::read(&file).with_context(|| format!("the first cut: {file:?}"));
    ensure!(left(synced.clone())? == ones, "the first cut has lost what was synced: this rig proves nothing");
    let kept = fs::read(&unsynced).unwrap_or_default();
    ensure!(kept.is_empty(), "the first cut has kept what was not synced: this rig proves nothing");
    let expected: &[u8] = if disk.flushed_only { &zeros } else { &ones };
    ensure!(
        left(unflushed.clone())? == expected,
        "what was written past the page cache, and not flushed, is {} after the first cut",
        if disk.flushed_only { "there" } else { "not there" }
    );
    for file in [synced, unsynced, unflushed] {
        let _ = fs::remove_file(file);
    }
    Ok(())
}
