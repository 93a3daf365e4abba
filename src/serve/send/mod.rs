//! The sending step: a part of a file into a socket, one short file a method.
//!
//! Each is taken up again after EAGAIN where it stopped: the socket's queue was full, and the loop comes back when the
//! peer has taken some. Learners read these files word for word beside a request's recorded calls, so each call stands in
//! one place of its file (a splice into the pipe and the one out of it in two).

mod mmap_write;
mod read_write;
mod sendfile;
mod splice;

use std::{fs::File, ops::Range, os::fd::BorrowedFd};

use nix::errno::Errno;

use crate::model::Method;

#[derive(Debug)]
pub(crate) struct Sending {
    sender: Sender,
    left: u64,
}

#[derive(Debug)]
enum Sender {
    ReadWrite(read_write::ReadWrite),
    MmapWrite(mmap_write::MmapWrite),
    Sendfile(sendfile::Sendfile),
    Splice(splice::Splice),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many bytes are in the socket's queue, and more are to come.
    Moved(usize),
    /// So many, and these were the last.
    Done(usize),
    /// The socket's queue is full.
    Full,
    /// It cannot be completed: the call failed, or the file became shorter. The head has promised more, so the connection
    /// has to be closed.
    Broken,
}

impl Sending {
    /// Prepares to send the bytes `range` of `file`.
    ///
    /// # Errors
    /// mmap's and pipe2's; EINVAL for a method that is not one of [`ServePlan::METHODS`](crate::model::ServePlan::METHODS).
    pub(crate) fn new(method: Method, file: File, range: Range<u64>) -> nix::Result<Sending> {
        let left = range.end - range.start;
        let sender = match method {
            Method::ReadWrite => Sender::ReadWrite(read_write::ReadWrite::new(file, range)),
            Method::MmapWrite => Sender::MmapWrite(mmap_write::MmapWrite::new(file, range)?),
            Method::Sendfile => Sender::Sendfile(sendfile::Sendfile::new(file, range)),
            Method::Splice => Sender::Splice(splice::Splice::new(file, range)?),
            _ => return Err(Errno::EINVAL),
        };
        Ok(Sending { sender, left })
    }

    /// Moves up to `most` bytes into the socket.
    pub(crate) fn step(&mut self, socket: BorrowedFd, most: usize) -> Step {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(most);
        let moved = match &mut self.sender {
            Sender::ReadWrite(sender) => sender.step(socket, most),
            Sender::MmapWrite(sender) => sender.step(socket, most),
            Sender::Sendfile(sender) => sender.step(socket, most),
            Sender::Splice(sender) => sender.step(socket, most),
        };
        match moved {
            Ok(0) => Step::Broken,
            Ok(moved) => {
                self.left -= moved as u64;
                match self.left {
                    0 => Step::Done(moved),
                    _ => Step::Moved(moved),
                }
            }
            Err(Errno::EAGAIN) => Step::Full,
            Err(Errno::EINTR) => Step::Moved(0),
            Err(_) => Step::Broken,
        }
    }
}

/// A file offset as the calls take it.
fn offset(at: u64) -> i64 {
    i64::try_from(at).expect("an offset in a file that exists")
}
