//! What a method needs beside its source and its sink, got before the transfer begins.

use std::{
    fs::File,
    io::{Error, PipeReader, PipeWriter, Result, pipe},
    ops::Range,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::fs::FileExt,
    },
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl, open},
    sys::stat::Mode,
};

use super::{BLOCK, LARGEST_REQUEST, Reports, Ring, Shared};
use crate::model::{Held, Method, Sink};

/// The least buffer: a small transfer still asks for a whole chunk, as programs do.
const LEAST_BUFFER: usize = 1 << 20;

/// What is going to be transferred, as far as it decides what is needed.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The bytes in the source: for a method that receives, those that will arrive.
    pub size: usize,
    /// How many bytes at most a call.
    pub chunk: usize,
    /// What is written to: splice into a pipe needs no other one.
    pub to: Sink,
    /// How much a pipe of the method's own is to hold; none: as the system makes it.
    pub pipe_size: Option<usize>,
    /// The source's file system has O_DIRECT. Else direct-send takes an ordinary descriptor: for a rehearsal.
    pub direct: bool,
}

/// What a method needs beside its source and its sink, got beforehand, for it costs calls of its own; what it does not
/// need is empty.
#[derive(Default)]
pub struct Tools {
    /// As it was wished.
    pub(super) size: usize,
    /// Likewise.
    pub(super) chunk: usize,
    /// io_uring's rings. They go before the memory that they know.
    pub ring: Option<Ring>,
    /// The source, opened once more with O_DIRECT.
    pub direct: Option<OwnedFd>,
    pub memory: Memory,
    pub pipe: Option<Pipe>,
    /// Memory that the reader of a unix socket is to map.
    pub shared: Option<Shared>,
    /// The second sink of tee, a pipe: whoever reads from it opens it.
    pub second: Option<OwnedFd>,
    /// What the kernel reports of sends with MSG_ZEROCOPY.
    pub reports: Reports,
}

impl Tools {
    /// Gets what the method needs, but for a second sink.
    ///
    /// # Errors
    /// The memory or the pipe cannot be had, or the source cannot be read into the memory.
    pub fn prepare(method: Method, source: BorrowedFd, wish: Wish) -> Result<Tools> {
        let mut tools = Tools {
            size: wish.size,
            chunk: wish.chunk,
            ..Tools::default()
        };
        match method.held() {
            Held::Buffer => tools.memory = Memory::new(buffer_size(method, wish))?,
            Held::Memory => {
                tools.memory = Memory::new(wish.size)?;
                read_all(source, tools.memory.bytes_mut())?;
            }
            Held::SharedMemory => {
                let mut shared = Shared::new(wish.size)?;
                read_all(source, shared.bytes_mut())?;
                tools.shared = Some(shared);
            }
            Held::Nowhere | Held::Mapping => {}
        }
        if method.uses_error_queue() {
            tools.reports = Reports::new();
        }
        if method.maps_socket() {
            tools.reports = Reports::of_receives(wish.size);
        }
        if method.uses_ring() {
            let ring = Ring::new()?;
            if method.registers() {
                if method.bypasses_cache() && wish.direct {
                    tools.direct = Some(open_direct(source)?);
                }
                let file = tools.direct.as_ref().map_or(source, AsFd::as_fd);
                ring.register_file(file)?;
                // SAFETY: the rings are dropped before the memory: their field comes first.
                unsafe { ring.register_buffer(tools.memory.bytes_mut()) }?;
            }
            tools.ring = Some(ring);
        }
        if method.has_pipe(wish.to) {
            tools.pipe = Some(Pipe::new(wish.pipe_size)?);
        }
        Ok(tools)
    }
}

/// A chunk, as far as a request may be so long; for O_DIRECT, whole blocks.
fn buffer_size(method: Method, wish: Wish) -> usize {
    let chunk = match method.uses_ring() {
        true => wish.chunk.min(LARGEST_REQUEST),
        false => wish.chunk,
    };
    let size = |chunk: usize| chunk.min(wish.size.max(LEAST_BUFFER));
    match method.bypasses_cache() {
        true => size(chunk.max(BLOCK)) / BLOCK * BLOCK,
        false => size(chunk),
    }
}

/// Reads the source from its beginning until the memory is full.
fn read_all(source: BorrowedFd, memory: &mut [u8]) -> Result<()> {
    File::from(source.try_clone_to_owned()?).read_exact_at(memory, 0)
}

/// A file once more, past the page cache. EINVAL: its file system has no O_DIRECT.
fn open_direct(file: BorrowedFd) -> Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECT | OFlag::O_CLOEXEC;
    open(path.as_str(), flags, Mode::empty()).map_err(|errno| {
        let error = Error::from(errno);
        Error::new(
            error.kind(),
            format!("the file system refuses O_DIRECT: {error}"),
        )
    })
}

/// Memory that begins with a page, so that a pipe needs no more slots for it than it has pages. It was touched: the
/// first touch of a page is a fault, and would count as the transfer's.
#[derive(Debug, Default)]
pub struct Memory {
    all: Vec<u8>,
    used: Range<usize>,
}

/// No machine of Linux has larger pages.
const LARGEST_PAGE: usize = 1 << 16;

impl Memory {
    pub fn new(size: usize) -> Result<Memory> {
        let room = size.saturating_add(LARGEST_PAGE);
        let mut all: Vec<u8> = Vec::new();
        all.try_reserve_exact(room).map_err(Error::other)?;
        let start = all.as_ptr().align_offset(LARGEST_PAGE).min(LARGEST_PAGE);
        all.resize(start + size, 1u8);
        let used = start..start + size;
        Ok(Memory { all, used })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.all[self.used.clone()]
    }

    /// The bytes, to be written to.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.all[self.used.clone()]
    }
}

/// Both ends of a pipe.
#[derive(Debug)]
pub struct Pipe {
    /// What was put in first comes out here.
    pub out: PipeReader,
    /// Here it is put in.
    pub into: PipeWriter,
}

impl Pipe {
    /// A pipe that holds at least `size` bytes; none: as many as the system gives it.
    ///
    /// # Errors
    /// No descriptor is left, or the pipe may not be so large.
    pub fn new(size: Option<usize>) -> Result<Pipe> {
        let (out, into) = pipe()?;
        if let Some(size) = size {
            set_pipe_size(&into, size)?;
        }
        Ok(Pipe { out, into })
    }
}

/// Makes a pipe hold at least `size` bytes: the kernel rounds up to a power of two of pages.
///
/// # Errors
/// EPERM: more than an ordinary user may have (`/proc/sys/fs/pipe-max-size`). EBUSY: it holds more already.
pub fn set_pipe_size(pipe: impl AsFd, size: usize) -> Result<()> {
    let size = i32::try_from(size).unwrap_or(i32::MAX);
    fcntl(pipe, FcntlArg::F_SETPIPE_SZ(size))?;
    Ok(())
}
