//! A descriptor of another thread, as one of this program's own.

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
};

use super::{
    kernel::{Tid, owned, pidfd_open, share_files},
    proc,
};

/// A pidfd of a thread, whose table of descriptors may be its own (`PIDFD_THREAD`, Linux 6.9); of its process elsewhere.
fn pidfd_of_thread(tid: Tid) -> io::Result<OwnedFd> {
    const PIDFD_THREAD: i32 = libc::O_EXCL;
    // SAFETY: pidfd_open(2) takes two integers and touches no memory.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, tid, PIDFD_THREAD) }).or_else(|_| {
        let process = proc::number(tid, "Tgid:").unwrap_or(tid);
        match share_files(tid, process) {
            true => pidfd_open(process as u32),
            false => Err(io::ErrorKind::Unsupported.into()),
        }
    })
}

/// A duplicate of another thread's descriptor (pidfd_getfd, Linux 5.6).
pub(super) fn duplicate(tid: Tid, fd: i32) -> io::Result<OwnedFd> {
    let thread = pidfd_of_thread(tid)?;
    // SAFETY: pidfd_getfd(2) takes three integers and touches no memory.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_getfd, thread.as_raw_fd(), fd, 0u32) })
}
