//! A disk that can lose its power: an image with ext4, mounted by a loop device. The image lies on a stand, a file system
//! of its own that can be frozen. From then on nothing that the disk is told gets into the image, and what it holds is what the
//! block layer had been given at that moment: dirty pages of the disk's file system are not among it.
//!
//! With `flushed_only` there is one more layer: the image holds an ext4 on which the disk is a file, written through the page
//! cache, as through the cache of a real disk. What the disk was told to write, and not to flush, is lost as well.
//!
//! Knows nothing of who writes. Needs root, and programs of Linux.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};

use crate::shell;

/// How large the programs' file system is, in bytes.
const SIZE: u64 = 1 << 30;

/// What every layer above may need for itself.
const MORE: u64 = 256 << 20;

const PROGRAMS: [&str; 6] = ["cp", "dd", "fsfreeze", "mkfs.ext4", "mount", "umount"];

/// A disk of one's own. Dropping it unmounts and removes it.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    pub(crate) flushed_only: bool,
    /// Does the same where this process dies.
    guard: Child,
}

impl Disk {
    /// An empty one; its images and mount points are in `folder`.
    pub(crate) fn make(folder: &Path, flushed_only: bool) -> anyhow::Result<Self> {
        for program in PROGRAMS {
            ensure!(
                shell::is_there(program),
                "a power cut needs the program `{program}`, and it is not there"
            );
        }
        let user = shell::run("id", ["-u"])?;
        ensure!(user.trim() == "0", "a power cut needs root, because it mounts a file system of its own");
        let loops = Path::new("/dev/loop-control").exists();
        ensure!(loops, "a power cut needs loop devices, and there is no `/dev/loop-control`");

        let guard = guard(folder)?;
        let disk = Self { folder: folder.to_owned(), flushed_only, guard };
        for name in ["stand", "cache", "disk"] {
            fs::create_dir_all(disk.at(name))?;
        }
        disk.format("stand.img", SIZE + 3 * MORE, &["-O", "^has_journal"])?;
        disk.mount("stand.img", "stand")?;
        if flushed_only {
            disk.format("stand/image", SIZE + 2 * MORE, &[])?;
            disk.mount("stand/image", "cache")?;
            // Every block is there from the start: no write to the disk changes more than its own blocks.
            let zeros = io::Read::take(io::repeat(0), SIZE);
            io::copy(
                &mut io::BufReader::with_capacity(1 << 20, zeros),
                &mut File::create(disk.at("cache/image"))?,
            )?;
            disk.format("cache/image", SIZE, &[])?;
            File::open(disk.at("cache/image"))?.sync_all()?;
            disk.mount("cache/image", "disk")?;
        } else {
            disk.format("stand/image", SIZE, &[])?;
            disk.mount("stand/image", "disk")?;
        }
        Ok(disk)
    }

    /// Where the programs' files go.
    pub(crate) fn path(&self) -> PathBuf {
        self.at("disk")
    }

    /// From now on nothing reaches the image: whoever waits for it waits until [`thaw`](Self::thaw).
    pub(crate) fn freeze(&self) -> anyhow::Result<()> {
        shell::run("fsfreeze", ["-f".as_ref(), self.at("stand").as_os_str()]).map(drop)
    }

    /// Keeps what the frozen image holds.
    pub(crate) fn copy(&self) -> anyhow::Result<()> {
        self.cp("stand/image", "cut.img")
    }

    /// The image takes again what it is told.
    pub(crate) fn thaw(&self) -> anyhow::Result<()> {
        shell::run("fsfreeze", ["-u".as_ref(), self.at("stand").as_os_str()]).map(drop)
    }

    /// The disk comes up with what was kept, and its journals are replayed. Nobody may use it now.
    pub(crate) fn put_back(&self) -> anyhow::Result<()> {
        shell::run("umount", [self.at("disk")])?;
        if self.flushed_only {
            shell::run("umount", [self.at("cache")])?;
        }
        self.cp("cut.img", "stand/image")?;
        if self.flushed_only {
            self.mount("stand/image", "cache")?;
            self.mount("cache/image", "disk")
        } else {
            self.mount("stand/image", "disk")
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// An image with ext4, as large as that; a file that is there already keeps its blocks.
    fn format(&self, image: &str, size: u64, more: &[&str]) -> anyhow::Result<()> {
        let image = self.at(image);
        File::options().create(true).write(true).truncate(false).open(&image)?.set_len(size)?;
        // Nothing is left for the kernel to do later, beside the load.
        let mut args = vec!["-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"];
        args.extend(more);
        let args = args.into_iter().map(AsRef::as_ref).chain([image.as_os_str()]);
        shell::run("mkfs.ext4", args).map(drop)
    }

    /// The loop device goes with the mount.
    fn mount(&self, image: &str, at: &str) -> anyhow::Result<()> {
        let (image, at) = (self.at(image), self.at(at));
        shell::run("mount", ["-o".as_ref(), "loop".as_ref(), image.as_os_str(), at.as_os_str()]).map(drop)
    }

    fn cp(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let (from, to) = (self.at(from), self.at(to));
        shell::run("cp", ["--sparse=always".as_ref(), from.as_os_str(), to.as_os_str()]).map(drop)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The guard does it, as if this process had died.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A shell that waits for the end of this process, and then takes everything down; it outlives what ends their whole group.
/// Who still writes is killed by guards of their own, and may have to wait for the disk until then.
fn guard(folder: &Path) -> anyhow::Result<Child> {
    let script = r#"trap '' HUP INT TERM; read -r _; cd "$1" || exit
        fsfreeze -u stand
        umount -l disk; umount -l cache; umount -l stand
        rm -f cut.img stand.img; rmdir disk cache stand"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(folder).stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("no shell")
}
