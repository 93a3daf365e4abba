//! vmsplice: references to the program's own pages go through a pipe.

use std::{
    io::IoSlice,
    os::fd::{AsFd, BorrowedFd},
};

use nix::{
    Result,
    fcntl::{SpliceFFlags, splice, vmsplice},
};

use super::{Pipe, retry};

/// Moves all of `memory` to `sink`, at most a chunk a call: straight into a sink that is a pipe,
/// or else by way of `pipe`. Nobody may write to the memory before the receiver has read it all.
pub fn transfer(memory: &[u8], pipe: Option<&Pipe>, sink: BorrowedFd, chunk: usize) -> Result<u64> {
    let flags = SpliceFFlags::empty();
    let into = pipe.map_or(sink, |pipe| pipe.into.as_fd());
    let mut moved = 0;
    while moved < memory.len() {
        let end = memory.len().min(moved.saturating_add(chunk));
        let part = [IoSlice::new(&memory[moved..end])];
        // The pipe notes which of our pages hold the bytes,
        // as far as it has room. They stay where they are.
        let n = retry(|| vmsplice(into, &part, flags))?;
        moved += n;
        let Some(Pipe { out, .. }) = pipe else {
            continue;
        };
        // And passes the references on.
        let mut left = n;
        while left > 0 {
            left -= retry(|| splice(out, None, sink, None, left, flags))?;
        }
    }
    Ok(moved as u64)
}
