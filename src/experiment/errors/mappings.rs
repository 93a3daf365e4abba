//! A file that becomes shorter under a mapping, and under sendfile.

use std::{
    num::NonZeroUsize,
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    ptr::NonNull,
};

use anyhow::{Context, Result};
use nix::{
    errno::Errno,
    libc::c_void,
    sys::{
        mman::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap},
        sendfile::sendfile,
    },
};

use super::{
    Experiment, Observation,
    Run::{Alone, Here},
    Setting, call,
};
use crate::endpoint::ends;

/// Two pages on every machine that Linux runs on have room in it.
const LENGTH: usize = 1 << 17;

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "write-truncated-mapping",
        call: "write(pipe, mapping, 4096)",
        setup: "A file is mapped, then truncated to 0 bytes; the mapping stays.",
        why: "The kernel takes the page fault on the program's behalf, finds no page behind it any more, and \
              gives up the copy instead of killing the program: write(2), EFAULT. What it had taken before \
              that page would be a short count.",
        run: Here(|setting| {
            let mapping = truncated(setting)?;
            let (write_end, _read_end) = ends::pipe()?;
            call(mapping.write_to(write_end.as_fd(), 4096))
        }),
    },
    Experiment {
        name: "touch-truncated-mapping",
        call: "byte = mapping[0]",
        setup: "A file is mapped, then truncated to 0 bytes; the program reads the first byte of the mapping.",
        why: "A load from memory has no return value to carry an errno, so the program gets a signal. A server \
              that maps files which others can truncate must expect it: mmap(2), SIGBUS.",
        run: Alone(|setting| {
            let byte = truncated(setting)?.touch();
            Ok(Observation::answer("works").with(format!("the byte was {byte}")))
        }),
    },
    Experiment {
        name: "truncate-under-sendfile",
        call: "sendfile(socket, file, NULL, 65536), until it returns 0",
        setup: "A file of 131072 bytes; after the first call it is truncated to 100000.",
        why: "sendfile has no mapping that could break: it finds the file's end where it now is. A server that \
              promised 131072 bytes has to notice the 0, or it loops for ever: sendfile(2), RETURN VALUE.",
        run: Here(shorter_under_sendfile),
    },
];

fn shorter_under_sendfile(setting: &Setting) -> Result<Observation> {
    const CHUNK: usize = 65536;
    let (near, _far) = ends::unix()?;
    let file = setting.file(2 * CHUNK as u64)?;
    let mut counts = Vec::new();
    loop {
        let n = match sendfile(&near, &file, None, CHUNK) {
            Ok(n) => n,
            Err(errno) => return call(Err(errno)),
        };
        counts.push(n);
        if counts.len() == 1 {
            file.set_len(100_000).context("cannot truncate a file")?;
        }
        if n == 0 || counts.len() > 9 {
            break;
        }
    }
    let is_short = counts.get(1).is_some_and(|n| (1..CHUNK).contains(n));
    let answer = match is_short && counts.ends_with(&[0]) {
        true => "a short count, then 0",
        false => "other counts",
    };
    Ok(Observation::answer(answer).with(format!("the calls returned {counts:?}")))
}

/// The mapping of a file that is empty by now.
fn truncated(setting: &Setting) -> Result<Mapping> {
    let file = setting.file(LENGTH as u64)?;
    let length = NonZeroUsize::new(LENGTH).context("no length")?;
    let (read, shared) = (ProtFlags::PROT_READ, MapFlags::MAP_SHARED);
    // SAFETY: a new mapping at an address that the kernel picks.
    let address = unsafe { mmap(None, length, read, shared, &file, 0) };
    let address = address.context("cannot map a file")?;
    file.set_len(0).context("cannot truncate a file")?;
    Ok(Mapping { address, length })
}

/// Addresses with nothing behind them.
pub(super) fn reserve(length: usize) -> Result<Mapping> {
    let length = NonZeroUsize::new(length).context("no length")?;
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_NORESERVE;
    // SAFETY: a new mapping at an address that the kernel picks.
    let address = unsafe { mmap_anonymous(None, length, ProtFlags::PROT_NONE, flags) };
    let address = address.with_context(|| format!("cannot reserve {length} bytes of addresses"))?;
    Ok(Mapping { address, length })
}

/// Mapped addresses, which may not be safe to read.
pub(super) struct Mapping {
    address: NonNull<c_void>,
    length: NonZeroUsize,
}

impl Mapping {
    /// `write(sink, mapping, bytes)`: the kernel reads the bytes, if it can.
    pub(super) fn write_to(&self, sink: BorrowedFd, bytes: usize) -> nix::Result<usize> {
        let bytes = bytes.min(self.length.get());
        // SAFETY: the addresses are mapped; where the kernel cannot read them it says EFAULT.
        let done = unsafe { libc::write(sink.as_raw_fd(), self.address.as_ptr(), bytes) };
        Errno::result(done).map(|n| n as usize)
    }

    /// Reads the first byte.
    fn touch(&self) -> u8 {
        // SAFETY: the address is mapped and readable. Behind the end of the file this raises SIGBUS, which ends
        // the process: it is what the experiment is about.
        unsafe { self.address.cast::<u8>().read_volatile() }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the whole mapping, and nobody uses it any more.
        let _ = unsafe { munmap(self.address, self.length.get()) };
    }
}
