//! copy_file_range: file to file, inside the kernel.

use std::os::fd::BorrowedFd;

use nix::{Result, fcntl::copy_file_range};

use super::retry;

/// Copies all of `source` to the file `sink`, at most a chunk a call.
pub fn transfer(source: BorrowedFd, sink: BorrowedFd, chunk: usize) -> Result<u64> {
    let mut moved = 0;
    loop {
        // The file system may share its blocks between both
        // files, or copy on its server. Most copy the pages.
        let n = retry(|| copy_file_range(source, None, sink, None, chunk))?;
        // 0: the file has ended.
        if n == 0 {
            return Ok(moved);
        }
        moved += n as u64;
    }
}
