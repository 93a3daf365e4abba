//! `read-write`: pread into a buffer, write out of it.

use std::{fs::File, ops::Range, os::fd::BorrowedFd};

use nix::{sys::uio::pread, unistd::write};

const BUFFER: usize = 64 << 10;

/// A buffer, and what of it has not been written yet.
#[derive(Debug)]
pub(super) struct ReadWrite {
    file: File,
    /// What has not been read yet.
    range: Range<u64>,
    buffer: Vec<u8>,
    written: usize,
}

impl ReadWrite {
    pub(super) fn new(file: File, range: Range<u64>) -> ReadWrite {
        ReadWrite {
            file,
            range,
            buffer: Vec::new(),
            written: 0,
        }
    }

    /// Moves up to `most` bytes into the socket; 0 when the file ended early.
    pub(super) fn step(&mut self, socket: BorrowedFd, most: usize) -> nix::Result<usize> {
        if self.written == self.buffer.len() {
            self.fill()?;
        }
        let waiting = &self.buffer[self.written..];
        if waiting.is_empty() {
            return Ok(0);
        }
        // What the socket does not take stays in the buffer, for the next step.
        let part = &waiting[..waiting.len().min(most)];
        let written = write(socket, part)?;
        self.written += written;
        Ok(written)
    }

    fn fill(&mut self) -> nix::Result<()> {
        let left = self.range.end - self.range.start;
        self.buffer.resize(left.min(BUFFER as u64) as usize, 0);
        self.written = self.buffer.len();
        let at = super::offset(self.range.start);
        let read = pread(&self.file, &mut self.buffer, at)?;
        self.buffer.truncate(read);
        self.written = 0;
        self.range.start += read as u64;
        Ok(())
    }
}
