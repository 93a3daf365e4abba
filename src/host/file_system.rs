//! File systems by name, and how far their disks are read ahead.

use std::{
    fs::{self, File},
    os::{fd::AsFd, unix::fs::MetadataExt},
};

use nix::sys::statfs::fstatfs;

use crate::model::FileSystem;

/// How far the kernel reads ahead on the disk of a file, in KiB. None where no block device is behind it.
pub(crate) fn read_ahead_kb(file: &File) -> Option<u64> {
    let device = file.metadata().ok()?.dev();
    let disk = format!(
        "/sys/dev/block/{}:{}",
        libc::major(device),
        libc::minor(device)
    );
    // A partition has no queue of its own: its disk has, in the directory above.
    ["queue", "../queue"].iter().find_map(|queue| {
        let text = fs::read_to_string(format!("{disk}/{queue}/read_ahead_kb")).ok()?;
        text.trim().parse().ok()
    })
}

/// The name of the file system that a file is on: `ext4`, `tmpfs`; `0x...` where it has no name here; empty where
/// the kernel does not tell.
pub fn file_system(file: impl AsFd) -> String {
    // The magic numbers are 32 bits wide, whatever the width of the field.
    fstatfs(file).map_or_else(
        |_| String::new(),
        |found| FileSystem(found.filesystem_type().0 as u32).name(),
    )
}
