//! Receiving by splice: what arrives goes to a file by way of a pipe, past the program.

use std::os::fd::BorrowedFd;

use nix::{
    Result,
    fcntl::{SpliceFFlags, splice},
};

use super::{Pipe, retry};

/// Moves all that arrives on the socket `source` to the file `sink`, at most a chunk a call.
pub fn transfer(source: BorrowedFd, pipe: &Pipe, sink: BorrowedFd, chunk: usize) -> Result<u64> {
    let flags = SpliceFFlags::empty();
    let Pipe { out, into } = pipe;
    let mut moved = 0;
    loop {
        // The pipe notes where in the socket's queue the bytes
        // lie: what has arrived, as far as it has room.
        let n = retry(|| splice(source, None, into, None, chunk, flags))?;
        // 0: the peer has ended; what it sent is here.
        if n == 0 {
            return Ok(moved);
        }
        // A file has pages of its own: the one CPU copy.
        let mut left = n;
        while left > 0 {
            left -= retry(|| splice(out, None, sink, None, left, flags))?;
        }
        moved += n as u64;
    }
}
