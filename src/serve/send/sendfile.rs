//! `sendfile`: the socket's queue refers to the file's pages.

use std::{fs::File, ops::Range, os::fd::BorrowedFd};

use nix::sys::sendfile::sendfile;

/// A file, and where to go on in it.
#[derive(Debug)]
pub(super) struct Sendfile {
    file: File,
    range: Range<u64>,
}

impl Sendfile {
    pub(super) fn new(file: File, range: Range<u64>) -> Sendfile {
        Sendfile { file, range }
    }

    /// Moves up to `most` bytes into the socket; 0 when the file ended early.
    pub(super) fn step(&mut self, socket: BorrowedFd, most: usize) -> nix::Result<usize> {
        // The kernel advances the offset by what the socket took: all there is to remember.
        let mut offset = super::offset(self.range.start);
        let at = Some(&mut offset);
        let sent = sendfile(socket, &self.file, at, most)?;
        self.range.start = offset as u64;
        Ok(sent)
    }
}
