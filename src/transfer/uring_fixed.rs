//! io_uring with a registered file and buffer: one call hands over two requests.

use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::{
    opcode::{ReadFixed, WriteFixed},
    squeue::{Entry, Flags},
    types::{Fd, Fixed},
};
use nix::Result;

use super::{Ring, unless_cancelled};

/// Moves the `size` bytes of the ring's file 0 to `sink`, by way of its buffer 0.
pub fn transfer(ring: &mut Ring, sink: BorrowedFd, buffer: &mut [u8], size: usize) -> Result<u64> {
    let mut moved = 0;
    while moved < size {
        let want = buffer.len().min(size - moved);
        // First CPU copy: page cache to buffer. Registering
        // it saves pinning its pages, not the copy.
        let read = ReadFixed::new(Fixed(0), buffer.as_mut_ptr(), want as u32, 0);
        // The link: the next request waits for all of it.
        let read = read.offset(moved as u64).build().flags(Flags::IO_LINK);
        let [n, written] = run(ring, [read, write(sink, &buffer[..want])])?;
        let (n, mut written) = (n?, unless_cancelled(written)?);
        // 0: somebody has made the file shorter.
        if n == 0 {
            break;
        }
        // The sink may have taken less than all of it.
        while written < n {
            let [more] = run(ring, [write(sink, &buffer[written..n])])?;
            written += more?;
        }
        moved += n;
    }
    Ok(moved as u64)
}

/// Second CPU copy: buffer to the sink's queue.
fn write(sink: BorrowedFd, part: &[u8]) -> Entry {
    let sink = Fd(sink.as_raw_fd());
    WriteFixed::new(sink, part.as_ptr(), part.len() as u32, 0).build()
}

fn run<const N: usize>(ring: &mut Ring, requests: [Entry; N]) -> Result<[Result<usize>; N]> {
    // Into memory that we share with the kernel: no call.
    // SAFETY: the buffer stays, and nobody uses it meanwhile.
    unsafe { ring.put(&requests) };
    while ring.is_waiting() {
        // One call hands all of them over, and waits.
        ring.submit_and_wait()?;
    }
    Ok(ring.take())
}
