//! Where a file lies, and whether it still lies there. Knows paths and file systems; must not know what is in the file.

#[cfg(not(target_os = "linux"))]
use std::fs;
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::FileError;

/// The one name of a file, whatever links lead to it, for the files beside it are named after that; or what is wrong
/// with it.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, String> {
    match path.canonicalize() {
        Ok(path) if path.is_dir() => Err("it is a folder; name a file in it".to_owned()),
        Ok(path) => Ok(path),
        Err(_) if path.is_symlink() => Err("it is a link to nothing".to_owned()),
        Err(_) => {
            let name = path.file_name().ok_or("it must name a file, as in `sqlite:soorma.db`")?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            match folder.canonicalize() {
                Ok(folder) if folder.is_dir() => Ok(folder.join(name)),
                Ok(_) => Err(format!("`{}` is no folder", folder.display())),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Err(format!("the folder `{}` does not exist; make it first", folder.display()))
                }
                Err(error) => Err(format!("the folder `{}` cannot be used: {error}", folder.display())),
            }
        }
    }
}

/// A path with something at its end: the files beside a database are named so.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// What a file system means for a file that processes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// A disk of this machine, as far as is known.
    Local,
    /// Memory: gone with the machine's power.
    Memory,
    /// It may be a network, and it may not: who knows what is behind it.
    Unclear(&'static str),
    /// SQLite's write-ahead log is shared memory, and the locks of network file systems are none: a file there would
    /// be damaged as soon as two machines use it.
    Network(&'static str),
}

impl Ground {
    /// What is below a folder.
    pub(super) fn of(folder: &Path) -> Self {
        #[cfg(target_os = "linux")]
        if let Some(magic) =
            rustix::fs::statfs(folder).ok().and_then(|found| u32::try_from(found.f_type & 0xffff_ffff).ok())
        {
            return Self::by_magic(magic);
        }
        let _ = folder;
        Self::Local
    }

    /// From linux/magic.h, and the sources of those that are not in it.
    fn by_magic(magic: u32) -> Self {
        match magic {
            0x0000_6969 => Self::Network("NFS"),
            0x0000_517b => Self::Network("SMB"),
            0xff53_4d42 => Self::Network("CIFS"),
            0xfe53_4d42 => Self::Network("SMB2"),
            0x5346_414f | 0x6b41_4653 => Self::Network("AFS"),
            0x00c3_6400 => Self::Network("Ceph"),
            0x7375_7245 => Self::Network("Coda"),
            0x0bd0_0bd0 => Self::Network("Lustre"),
            0x0116_1970 => Self::Network("GFS2"),
            0x7461_636f => Self::Network("OCFS2"),
            0x4750_4653 => Self::Network("GPFS"),
            // The way into a virtual machine's host, and others.
            0x0102_1997 => Self::Network("9P"),
            0x6573_5546 => Self::Unclear("FUSE"),
            0x786f_4256 => Self::Unclear("VirtualBox's shared folders"),
            0x0102_1994 | 0x8584_58f6 => Self::Memory,
            _ => Self::Local,
        }
    }

    /// Why a file here cannot be shared by processes.
    pub(super) fn refusal(self) -> Option<String> {
        let Self::Network(kind) = self else { return None };
        Some(format!(
            "it lies on a network file system ({kind}), where processes cannot share it safely; put it on a local \
             disk, or use `nats:` for several machines"
        ))
    }

    /// What somebody who puts a file here should know.
    pub(super) fn warning(self) -> Option<String> {
        match self {
            Self::Local | Self::Network(_) => None,
            Self::Memory => {
                Some("it lies in memory: what is acknowledged is lost with the machine's power".into())
            }
            Self::Unclear(kind) => Some(format!(
                "it lies on {kind}, of which nobody can tell whether processes share it safely; where a network is \
                 behind it, they do not"
            )),
        }
    }
}

/// The files that are open, to tell whether they still are those that others find under their names.
pub(super) struct Places(Vec<(PathBuf, (u64, u64))>);

impl Places {
    pub(super) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, FileError> {
        let place = |path: PathBuf| match identity(&path) {
            Ok(found) => Ok((path, found)),
            Err(error) => Err(FileError::io(&path, error)),
        };
        paths.into_iter().map(place).collect::<Result<_, _>>().map(Self)
    }

    /// One of them was deleted, moved or replaced: what is written then is written into nowhere. A microsecond a file.
    pub(super) fn check(&self) -> Result<(), FileError> {
        for (path, known) in &self.0 {
            match identity(path) {
                Ok(found) if found == *known => {}
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(FileError::io(path, error)),
                _ => return Err(FileError::Gone(path.clone())),
            }
        }
        Ok(())
    }
}

/// Which file it is. Asks for no times: once they were asked for, Linux (since 6.13) gives the next write into the file a time of its
/// own, which each commit would have to sync, one more write to the disk.
#[cfg(target_os = "linux")]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};

    let file = statx(CWD, path, AtFlags::empty(), StatxFlags::INO)?;
    Ok((u64::from(file.stx_dev_major) << 32 | u64::from(file.stx_dev_minor), file.stx_ino))
}

/// Which file it is.
#[cfg(not(target_os = "linux"))]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    let file = fs::metadata(path)?;
    Ok((file.dev(), file.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_refused_and_what_is_unclear_or_memory_is_warned_about() {
        for (magic, refused, warned) in [
            (0x0000_ef53, false, false), // ext4
            (0x794c_7630, false, false), // overlayfs, of containers
            (0x9123_683e, false, false), // btrfs
            (0x0102_1994, false, true),  // tmpfs
            (0x6573_5546, false, true),  // FUSE
            (0x0000_6969, true, false),  // NFS
            (0xff53_4d42, true, false),  // CIFS
        ] {
            let ground = Ground::by_magic(magic);
            let found = (ground.refusal().is_some(), ground.warning().is_some());
            assert_eq!(found, (refused, warned), "{magic:x}");
        }
        let refusal = Ground::by_magic(0x6969).refusal().unwrap();
        assert!(refusal.contains("NFS") && refusal.contains("use `nats:`"), "{refusal}");
    }
}
