//! Memory that another process can map, too.

use std::{fs::File, io::Result, num::NonZeroUsize, ptr::NonNull, slice};

use nix::{
    fcntl::{FcntlArg, SealFlag, fcntl},
    sys::{
        memfd::{MFdFlags, memfd_create},
        mman::{MapFlags, ProtFlags, mmap, munmap},
    },
};

/// A file in memory (memfd_create(2)), mapped by this process. It can never become shorter: whoever else maps it need
/// not fear that a page is gone when it is touched (SIGBUS).
#[derive(Debug)]
pub struct Shared {
    /// What is passed on.
    pub file: File,
    /// None: it has no byte, and nothing can be mapped.
    view: Option<(NonNull<u8>, usize)>,
}

impl Shared {
    /// So many bytes, all 0.
    ///
    /// # Errors
    /// There are not so many.
    pub fn new(size: usize) -> Result<Shared> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let file = File::from(memfd_create("shared", flags)?);
        file.set_len(size as u64)?;
        fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK))?;
        let Some(length) = NonZeroUsize::new(size) else {
            return Ok(Shared { file, view: None });
        };
        let both = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address that the kernel picks.
        let address = unsafe { mmap(None, length, both, MapFlags::MAP_SHARED, &file, 0)? };
        let view = Some((address.cast(), size));
        Ok(Shared { file, view })
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match self.view {
            // SAFETY: mapped in `new`, and only `drop` unmaps it. Whoever else has the descriptor reads.
            Some((address, size)) => unsafe { slice::from_raw_parts_mut(address.as_ptr(), size) },
            None => &mut [],
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some((address, size)) = self.view {
            // SAFETY: the whole mapping; no slice of it outlives this.
            let _ = unsafe { munmap(address.cast(), size) };
        }
    }
}
