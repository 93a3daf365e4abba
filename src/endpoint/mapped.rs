//! The receiver of shared memory: it is passed a descriptor, and maps what that names.

use std::{
    fs::File,
    io::{self, Error, IoSliceMut},
    num::NonZeroUsize,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
    slice,
};

use nix::sys::{
    mman::{MapFlags, ProtFlags, mmap, munmap},
    socket::{ControlMessageOwned::ScmRights, MsgFlags, recvmsg},
};

use super::{Drain, Received};

/// Waits for a descriptor on the unix socket `input`, maps the memory that it names, and hashes it where it is.
///
/// # Errors
/// Nothing was passed, or it cannot be mapped.
pub(crate) fn take_mapped(input: impl AsFd, drain: Drain) -> io::Result<Received> {
    let memory = take_memory(input)?;
    Ok(Received {
        bytes: memory.metadata()?.len(),
        checksum: match drain {
            Drain::Hash => Some(see_mapped(&memory, crc32fast::hash)?),
            Drain::Discard => None,
        },
    })
}

/// Waits for one descriptor on the unix socket `input`.
///
/// # Errors
/// The connection ended, or what came has no descriptor.
pub(crate) fn take_memory(input: impl AsFd) -> io::Result<File> {
    let mut length = [0; 8];
    let mut parts = [IoSliceMut::new(&mut length)];
    let mut space = nix::cmsg_space!([libc::c_int; 1]);
    let socket = input.as_fd().as_raw_fd();
    let message = loop {
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        match recvmsg::<()>(socket, &mut parts, Some(&mut space), flags) {
            Err(nix::errno::Errno::EINTR) => {}
            other => break other?,
        }
    };
    for control in message.cmsgs()? {
        if let ScmRights(passed) = control
            && let [fd] = passed[..]
        {
            // SAFETY: the kernel has just put this descriptor into our table, and nobody else owns it.
            return Ok(unsafe { OwnedFd::from_raw_fd(fd) }.into());
        }
    }
    Err(Error::other("no descriptor was passed"))
}

/// Maps a file of memory for as long as `see` looks at it.
///
/// # Errors
/// It cannot be mapped.
pub(crate) fn see_mapped<T>(memory: &File, see: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
    let size = memory.metadata()?.len() as usize;
    // A mapping of 0 bytes is an error.
    let Some(length) = NonZeroUsize::new(size) else {
        return Ok(see(&[]));
    };
    let (read, shared) = (ProtFlags::PROT_READ, MapFlags::MAP_SHARED);
    // SAFETY: a new mapping at an address that the kernel picks.
    let address = unsafe { mmap(None, length, read, shared, memory, 0)? };
    // SAFETY: mapped above. The memory is sealed against shrinking, and the sender has stopped writing to it.
    let seen = see(unsafe { slice::from_raw_parts(address.as_ptr().cast(), size) });
    // SAFETY: the whole mapping, of which nothing is left.
    unsafe { munmap(address, size)? };
    Ok(seen)
}
