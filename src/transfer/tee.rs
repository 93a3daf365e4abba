//! tee: one pipe, two readers, no byte copied.

use std::os::fd::BorrowedFd;

use nix::{
    Result,
    fcntl::{SpliceFFlags, splice, tee},
};

use super::{Pipe, retry};

/// Moves all of `source` to the pipes `sink` and `second`, at most a chunk a call.
pub fn transfer(
    source: BorrowedFd,
    pipe: &Pipe,
    sink: BorrowedFd,
    second: BorrowedFd,
    chunk: usize,
) -> Result<u64> {
    let flags = SpliceFFlags::empty();
    let Pipe { out, into } = pipe;
    let mut moved = 0;
    loop {
        // The pipe notes which pages hold the bytes.
        let n = retry(|| splice(source, None, into, None, chunk, flags))?;
        if n == 0 {
            return Ok(moved);
        }
        let mut left = n;
        while left > 0 {
            // The second pipe notes the same pages. Nothing
            // is taken out of the first one.
            let same = retry(|| tee(out, second, left, flags))?;
            // Just these go on to the first reader.
            let mut rest = same;
            while rest > 0 {
                rest -= retry(|| splice(out, None, sink, None, rest, flags))?;
            }
            left -= same;
        }
        moved += n as u64;
    }
}
