//! Reading a tracee's memory.

use std::{fs::File, io::IoSliceMut, os::unix::fs::FileExt};

use nix::{
    sys::uio::{RemoteIoVec, process_vm_readv},
    unistd::Pid,
};

use super::kernel::Tid;
use crate::model::{TEXT_LIMIT, text_of};

/// No page is smaller; a read that ends at a multiple of it does not reach into a page that may be missing.
const PAGE: usize = 4096;

/// Reads as much as is there, up to the buffer's length: how many bytes.
pub(super) fn read(tid: Tid, address: u64, buffer: &mut [u8]) -> usize {
    let Ok(start) = usize::try_from(address) else {
        return 0;
    };
    let mut done = 0;
    while done < buffer.len() {
        let base = start.wrapping_add(done);
        let length = (buffer.len() - done).min(PAGE - base % PAGE);
        match read_within_page(tid, base, &mut buffer[done..done + length]) {
            0 => break,
            read => done += read,
        }
    }
    done
}

fn read_within_page(tid: Tid, base: usize, buffer: &mut [u8]) -> usize {
    let remote = [RemoteIoVec {
        base,
        len: buffer.len(),
    }];
    process_vm_readv(Pid::from_raw(tid), &mut [IoSliceMut::new(buffer)], &remote)
        .ok()
        .or_else(|| {
            // Where a filter refuses process_vm_readv.
            let memory = File::open(format!("/proc/{tid}/mem")).ok()?;
            memory.read_at(buffer, base as u64).ok()
        })
        .unwrap_or(0)
}

/// So many bytes; none where not all of them are there.
pub(super) fn read_array<const N: usize>(tid: Tid, address: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (read(tid, address, &mut bytes) == N).then_some(bytes)
}

/// So many numbers of 32 bits; none where not all of them are there.
pub(super) fn read_words<const N: usize>(tid: Tid, address: u64) -> Option<[u32; N]> {
    let mut words = [0; N];
    for (place, word) in (0u64..).zip(&mut words) {
        *word = u32::from_ne_bytes(read_array(tid, address + 4 * place)?);
    }
    Some(words)
}

/// Whether exactly these bytes stand there.
pub(super) fn holds(tid: Tid, address: u64, bytes: &[u8]) -> bool {
    let mut buffer = [0; 64];
    let there = &mut buffer[..bytes.len()];
    read(tid, address, there) == bytes.len() && there == bytes
}

/// The string that ends with a 0 byte there, cut at [`TEXT_LIMIT`] bytes; none where there is no memory.
pub(super) fn read_string(tid: Tid, address: u64) -> Option<String> {
    let mut buffer = [0; TEXT_LIMIT];
    let read = read(tid, address, &mut buffer);
    let end = buffer[..read].iter().position(|byte| *byte == 0);
    (read > 0).then(|| text_of(&buffer[..end.unwrap_or(read)]))
}
