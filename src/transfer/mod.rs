//! Ways to move bytes, one short file a method. Learners read these files word for word beside the recorded
//! calls, so each call that is recorded stands in one place of its file (a splice into the pipe and the one out of
//! it in two), and nothing else enters the kernel.

use std::os::fd::{AsFd, BorrowedFd};

use nix::{Result, errno::Errno};

use crate::model::Method;

pub mod copy_file_range;
pub mod direct_send;
pub mod ktls_sendfile;
pub mod mmap_write;
pub mod read_write;
pub mod recv_write;
mod reports;
mod ring;
pub mod send_zerocopy;
pub mod sendfile;
mod shared;
pub mod shared_memory;
pub mod splice;
pub mod splice_receive;
pub mod tcp_mmap_receive;
pub mod tee;
mod tools;
pub mod uring_fixed;
pub mod uring_send_zc;
pub mod uring_splice;
pub mod vmsplice;

pub use reports::Reports;
pub use ring::Ring;
pub use shared::Shared;
pub use tools::{Pipe, Tools, Wish, set_pipe_size};

/// Moves the bytes of `source` (a regular file, at its beginning; for a method that receives, a socket) to `sink`, a
/// blocking descriptor, and says how many. The tools are those that [`Tools::prepare`] got.
///
/// # Errors
/// The errno of the first call that failed (EINTR is never one).
pub fn transfer(
    method: Method,
    source: BorrowedFd,
    sink: BorrowedFd,
    tools: &mut Tools,
) -> Result<u64> {
    let (size, chunk) = (tools.size, tools.chunk);
    let second = tools.second.as_ref().map(AsFd::as_fd);
    let buffer = tools.memory.bytes_mut();
    let (ring, pipe) = (tools.ring.as_mut(), tools.pipe.as_ref());
    match method {
        Method::ReadWrite => read_write::transfer(source, sink, buffer),
        Method::MmapWrite => mmap_write::transfer(source, sink, size, chunk),
        Method::Sendfile => sendfile::transfer(source, sink, chunk),
        Method::Splice => splice::transfer(source, pipe, sink, chunk),
        Method::CopyFileRange => copy_file_range::transfer(source, sink, chunk),
        Method::Vmsplice => vmsplice::transfer(buffer, pipe, sink, chunk),
        Method::Tee => {
            let (pipe, second) = (pipe.expect(PREPARED), second.expect(PREPARED));
            tee::transfer(source, pipe, sink, second, chunk)
        }
        Method::SendZerocopy => send_zerocopy::transfer(source, sink, buffer, &mut tools.reports),
        Method::SharedMemory => {
            let shared = tools.shared.as_ref().expect(PREPARED);
            shared_memory::transfer(shared.file.as_fd(), sink, size)
        }
        Method::RecvWrite => recv_write::transfer(source, sink, buffer),
        Method::SpliceReceive => {
            splice_receive::transfer(source, pipe.expect(PREPARED), sink, chunk)
        }
        Method::TcpMmapReceive => {
            tcp_mmap_receive::transfer(source, sink, buffer, &mut tools.reports.mapped)
        }
        Method::UringFixed => uring_fixed::transfer(ring.expect(PREPARED), sink, buffer, size),
        Method::UringSendZc => {
            uring_send_zc::transfer(ring.expect(PREPARED), source, sink, buffer, size)
        }
        Method::UringSplice => {
            let chunk = chunk.min(LARGEST_REQUEST);
            uring_splice::transfer(ring.expect(PREPARED), source, pipe, sink, size, chunk)
        }
        Method::KtlsSendfile => ktls_sendfile::transfer(source, sink, chunk),
        Method::DirectSend => {
            direct_send::transfer(ring.expect(PREPARED), source, sink, buffer, size)
        }
    }
}

/// What a method needs is got before its transfer begins.
const PREPARED: &str = "Tools::prepare got it";

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
