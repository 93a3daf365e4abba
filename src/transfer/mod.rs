//! Ways to move bytes, one short file a method. Learners read these files word for word beside the recorded
//! calls, so each call that is recorded stands in one place of its file (a splice into the pipe and the one out of
//! it in two), and nothing else enters the kernel.

use std::os::fd::{AsFd, BorrowedFd};

use nix::{Result, errno::Errno};

pub mod copy_file_range;
pub mod direct_send;
pub mod mmap_write;
pub mod read_write;
pub mod recv_write;
mod ring;
pub mod send_zerocopy;
pub mod sendfile;
mod shared;
pub mod shared_memory;
pub mod splice;
pub mod splice_receive;
pub mod tee;
mod tools;
pub mod uring_fixed;
pub mod uring_send_zc;
pub mod uring_splice;
pub mod vmsplice;

pub use ring::Ring;
pub use shared::Shared;
pub use tools::{Pipe, Reports, Tools, Wish, set_pipe_size};

/// Everything that a transfer may need. Whatever costs a call of its own, such as memory, is got beforehand.
pub struct Job<'a> {
    /// A regular file, at its beginning; for a method that receives, a socket.
    pub source: BorrowedFd<'a>,
    /// A blocking descriptor.
    pub sink: BorrowedFd<'a>,
    /// The bytes in the source: for a method that receives, those that will arrive.
    pub size: usize,
    /// How many bytes at most a call.
    pub chunk: usize,
    /// What else the method needs.
    pub tools: &'a mut Tools,
}

/// Moves the bytes by the method of this name, and says how many. None: there is no such method.
///
/// # Errors
/// The errno of the first call that failed (EINTR is never one).
pub fn transfer(method: &str, job: Job) -> Option<Result<u64>> {
    let Job {
        source,
        sink,
        size,
        chunk,
        tools,
    } = job;
    Some(match method {
        "read-write" => read_write::transfer(source, sink, tools.memory.bytes_mut()),
        "mmap-write" => mmap_write::transfer(source, sink, size, chunk),
        "sendfile" => sendfile::transfer(source, sink, chunk),
        "splice" => splice::transfer(source, tools.pipe.as_ref(), sink, chunk),
        "copy-file-range" => copy_file_range::transfer(source, sink, chunk),
        "vmsplice" => vmsplice::transfer(tools.memory.bytes(), tools.pipe.as_ref(), sink, chunk),
        "tee" => {
            let (pipe, second) = (tools.pipe.as_ref()?, tools.second.as_ref()?.as_fd());
            tee::transfer(source, pipe, sink, second, chunk)
        }
        "send-zerocopy" => {
            let Tools {
                memory, reports, ..
            } = tools;
            send_zerocopy::transfer(source, sink, memory.bytes_mut(), reports)
        }
        "shared-memory" => shared_memory::transfer(tools.shared.as_ref()?.file(), sink, size),
        "recv-write" => recv_write::transfer(source, sink, tools.memory.bytes_mut()),
        "splice-receive" => splice_receive::transfer(source, tools.pipe.as_ref()?, sink, chunk),
        "uring-fixed" => {
            let Tools { ring, memory, .. } = tools;
            uring_fixed::transfer(ring.as_mut()?, sink, memory.bytes_mut(), size)
        }
        "uring-send-zc" => {
            let Tools { ring, memory, .. } = tools;
            uring_send_zc::transfer(ring.as_mut()?, source, sink, memory.bytes_mut(), size)
        }
        "uring-splice" => {
            let Tools { ring, pipe, .. } = tools;
            let chunk = chunk.min(LARGEST_REQUEST);
            uring_splice::transfer(ring.as_mut()?, source, pipe.as_ref(), sink, size, chunk)
        }
        "direct-send" => {
            let Tools { ring, memory, .. } = tools;
            direct_send::transfer(ring.as_mut()?, source, sink, memory.bytes_mut(), size)
        }
        _ => return None,
    })
}

/// A request of io_uring has 32 bits for its length; a registered buffer may have 1 GiB.
const LARGEST_REQUEST: usize = 1 << 30;

/// `IORING_SEND_ZC_REPORT_USAGE` of linux/io_uring.h: the report shall say whether the kernel copied.
const REPORT_USAGE: u16 = 1 << 3;

/// What O_DIRECT counts in here: no usual disk has larger blocks.
pub const BLOCK: usize = 4096;

/// The answer of a request behind a link: where the one before fell short, it was cancelled, and moved nothing.
fn unless_cancelled(answer: Result<usize>) -> Result<usize> {
    match answer {
        Err(Errno::ECANCELED) => Ok(0),
        answer => answer,
    }
}

/// Makes a call again when a signal has interrupted it before it moved anything.
fn retry<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            done => return done,
        }
    }
}
