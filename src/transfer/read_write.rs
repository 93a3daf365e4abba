//! The classic way: read into a buffer, write out of it.

use std::os::fd::BorrowedFd;

use nix::{
    Result,
    unistd::{read, write},
};

use super::retry;

/// Moves all of `source` to `sink`, a buffer at a time.
pub fn transfer(source: BorrowedFd, sink: BorrowedFd, buffer: &mut [u8]) -> Result<u64> {
    let mut moved = 0;
    loop {
        // First CPU copy: page cache to buffer.
        let n = retry(|| read(source, buffer))?;
        // 0 is the only sign that the file has ended.
        if n == 0 {
            return Ok(moved);
        }
        // Second CPU copy: buffer to the sink's queue.
        // The kernel may take less than all of it.
        let mut sent = 0;
        while sent < n {
            sent += retry(|| write(sink, &buffer[sent..n]))?;
        }
        moved += n as u64;
    }
}
