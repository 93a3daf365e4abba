//! What a method needs beside its source and its sink, got before the transfer begins.

use std::{
    io::{Error, PipeReader, PipeWriter, Result, pipe},
    os::fd::AsFd,
};

use nix::fcntl::{FcntlArg, fcntl};

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
}

/// What a method needs beside its source and its sink; what it does not need is empty.
#[derive(Debug, Default)]
pub struct Tools {
    /// Memory of the program. It was touched: the first touch of a page is a fault, and would count as the
    /// transfer's.
    pub memory: Vec<u8>,
    /// A pipe of the method's own.
    pub pipe: Option<Pipe>,
}

impl Tools {
    /// Gets what the method of this name needs.
    ///
    /// # Errors
    /// The memory or the pipe cannot be had.
    pub fn prepare(method: &str, wish: Wish) -> Result<Tools> {
        let mut tools = Tools::default();
        match method {
            "read-write" => tools.memory = memory(wish.chunk.min(wish.size.max(LEAST_BUFFER)))?,
            "splice" if !wish.to_pipe => tools.pipe = Some(Pipe::new(wish.pipe_size)?),
            _ => {}
        }
        Ok(tools)
    }
}

/// Memory that is there.
fn memory(size: usize) -> Result<Vec<u8>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(size).map_err(Error::other)?;
    memory.resize(size, 1);
    Ok(memory)
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
