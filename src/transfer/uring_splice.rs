//! splice by io_uring: both ends of the pipe are served by one call.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use io_uring::{
    opcode::Splice,
    squeue::{Entry, Flags},
    types::Fd,
};
use nix::Result;

use super::{Pipe, Ring, unless_cancelled};

/// Moves all of `source` to `sink`, at most a chunk a request: straight into a sink that is a
/// pipe, or else by way of `pipe`.
pub fn transfer(
    ring: &mut Ring,
    source: BorrowedFd,
    pipe: Option<&Pipe>,
    sink: BorrowedFd,
    size: usize,
    chunk: usize,
) -> Result<u64> {
    let mut moved = 0;
    while moved < size {
        let want = chunk.min(size - moved);
        // The pipe notes which pages hold the bytes, as far
        // as it has room.
        let n = match pipe {
            None => {
                let [n] = run(ring, [splice(source, sink, want)])?;
                n?
            }
            Some(Pipe { out, into }) => {
                // The link: the next request waits for all of it.
                let fill = splice(source, into.as_fd(), want).flags(Flags::IO_LINK);
                // And passes the references on.
                let [n, left] = run(ring, [fill, splice(out.as_fd(), sink, want)])?;
                let (n, mut drained) = (n?, unless_cancelled(left)?);
                while drained < n {
                    let [more] = run(ring, [splice(out.as_fd(), sink, n - drained)])?;
                    drained += more?;
                }
                n
            }
        };
        // 0: somebody has made the file shorter.
        if n == 0 {
            break;
        }
        moved += n;
    }
    Ok(moved as u64)
}

/// An offset of -1 is the file's own position; a pipe has none.
fn splice(from: BorrowedFd, to: BorrowedFd, length: usize) -> Entry {
    let (from, to) = (Fd(from.as_raw_fd()), Fd(to.as_raw_fd()));
    Splice::new(from, -1, to, -1, length as u32).build()
}

fn run<const N: usize>(ring: &mut Ring, requests: [Entry; N]) -> Result<[Result<usize>; N]> {
    // SAFETY: these requests name no memory.
    unsafe { ring.put(&requests) };
    while ring.is_waiting() {
        // A thread of the kernel does the work: splice waits.
        ring.submit_and_wait()?;
    }
    Ok(ring.take())
}
