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

use super::{BLOCK, LARGEST_REQUEST, Ring, Shared};

/// The least buffer: a small transfer still asks for a whole chunk, as programs do.
const LEAST_BUFFER: usize = 1 << 20;

/// What is going to be transferred, as far as it decides what is needed.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The bytes in the source.
    pub size: usize,
    /// How many bytes at most a call.
    pub chunk: usize,
    /// The sink is a pipe: then splice needs no other one.
    pub to_pipe: bool,
    /// How much a pipe of the method's own is to hold; none: as the system makes it.
    pub pipe_size: Option<usize>,
    /// The source's file system has O_DIRECT. Else direct-send takes an ordinary descriptor: for a rehearsal.
    pub direct: bool,
}

/// What a method needs beside its source and its sink; what it does not need is empty.
#[derive(Debug, Default)]
pub struct Tools {
    /// io_uring's rings. They go before the memory that they know.
    pub ring: Option<Ring>,
    /// The source, opened once more with O_DIRECT.
    pub direct: Option<OwnedFd>,
    /// Memory of the program.
    pub memory: Memory,
    /// A pipe of the method's own.
    pub pipe: Option<Pipe>,
    /// Memory that the reader of a unix socket is to map.
    pub shared: Option<Shared>,
    /// The second sink of tee, a pipe: whoever reads from it opens it.
    pub second: Option<OwnedFd>,
    /// What the kernel reports of sends with MSG_ZEROCOPY.
    pub reports: Reports,
}

impl Tools {
    /// Gets what the method of this name needs, but for tee's second sink.
    ///
    /// # Errors
    /// The memory or the pipe cannot be had, or the source cannot be read into the memory.
    pub fn prepare(method: &str, source: BorrowedFd, wish: Wish) -> Result<Tools> {
        let mut tools = Tools::default();
        match method {
            "read-write" | "send-zerocopy" | "recv-write" => {
                tools.reports = Reports::new();
                tools.memory = Memory::new(wish.chunk.min(wish.size.max(LEAST_BUFFER)))?;
            }
            "vmsplice" => {
                tools.memory = Memory::new(wish.size)?;
                let file = File::from(source.try_clone_to_owned()?);
                file.read_exact_at(tools.memory.bytes_mut(), 0)?;
            }
            "shared-memory" => {
                let mut shared = Shared::new(wish.size)?;
                let file = File::from(source.try_clone_to_owned()?);
                file.read_exact_at(shared.bytes_mut(), 0)?;
                tools.shared = Some(shared);
            }
            "uring-fixed" | "uring-send-zc" => {
                let chunk = wish.chunk.min(LARGEST_REQUEST);
                tools.memory = Memory::new(chunk.min(wish.size.max(LEAST_BUFFER)))?;
            }
            "direct-send" => {
                let chunk = wish.chunk.clamp(BLOCK, LARGEST_REQUEST);
                let whole = chunk.min(wish.size.max(LEAST_BUFFER)) / BLOCK * BLOCK;
                tools.memory = Memory::new(whole)?;
            }
            _ => {}
        }
        tools.ring = ring(method, source, wish, &mut tools)?;
        let own_pipe = match method {
            "splice" | "vmsplice" | "uring-splice" => !wish.to_pipe,
            "tee" | "splice-receive" => true,
            _ => false,
        };
        if own_pipe {
            tools.pipe = Some(Pipe::new(wish.pipe_size)?);
        }
        Ok(tools)
    }
}

/// The rings of a method that has some, with what it registers.
fn ring(method: &str, source: BorrowedFd, wish: Wish, tools: &mut Tools) -> Result<Option<Ring>> {
    let registers = match method {
        "uring-fixed" | "direct-send" => true,
        "uring-send-zc" | "uring-splice" => false,
        _ => return Ok(None),
    };
    let ring = Ring::new()?;
    if registers {
        if method == "direct-send" && wish.direct {
            tools.direct = Some(open_direct(source)?);
        }
        let file = tools.direct.as_ref().map_or(source, AsFd::as_fd);
        ring.register_file(file)?;
        // SAFETY: the rings are dropped before the memory: their field comes first.
        unsafe { ring.register_buffer(tools.memory.bytes_mut()) }?;
    }
    Ok(Some(ring))
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
    /// So many bytes.
    ///
    /// # Errors
    /// There are not so many.
    pub fn new(size: usize) -> Result<Memory> {
        let room = size.saturating_add(LARGEST_PAGE);
        let mut all: Vec<u8> = Vec::new();
        all.try_reserve_exact(room).map_err(Error::other)?;
        let start = all.as_ptr().align_offset(LARGEST_PAGE).min(LARGEST_PAGE);
        all.resize(start + size, 1u8);
        let used = start..start + size;
        Ok(Memory { all, used })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.all[self.used.clone()]
    }

    /// The bytes, to be written to.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.all[self.used.clone()]
    }
}

/// What the kernel reports of sends with MSG_ZEROCOPY (kernel documentation, msg_zerocopy.rst): it numbers them from
/// 0, and a report names a first and a last one.
#[derive(Debug, Default)]
pub struct Reports {
    /// Sends so far.
    pub sent: u32,
    /// Parts that were not sent so: no more memory may be locked (ENOBUFS). The CPU copied them.
    pub refused: u32,
    /// Of the sends, reported as completed.
    pub completed: u32,
    /// Of these, copied after all.
    pub copied: u32,
    /// The first and the last of each run of copied ones.
    pub copied_sends: Vec<[u32; 2]>,
    /// Where recvmsg puts a report.
    pub(super) space: Vec<u8>,
    /// Reports that were just taken.
    pub(super) list: Vec<libc::sock_extended_err>,
}

/// `SO_EE_ORIGIN_ZEROCOPY` of linux/errqueue.h.
const ORIGIN_ZEROCOPY: u8 = 5;
/// `SO_EE_CODE_ZEROCOPY_COPIED`.
const CODE_COPIED: u8 = 1;

impl Reports {
    /// None so far, and room for some.
    pub fn new() -> Reports {
        Reports {
            space: nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in),
            list: Vec::with_capacity(8),
            copied_sends: Vec::with_capacity(64),
            ..Reports::default()
        }
    }

    /// Whether a send has not been reported yet.
    pub fn are_missing(&self) -> bool {
        self.completed < self.sent
    }

    /// Counts the reports that were just taken.
    pub(super) fn note(&mut self) {
        for number in 0..self.list.len() {
            let report = self.list[number];
            let (first, last) = (report.ee_info, report.ee_data);
            if report.ee_origin != ORIGIN_ZEROCOPY {
                continue;
            }
            let sends = last.wrapping_sub(first).wrapping_add(1);
            self.completed += sends;
            if report.ee_code != CODE_COPIED {
                continue;
            }
            self.copied += sends;
            self.note_copied(first, last);
        }
        self.list.clear();
    }

    /// Counts the report of one send more.
    pub(super) fn note_send(&mut self, copied: bool) {
        if copied {
            self.copied += 1;
            self.note_copied(self.sent, self.sent);
        }
        self.sent += 1;
        self.completed += 1;
    }

    fn note_copied(&mut self, first: u32, last: u32) {
        match self.copied_sends.last_mut() {
            Some(run) if run[1].wrapping_add(1) == first => run[1] = last,
            _ => self.copied_sends.push([first, last]),
        }
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
