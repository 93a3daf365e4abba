//! io_uring's zero-copy send: the kernel sends out of the program's own buffer, where it can.

use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::{
    opcode::{Read, Send, SendZc},
    squeue::{Entry, Flags},
    types::Fd,
};
use nix::{Result, errno::Errno};

use super::{REPORT_USAGE, Ring, unless_cancelled};

/// Moves the `size` bytes of `source` to `sink`, a TCP socket, a buffer at a time.
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
        // A CPU copy: page cache to buffer.
        let read = Read::new(Fd(source.as_raw_fd()), buffer.as_mut_ptr(), want as u32);
        let read = read.offset(moved as u64).build();
        // The link: the next request waits for all of it.
        let first = read.clone().flags(Flags::IO_LINK);
        let send = zero_copy(sink, &buffer[..want]).build();
        let [mut n, sent] = run(ring, [first, send])?;
        // A send that is refused at once cancels the read.
        if n == Err(Errno::ECANCELED) {
            [n] = run(ring, [read])?;
        }
        let n = n?;
        // 0: somebody has made the file shorter.
        if n == 0 {
            break;
        }
        let may_lock = sent != Err(Errno::ENOMEM);
        let mut sent = if may_lock { unless_cancelled(sent)? } else { 0 };
        while sent < n {
            let part = &buffer[sent..n];
            // No more memory may be locked: let the CPU copy.
            let send = match may_lock {
                true => zero_copy(sink, part).build(),
                false => copying(sink, part),
            };
            let [more] = run(ring, [send])?;
            sent += more?;
        }
        moved += n;
    }
    Ok(moved as u64)
}

/// The queue notes our pages, or copies: the report says which.
pub fn zero_copy(sink: BorrowedFd, part: &[u8]) -> SendZc {
    let send = SendZc::new(Fd(sink.as_raw_fd()), part.as_ptr(), part.len() as u32);
    send.zc_flags(REPORT_USAGE)
}

fn copying(sink: BorrowedFd, part: &[u8]) -> Entry {
    Send::new(Fd(sink.as_raw_fd()), part.as_ptr(), part.len() as u32).build()
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
