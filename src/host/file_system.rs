//! File systems by name.

use std::os::fd::AsFd;

use nix::sys::statfs::fstatfs;

/// The name of the file system that a file is on: `ext4`, `tmpfs`; `0x...` where it has no name here; empty where
/// the kernel does not tell.
pub fn file_system(file: impl AsFd) -> String {
    let Ok(found) = fstatfs(file) else {
        return String::new();
    };
    // The magic numbers are 32 bits wide, whatever the width of the field.
    let magic = found.filesystem_type().0 as u32;
    match NAMES.iter().find(|(number, _)| *number == magic) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("{magic:#x}"),
    }
}

/// linux/magic.h, and for those that do not stand there, statfs(2) and the file systems' own headers.
const NAMES: [(u32, &str); 18] = [
    (0xef53, "ext4"),
    (0x0102_1994, "tmpfs"),
    (0x9123_683e, "btrfs"),
    (0x5846_5342, "xfs"),
    (0x794c_7630, "overlay"),
    (0x2fc1_2fc1, "zfs"),
    (0xf2f5_2010, "f2fs"),
    (0xca45_1a4e, "bcachefs"),
    (0x8584_58f6, "ramfs"),
    (0x6969, "nfs"),
    (0xfe53_4d42, "smb2"),
    (0xff53_4d42, "cifs"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "fuse"),
    (0x4d44, "vfat"),
    (0x2011_bab0, "exfat"),
    (0x9fa0, "proc"),
    (0x00c3_6400, "ceph"),
];
