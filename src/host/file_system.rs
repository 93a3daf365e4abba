//! File systems by name.

use std::os::fd::AsFd;

use nix::sys::statfs::fstatfs;

use crate::model::FileSystem;

/// The name of the file system that a file is on: `ext4`, `tmpfs`; `0x...` where it has no name here; empty where
/// the kernel does not tell.
pub fn file_system(file: impl AsFd) -> String {
    // The magic numbers are 32 bits wide, whatever the width of the field.
    fstatfs(file).map_or_else(
        |_| String::new(),
        |found| FileSystem(found.filesystem_type().0 as u32).name(),
    )
}
