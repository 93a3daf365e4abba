//! `mmap-write`: map the part of the file once, write from the mapping.

use std::{
    fs::File,
    num::NonZeroUsize,
    ops::Range,
    os::fd::{AsRawFd, BorrowedFd},
    ptr::NonNull,
};

use nix::{
    errno::Errno,
    sys::mman::{MapFlags, ProtFlags, mmap, munmap},
    unistd::{SysconfVar, sysconf},
};

/// A mapping of a part of a file, and how far it has been written.
#[derive(Debug)]
pub(super) struct MmapWrite {
    file: File,
    address: NonNull<std::ffi::c_void>,
    length: NonZeroUsize,
    /// What has not been written yet, within the mapping.
    part: Range<usize>,
    /// Where the part ends in the file.
    end: u64,
}

impl MmapWrite {
    pub(super) fn new(file: File, range: Range<u64>) -> nix::Result<MmapWrite> {
        let page = sysconf(SysconfVar::PAGE_SIZE)?.unwrap_or(4096) as u64;
        let start = range.start / page * page;
        let part = usize::try_from(range.start - start).map_err(|_| Errno::EOVERFLOW)?
            ..usize::try_from(range.end - start).map_err(|_| Errno::EOVERFLOW)?;
        let length = NonZeroUsize::new(part.end).ok_or(Errno::EINVAL)?;
        // SAFETY: a new mapping at an address of the kernel's choice. No reference to its bytes is ever made: they
        // may change or vanish under it, and only the kernel looks at them.
        let address = unsafe {
            mmap(
                None,
                length,
                ProtFlags::PROT_READ,
                MapFlags::MAP_SHARED,
                &file,
                super::offset(start),
            )?
        };
        Ok(MmapWrite {
            file,
            address,
            length,
            part,
            end: range.end,
        })
    }

    /// Moves up to `most` bytes into the socket; 0 when the file became shorter.
    pub(super) fn step(&mut self, socket: BorrowedFd, most: usize) -> nix::Result<usize> {
        // Past the end of a truncated file lie zeros up to the end of the page, then nothing: EFAULT. The zeros must
        // not be taken for the file's.
        let size = nix::sys::stat::fstat(&self.file)?.st_size;
        if (size as u64) < self.end {
            return Ok(0);
        }
        let count = self.part.len().min(most);
        // SAFETY: the range lies within the mapping. Where the file has no page any more, the kernel answers EFAULT.
        let written = Errno::result(unsafe {
            let from = self.address.as_ptr().byte_add(self.part.start);
            libc::write(socket.as_raw_fd(), from, count)
        })? as usize;
        self.part.start += written;
        Ok(written)
    }
}

impl Drop for MmapWrite {
    fn drop(&mut self) {
        // SAFETY: the mapping is this struct's own, and nothing refers to it any more.
        let _ = unsafe { munmap(self.address, self.length.get()) };
    }
}
