//! Opening files that somebody named: a FIFO is one that can be waited for without end.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

/// Opens for reading. A FIFO that nobody writes to is empty.
///
/// # Errors
/// As open(2).
pub(crate) fn read(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// More than any text that a person writes: a lesson, a figure.
const LONGEST_TEXT: u64 = 16 << 20;

/// The bytes of a file that a person wrote.
///
/// # Errors
/// As open(2) and read(2); the file is larger than 16 MiB, as `/dev/zero` is.
pub(crate) fn text(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read(path)?.take(LONGEST_TEXT + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LONGEST_TEXT {
        true => Err(io::Error::other(
            "it is larger than 16 MiB, so it is no text",
        )),
        false => Ok(bytes),
    }
}

/// Opens for writing what is there already. A FIFO that nobody reads is ENXIO.
///
/// # Errors
/// As open(2).
pub(crate) fn write(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true), path)
}

/// O_NONBLOCK is for the opening alone: a pipe that has its other end is waited for as ever.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.custom_flags(libc::O_NONBLOCK).open(path)?;
    let flags = OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?);
    fcntl(&file, FcntlArg::F_SETFL(flags & !OFlag::O_NONBLOCK))?;
    Ok(file)
}
