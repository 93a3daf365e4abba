//! `splice`: file > pipe > socket. The pipe holds references to the file's pages, not their bytes.

use std::{
    fs::File,
    ops::Range,
    os::fd::{BorrowedFd, OwnedFd},
};

use nix::{
    fcntl::{OFlag, SpliceFFlags, splice},
    unistd::pipe2,
};

/// Asked for at once: more than a pipe takes (16 pages, unless it was enlarged).
const FILL: u64 = 1 << 20;

/// A pipe, and what is in it.
#[derive(Debug)]
pub(super) struct Splice {
    file: File,
    /// What has not been put into the pipe yet.
    range: Range<u64>,
    read_end: OwnedFd,
    write_end: OwnedFd,
    in_pipe: usize,
}

impl Splice {
    pub(super) fn new(file: File, range: Range<u64>) -> nix::Result<Splice> {
        let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC)?;
        Ok(Splice {
            file,
            range,
            read_end,
            write_end,
            in_pipe: 0,
        })
    }

    /// The pipe is empty: this cannot wait for room in it, so it needs no SPLICE_F_NONBLOCK, which on some kernels
    /// would mean that pages not read yet are EAGAIN too.
    fn fill(&mut self) -> nix::Result<()> {
        let mut offset = super::offset(self.range.start);
        let count = (self.range.end - self.range.start).min(FILL) as usize;
        self.in_pipe = splice(
            &self.file,
            Some(&mut offset),
            &self.write_end,
            None,
            count,
            SpliceFFlags::SPLICE_F_MOVE,
        )?;
        self.range.start = offset as u64;
        Ok(())
    }

    /// Moves up to `most` bytes into the socket; 0 when the file ended early.
    pub(super) fn step(&mut self, socket: BorrowedFd, most: usize) -> nix::Result<usize> {
        if self.in_pipe == 0 {
            self.fill()?;
            if self.in_pipe == 0 {
                return Ok(0);
            }
        }
        // What the socket does not take stays in the pipe, for the next step.
        let count = self.in_pipe.min(most);
        let mut flags = SpliceFFlags::SPLICE_F_MOVE | SpliceFFlags::SPLICE_F_NONBLOCK;
        if count < self.in_pipe || !self.range.is_empty() {
            flags |= SpliceFFlags::SPLICE_F_MORE;
        }
        let from = &self.read_end;
        let sent = splice(from, None, socket, None, count, flags)?;
        self.in_pipe -= sent;
        Ok(sent)
    }
}
