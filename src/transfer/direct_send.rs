//! O_DIRECT and io_uring's zero-copy send: the CPU copies nothing, where it can.

use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::{
    opcode::{ReadFixed, SendZc},
    squeue::{Entry, Flags},
    types::{Fd, Fixed},
};
use nix::{Result, sys::uio::pread};

use super::{BLOCK, REPORT_USAGE, Ring, retry, unless_cancelled};

/// Moves the `size` bytes of `source` to `sink`, a TCP socket. The ring's file 0 is the source,
/// opened with O_DIRECT; its buffer 0 is `buffer`: whole blocks, at an address to match.
pub fn transfer(
    ring: &mut Ring,
    source: BorrowedFd,
    sink: BorrowedFd,
    buffer: &mut [u8],
    size: usize,
) -> Result<u64> {
    let mut moved = 0;
    while moved < size {
        let want = buffer.len().min(size - moved);
        let (n, mut sent) = if want < BLOCK {
            // Less than a block: by way of the page cache.
            let tail = &mut buffer[..want];
            (retry(|| pread(source, &mut *tail, moved as i64))?, 0)
        } else {
            // Whole blocks: the disk writes to our memory.
            let want = want / BLOCK * BLOCK;
            let read = ReadFixed::new(Fixed(0), buffer.as_mut_ptr(), want as u32, 0);
            // The link: the next request waits for all of it.
            let read = read.offset(moved as u64).build().flags(Flags::IO_LINK);
            let send = zero_copy(sink, &buffer[..want]).build();
            let [n, sent] = run(ring, [read, send])?;
            (n?, unless_cancelled(sent)?)
        };
        // 0: somebody has made the file shorter.
        if n == 0 {
            break;
        }
        while sent < n {
            let [more] = run(ring, [zero_copy(sink, &buffer[sent..n]).build()])?;
            sent += more?;
        }
        moved += n;
    }
    Ok(moved as u64)
}

/// The queue notes our pages, which are locked already, or copies: the report says which.
pub fn zero_copy(sink: BorrowedFd, part: &[u8]) -> SendZc {
    let send = SendZc::new(Fd(sink.as_raw_fd()), part.as_ptr(), part.len() as u32);
    send.buf_index(Some(0)).zc_flags(REPORT_USAGE)
}

fn run<const N: usize>(ring: &mut Ring, requests: [Entry; N]) -> Result<[Result<usize>; N]> {
    // SAFETY: the buffer stays, and nobody uses it meanwhile.
    unsafe { ring.put(&requests) };
    // A send has two answers: what it sent, and later that
    // the buffer is ours again. Only then may we write to it.
    while ring.is_waiting() {
        ring.submit_and_wait()?;
    }
    Ok(ring.take())
}
