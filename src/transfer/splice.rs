//! splice: references to the file's pages go through a pipe.

use std::os::fd::{AsFd, BorrowedFd};

use nix::{
    Result,
    fcntl::{SpliceFFlags, splice},
};

use super::{Pipe, retry};

/// Moves all of `source` to `sink`, at most a chunk a call. One end of a splice has to be a pipe:
/// the sink itself, or else `pipe`, on the way.
pub fn transfer(
    source: BorrowedFd,
    pipe: Option<&Pipe>,
    sink: BorrowedFd,
    chunk: usize,
) -> Result<u64> {
    let flags = SpliceFFlags::empty();
    let into = pipe.map_or(sink, |pipe| pipe.into.as_fd());
    let mut moved = 0;
    loop {
        // The pipe notes which pages hold the bytes, as far
        // as it has room. 0: the file has ended.
        let n = retry(|| splice(source, None, into, None, chunk, flags))?;
        if n == 0 {
            return Ok(moved);
        }
        moved += n as u64;
        let Some(Pipe { out, .. }) = pipe else {
            continue;
        };
        // And passes the references on. The sink may take
        // less than the pipe holds.
        let mut left = n;
        while left > 0 {
            left -= retry(|| splice(out, None, sink, None, left, flags))?;
        }
    }
}
