//! Where a file lies: what must not be on a network is refused where it can be told.

use std::path::Path;

/// Why a file in this folder cannot be shared by processes, where the file system says so.
///
/// SQLite's write-ahead log is shared memory, and advisory locks of network file systems are none: a file there would
/// be damaged as soon as two machines use it.
pub(super) fn refusal(folder: &Path) -> Option<String> {
    let kind = network_kind(folder)?;
    Some(format!(
        "it lies on a network file system ({kind}), where processes cannot share it safely; put it on a local disk, or \
         use `nats:` for several machines"
    ))
}

#[cfg(target_os = "linux")]
fn network_kind(folder: &Path) -> Option<&'static str> {
    let magic = rustix::fs::statfs(folder).ok()?.f_type;
    // From linux/magic.h, and the sources of those that are not in it.
    Some(match u32::try_from(magic & 0xffff_ffff).ok()? {
        0x0000_6969 => "NFS",
        0x0000_517b => "SMB",
        0xff53_4d42 => "CIFS",
        0xfe53_4d42 => "SMB2",
        0x0102_1997 => "9P",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x00c3_6400 => "Ceph",
        0x7375_7245 => "Coda",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        _ => return None,
    })
}

#[cfg(not(target_os = "linux"))]
fn network_kind(_: &Path) -> Option<&'static str> {
    None
}
