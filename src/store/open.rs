//! Opening files that somebody named: a FIFO is one that can be waited for without end.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, Read},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::Path,
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::model::{Size, limits::TEXT_BYTES};

/// Opens for reading. A FIFO that nobody writes to is empty.
///
/// # Errors
/// As open(2).
pub(crate) fn read(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// The bytes of a file that a person wrote.
///
/// # Errors
/// As [`bytes`], of at most [`TEXT_BYTES`].
pub(crate) fn text(path: &Path) -> io::Result<Vec<u8>> {
    bytes(path, TEXT_BYTES)
}

/// The bytes of a file.
///
/// # Errors
/// As open(2) and read(2); it is no regular file, which could be read without end or wait without end; it is larger than
/// the limit.
pub(crate) fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = regular(read(path)?)?;
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(larger_than(limit)),
        false => Ok(bytes),
    }
}

/// The file, if it is a regular one.
///
/// # Errors
/// It is a directory, a FIFO, a device or a socket.
pub(crate) fn regular(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(file),
        () if kind.is_dir() => "a directory",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(io::Error::other(format!("it is {what}, not a file")))
}

/// The error of a file that goes beyond its limit.
pub(crate) fn larger_than(limit: u64) -> io::Error {
    io::Error::other(format!("it is larger than {}", Size(limit)))
}

/// Appends a line to `line`, with its end if it has one: at most `most` bytes and the end. True: it is longer, and the
/// rest of it is still to be read.
///
/// # Errors
/// As read(2).
pub(crate) fn line(input: &mut impl BufRead, line: &mut Vec<u8>, most: usize) -> io::Result<bool> {
    let before = line.len();
    input.take(most as u64 + 1).read_until(b'\n', line)?;
    Ok(line.len() - before > most && !line.ends_with(b"\n"))
}

/// Opens for writing, made or emptied. A FIFO that nobody reads is an error.
///
/// # Errors
/// As open(2).
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    open(options.write(true).create(true).truncate(true), path)
}

/// Opens for writing what is there already. A FIFO that nobody reads is an error.
///
/// # Errors
/// As open(2).
pub(crate) fn write(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true), path)
}

/// O_NONBLOCK is for the opening alone: a pipe that has its other end is waited for as ever. A terminal is not: nobody
/// types a file. Nor does one become ours (O_NOCTTY).
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = options.custom_flags(flags).open(path);
    let file = file.map_err(|error| named(error, path))?;
    if file.metadata()?.file_type().is_char_device() {
        return Ok(file);
    }
    let flags = OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?);
    fcntl(&file, FcntlArg::F_SETFL(flags & !OFlag::O_NONBLOCK))?;
    Ok(file)
}

/// ENXIO says "no such device", which a FIFO is not.
fn named(error: io::Error, path: &Path) -> io::Error {
    let is_fifo = || path.metadata().is_ok_and(|it| it.file_type().is_fifo());
    match error.raw_os_error() {
        Some(libc::ENXIO) if is_fifo() => {
            io::Error::other("no program reads this FIFO: start its reader first")
        }
        _ => error,
    }
}
