//! Page residency: how much of a file is in the page cache, and getting it out of there.

use std::{fs::File, num::NonZeroUsize, os::fd::AsRawFd, os::unix::fs::MetadataExt};

use anyhow::{Context, Result, bail};
use nix::{
    errno::Errno,
    fcntl::{PosixFadviseAdvice, posix_fadvise},
    sys::mman::{MapFlags, ProtFlags, mmap, munmap},
    unistd::{AccessFlags, SysconfVar, access, geteuid, sysconf},
};

use crate::model::Residency;

/// cachestat(2), since Linux 6.5: one number for every architecture, newer than the libc crate's tables.
const SYS_CACHESTAT: libc::c_long = 451;

/// How many pages of a file are in the page cache.
///
/// # Errors
/// The kernel does not tell: it tells only those who own the file or may write it.
pub(crate) fn residency(file: &File) -> Result<Residency> {
    let page = page_size();
    let size = file.metadata().context("cannot ask for the size")?.len();
    let pages = size.div_ceil(page);
    let resident = match cachestat(file) {
        Err(Errno::ENOSYS | Errno::EOPNOTSUPP | Errno::EPERM) => {
            let found = resident_pages(file)?;
            found.into_iter().filter(|resident| *resident).count() as u64
        }
        found => {
            let failed = "cannot ask cachestat for the resident pages";
            found.context(failed)?.cached
        }
    };
    Ok(Residency {
        resident: resident.min(pages),
        pages,
    })
}

/// Which pages of a file are in the page cache, first to last.
///
/// # Errors
/// As [`residency`].
pub(crate) fn resident_pages(file: &File) -> Result<Vec<bool>> {
    let size = file.metadata().context("cannot ask for the size")?.len();
    match size {
        0 => Ok(Vec::new()),
        size => mincore(file, size),
    }
}

/// How many pages of a file are dirty: newer than what its disk has.
///
/// # Errors
/// cachestat is refused, or older than this kernel: its errno.
pub(crate) fn dirty_pages(file: &File) -> nix::Result<u64> {
    Ok(cachestat(file)?.dirty)
}

/// Writes a file's dirty pages to its disk and asks the kernel to forget all its pages. It is only advice: on tmpfs
/// nothing goes, nor do pages that a pipe, a socket or a mapping still holds. [`residency`] says what came of it.
///
/// # Errors
/// fsync failed.
pub(crate) fn drop_from_cache(file: &File) -> Result<()> {
    file.sync_all()
        .context("cannot write the source to its disk")?;
    posix_fadvise(file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
        .context("cannot drop the source from the page cache")
}

/// `struct cachestat_range` of linux/mman.h.
#[repr(C)]
struct Range {
    offset: u64,
    /// 0: to the end of the file.
    length: u64,
}

/// `struct cachestat` of linux/mman.h.
#[repr(C)]
#[derive(Default)]
struct Cachestat {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

fn cachestat(file: &File) -> nix::Result<Cachestat> {
    let range = Range {
        offset: 0,
        length: 0,
    };
    let mut stat = Cachestat::default();
    // SAFETY: both structures have the kernel's layout and outlive the call.
    let done = unsafe { libc::syscall(SYS_CACHESTAT, file.as_raw_fd(), &range, &mut stat, 0u32) };
    Errno::result(done).map(|_| stat)
}

/// To those who may not know, mincore(2) answers that everything is resident.
fn mincore(file: &File, size: u64) -> Result<Vec<bool>> {
    let owner = file
        .metadata()
        .is_ok_and(|found| found.uid() == geteuid().as_raw());
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    if !owner && access(path.as_str(), AccessFlags::W_OK).is_err() {
        bail!("the kernel tells the resident pages only to who owns the file or may write it");
    }
    let length = NonZeroUsize::new(size as usize).context("an empty file has no pages")?;
    let mut pages = vec![0u8; size.div_ceil(page_size()) as usize];
    // SAFETY: a new mapping at an address that the kernel picks, unmapped below; nothing is read through it, and
    // `pages` has one byte for each of its pages.
    let done = unsafe {
        let flags = MapFlags::MAP_SHARED;
        let address = mmap(None, length, ProtFlags::PROT_READ, flags, file, 0)
            .context("cannot map the source")?;
        let done = libc::mincore(address.as_ptr(), length.get(), pages.as_mut_ptr());
        munmap(address, length.get()).context("cannot unmap the source")?;
        done
    };
    Errno::result(done).context("cannot ask mincore for the resident pages")?;
    Ok(pages.into_iter().map(|page| page & 1 == 1).collect())
}

fn page_size() -> u64 {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.map_or(4096, |size| size as u64)
}
