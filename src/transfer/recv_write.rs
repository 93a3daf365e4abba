//! Receiving the classic way: recv into a buffer, write out of it to a file.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::{
    Result,
    sys::socket::{MsgFlags, recv},
    unistd::write,
};

use super::retry;

/// Moves all that arrives on the socket `source` to the file `sink`, a buffer at a time.
pub fn transfer(source: BorrowedFd, sink: BorrowedFd, buffer: &mut [u8]) -> Result<u64> {
    let none = MsgFlags::empty();
    let mut moved = 0;
    loop {
        // First CPU copy: socket queue to buffer. It brings
        // what has arrived: seldom as much as is asked for.
        let n = retry(|| recv(source.as_raw_fd(), buffer, none))?;
        // 0: the peer has ended; what it sent is here.
        if n == 0 {
            return Ok(moved);
        }
        // Second CPU copy: buffer to the file's pages.
        let mut written = 0;
        while written < n {
            written += retry(|| write(sink, &buffer[written..n]))?;
        }
        moved += n as u64;
    }
}
