//! Map the file, write from the mapping: one CPU copy less.

use std::{num::NonZeroUsize, os::fd::BorrowedFd, slice};

use nix::{
    Result,
    sys::mman::{MapFlags, ProtFlags, mmap, munmap},
    unistd::write,
};

use super::retry;

/// Moves the `size` bytes of `source` to `sink`, a chunk at a time.
pub fn transfer(source: BorrowedFd, sink: BorrowedFd, size: usize, chunk: usize) -> Result<u64> {
    // A mapping of 0 bytes is an error, so no call at all.
    let Some(length) = NonZeroUsize::new(size) else {
        return Ok(0);
    };
    let read_only = ProtFlags::PROT_READ;
    let shared = MapFlags::MAP_SHARED;
    // Nothing moves yet: pages come in when they are touched.
    // SAFETY: a new mapping at an address that the kernel picks.
    let address = unsafe { mmap(None, length, read_only, shared, source, 0)? };
    // SAFETY: mapped above; only the kernel reads these bytes.
    let mapped = unsafe { slice::from_raw_parts(address.as_ptr().cast(), size) };

    let moved = write_chunks(mapped, sink, chunk);

    // SAFETY: the whole mapping, and nobody uses it any more.
    unsafe { munmap(address, size)? };
    moved
}

fn write_chunks(mapped: &[u8], sink: BorrowedFd, chunk: usize) -> Result<u64> {
    let mut sent = 0;
    while sent < mapped.len() {
        let end = mapped.len().min(sent.saturating_add(chunk));
        // The CPU copy that is left: page cache to the sink's
        // queue. The kernel may take less than the chunk.
        sent += retry(|| write(sink, &mapped[sent..end]))?;
    }
    Ok(sent as u64)
}
