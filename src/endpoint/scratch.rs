//! Temporary files without a name, and the file that keeps nothing: nothing outlives the program, however it ends.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::model::{Size, visible_name};

/// An empty file in `dir` that has no name: `O_TMPFILE`, and where the file system does not know it, created and
/// unlinked at once.
///
/// # Errors
/// The directory is missing or cannot be written; one line that names it.
pub(crate) fn scratch_file(dir: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    let unnamed = options.clone().custom_flags(libc::O_TMPFILE).open(dir);
    unnamed
        .or_else(|error| match error.raw_os_error() {
            // EISDIR: a kernel that does not know the flag; EOPNOTSUPP: a file system that does not.
            Some(libc::EOPNOTSUPP | libc::EISDIR) => created_and_unlinked(&options, dir),
            _ => Err(error),
        })
        .with_context(|| format!("cannot create a temporary file in {}", visible_name(dir)))
}

fn created_and_unlinked(options: &OpenOptions, dir: &Path) -> io::Result<File> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!(".zclab-{}-{number}", std::process::id()));
        match options.clone().create_new(true).open(&path) {
            Ok(file) => return fs::remove_file(&path).map(|()| file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// An empty file that is memory, and has no name but for people.
///
/// # Errors
/// As memfd_create(2).
pub(crate) fn memory_file(name: &str) -> io::Result<File> {
    Ok(memfd_create(name, MFdFlags::MFD_CLOEXEC)?.into())
}

/// `/dev/null`, which takes everything and looks at nothing.
///
/// # Errors
/// As open(2).
pub(crate) fn null() -> io::Result<File> {
    OpenOptions::new().write(true).open("/dev/null")
}

/// Whether `need` bytes fit on the file system of `dir`.
///
/// # Errors
/// They do not: how much is needed, and how much is free.
pub(crate) fn need_space(dir: &Path, need: u64) -> Result<()> {
    let found = nix::sys::statvfs::statvfs(dir)
        .with_context(|| format!("cannot ask for the free space of {}", visible_name(dir)))?;
    let free = found.blocks_available() as u64 * found.fragment_size() as u64;
    if free < need {
        bail!(
            "not enough space in {}: {} needed, {} free\nAnother directory can be chosen with --dir.",
            visible_name(dir),
            Size(need),
            Size(free)
        );
    }
    Ok(())
}
