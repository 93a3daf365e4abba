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

/// So many pages are read by one call.
const PAGES: usize = 17;

/// Reads as much as is there, up to the buffer's length: how many bytes.
pub(super) fn read(tid: Tid, address: u64, buffer: &mut [u8]) -> usize {
    let Ok(start) = usize::try_from(address) else {
        return 0;
    };
    let mut done = 0;
    while done < buffer.len() {
        let asked = (buffer.len() - done).min(PAGES * PAGE - (start.wrapping_add(done)) % PAGE);
        let read = read_pages(
            tid,
            start.wrapping_add(done),
            &mut buffer[done..done + asked],
        );
        done += read;
        if read < asked {
            break;
        }
    }
    done
}

/// The same of at most [`PAGES`] pages.
fn read_pages(tid: Tid, base: usize, buffer: &mut [u8]) -> usize {
    // What cannot be read ends it before the element in which that stands (process_vm_readv(2)): each page is one.
    let mut pages = [RemoteIoVec { base: 0, len: 0 }; PAGES];
    let (mut count, mut asked) = (0, 0);
    while asked < buffer.len() {
        let base = base.wrapping_add(asked);
        let len = (buffer.len() - asked).min(PAGE - base % PAGE);
        pages[count] = RemoteIoVec { base, len };
        (count, asked) = (count + 1, asked + len);
    }
    let mut local = [IoSliceMut::new(&mut *buffer)];
    if let Ok(read) = process_vm_readv(Pid::from_raw(tid), &mut local, &pages[..count]) {
        return read;
    }
    // Where a filter refuses process_vm_readv.
    let memory = File::open(format!("/proc/{tid}/mem"));
    let read = memory.and_then(|memory| memory.read_at(buffer, base as u64));
    read.unwrap_or(0)
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
