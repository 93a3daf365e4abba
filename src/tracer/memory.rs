//! Reading a tracee's memory.

use std::{fs::File, io::IoSliceMut, os::unix::fs::FileExt};

use nix::{
    sys::uio::{RemoteIoVec, process_vm_readv},
    unistd::Pid,
};

use super::kernel::Tid;
use crate::model::TEXT_LIMIT;

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
    (read > 0).then(|| String::from_utf8_lossy(&buffer[..end.unwrap_or(read)]).into_owned())
}

/// Two ints, as pipe(2) and socketpair(2) write them.
pub(super) fn read_pair(tid: Tid, address: u64) -> Option<[i32; 2]> {
    let mut buffer = [0; 8];
    let int = |bytes: &[u8]| i32::from_ne_bytes(bytes.try_into().expect("four bytes"));
    (read(tid, address, &mut buffer) == 8).then(|| [int(&buffer[..4]), int(&buffer[4..])])
}
