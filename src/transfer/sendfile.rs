//! sendfile: the kernel passes the file on by itself.

use std::os::fd::BorrowedFd;

use nix::{Result, sys::sendfile::sendfile};

use super::retry;

/// Moves all of `source` to `sink`, at most a chunk a call.
pub fn transfer(source: BorrowedFd, sink: BorrowedFd, chunk: usize) -> Result<u64> {
    let mut moved = 0;
    loop {
        // No buffer of ours. Without an offset the kernel
        // goes on from where the file's own position is.
        let n = retry(|| sendfile(sink, source, None, chunk))?;
        // 0 is the only sign that the file has ended.
        if n == 0 {
            return Ok(moved);
        }
        // A short count is no error: the loop asks again.
        moved += n as u64;
    }
}
