//! Shared memory: pass the pages themselves, not the bytes that are in them.

use std::{
    io::IoSlice,
    os::fd::{AsRawFd, BorrowedFd},
};

use nix::{
    Result,
    sys::socket::{ControlMessage::ScmRights, MsgFlags, sendmsg},
};

use super::retry;

/// Hands `size` bytes of `memory`, a memfd that is filled, to the reader of the unix socket `sink`.
pub fn transfer(memory: BorrowedFd, sink: BorrowedFd, size: usize) -> Result<u64> {
    // What is really sent: how many bytes there are. Without
    // one byte of payload no descriptor can travel.
    let length = (size as u64).to_ne_bytes();
    let payload = [IoSlice::new(&length)];
    // Beside it, the descriptor. The reader gets one of its
    // own for the same memory, and maps the same pages.
    let passed = [memory.as_raw_fd()];
    let rights = [ScmRights(&passed)];
    let (socket, to) = (sink.as_raw_fd(), None::<&()>);
    let flags = MsgFlags::empty();
    retry(|| sendmsg(socket, &payload, &rights, flags, to))?;
    Ok(size as u64)
}
