//! Which of a file's blocks on the disk belong to other files too: reflinks, as FIEMAP tells of them.

use std::{
    fs::File,
    io::{Error, Result},
    mem::size_of,
    os::fd::AsRawFd,
};

/// `struct fiemap` of linux/fiemap.h, with room for [`AT_ONCE`] extents.
#[repr(C)]
struct Fiemap {
    start: u64,
    length: u64,
    flags: u32,
    mapped_extents: u32,
    extent_count: u32,
    reserved: u32,
    extents: [Extent; AT_ONCE],
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Extent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved64: [u64; 2],
    flags: u32,
    reserved: [u32; 3],
}

const AT_ONCE: usize = 64;
/// What is still to be written back is given its blocks first.
const FIEMAP_FLAG_SYNC: u32 = 0x1;
const FIEMAP_EXTENT_LAST: u32 = 0x1;
const FIEMAP_EXTENT_SHARED: u32 = 0x2000;
/// `_IOWR('f', 11, struct fiemap)`: the size in it is that of the head alone.
const FS_IOC_FIEMAP: libc::Ioctl = libc::_IOWR::<[u8; 32]>(b'f' as u32, 11);
const _: () = assert!(size_of::<Extent>() == 56 && size_of::<Fiemap>() == 32 + AT_ONCE * 56);

/// Bytes of a file whose blocks it shares with another file.
///
/// # Errors
/// The file system does not tell (EOPNOTSUPP: tmpfs, for one).
pub(crate) fn shared_bytes(file: &File) -> Result<u64> {
    count_shared(file, FIEMAP_FLAG_SYNC)
}

/// The same of those that have their blocks by now: nothing is written back for it.
///
/// # Errors
/// As [`shared_bytes`].
pub(crate) fn shared_bytes_now(file: &File) -> Result<u64> {
    count_shared(file, 0)
}

fn count_shared(file: &File, flags: u32) -> Result<u64> {
    let size = file.metadata()?.len();
    let mut shared = 0;
    let mut start = 0;
    while start < size {
        let map = extents(file, start, flags)?;
        let found = &map.extents[..(map.mapped_extents as usize).min(AT_ONCE)];
        for extent in found.iter().filter(|e| e.flags & FIEMAP_EXTENT_SHARED != 0) {
            let end = extent.logical.saturating_add(extent.length).min(size);
            shared += end.saturating_sub(extent.logical.max(start));
        }
        match found.last() {
            Some(last) if last.flags & FIEMAP_EXTENT_LAST == 0 => {
                start = last.logical.saturating_add(last.length.max(1));
            }
            _ => break,
        }
    }
    Ok(shared)
}

fn extents(file: &File, start: u64, flags: u32) -> Result<Fiemap> {
    let mut map = Fiemap {
        start,
        length: u64::MAX - start,
        flags,
        mapped_extents: 0,
        extent_count: AT_ONCE as u32,
        reserved: 0,
        extents: [Extent::default(); AT_ONCE],
    };
    // SAFETY: the kernel writes the head and at most `extent_count` extents, for which there is room.
    let done = unsafe { libc::ioctl(file.as_raw_fd(), FS_IOC_FIEMAP, &raw mut map) };
    match done {
        0 => Ok(map),
        _ => Err(Error::last_os_error()),
    }
}
