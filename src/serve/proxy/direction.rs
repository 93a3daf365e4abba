//! One direction of a proxied connection.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    os::fd::OwnedFd,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, SpliceFFlags, splice},
};

use crate::model::Method;
use crate::serve::errno;

/// What one turn may move in one direction.
const TURN: usize = 1 << 20;
/// The buffer; and what is asked of splice at once, though a pipe takes 16 pages unless it was enlarged.
const CHUNK: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Its turn is used up.
    More,
    /// There is nothing to read, or no room to write.
    Waits,
    /// The end was read, everything is written, and the end is passed on.
    Ended,
}

#[derive(Debug)]
pub(super) struct Direction {
    relay: RelayBuffer,
    /// Read and not yet written.
    held: usize,
    /// The end was read.
    end_read: bool,
    /// And passed on.
    ended: bool,
}

#[derive(Debug)]
enum RelayBuffer {
    /// The bytes that are held are those from `.1` on.
    ReadWrite(Vec<u8>, usize),
    /// The pipe's read end and write end.
    Splice(OwnedFd, OwnedFd),
}

impl Direction {
    pub(super) fn new(method: Method) -> nix::Result<Direction> {
        let relay = match method {
            Method::ReadWrite => RelayBuffer::ReadWrite(Vec::new(), 0),
            Method::Splice => {
                let (read_end, write_end) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
                RelayBuffer::Splice(read_end, write_end)
            }
            _ => return Err(Errno::EINVAL),
        };
        Ok(Direction {
            relay,
            held: 0,
            end_read: false,
            ended: false,
        })
    }

    /// Moves bytes until neither socket goes on, or the turn is used up.
    pub(super) fn advance(&mut self, from: &TcpStream, to: &TcpStream) -> nix::Result<Flow> {
        let mut moved = 0;
        while !self.ended {
            let (taken, given) = match self.take(from).and_then(|n| Ok((n, self.give(to)?))) {
                Err(Errno::EINTR) => continue,
                both => both?,
            };
            if self.end_read && self.held == 0 {
                self.pass_end_on(to)?;
            } else if taken + given == 0 {
                return Ok(Flow::Waits);
            }
            moved += given;
            if moved >= TURN {
                return Ok(Flow::More);
            }
        }
        Ok(Flow::Ended)
    }

    /// Reads as much as there is room for; 0 where there is none, or nothing to read.
    fn take(&mut self, from: &TcpStream) -> nix::Result<usize> {
        if self.end_read {
            return Ok(0);
        }
        let taken = match &mut self.relay {
            RelayBuffer::ReadWrite(..) if self.held > 0 => return Ok(0),
            RelayBuffer::ReadWrite(buffer, at) => {
                *at = 0;
                buffer.resize(CHUNK, 0);
                (&mut &*from).read(buffer).map_err(errno)
            }
            // EAGAIN says that the socket has nothing, or that the pipe is full. It does not matter which: a full pipe is
            // emptied first, and then this is tried again.
            RelayBuffer::Splice(_, pipe) => {
                splice(from, None, &*pipe, None, CHUNK, without_waiting())
            }
        };
        let taken = unless_again(taken)?;
        self.end_read = taken == Some(0);
        self.held += taken.unwrap_or(0);
        if let RelayBuffer::ReadWrite(buffer, _) = &mut self.relay {
            match taken {
                Some(count) => buffer.truncate(count),
                // A silent connection holds no buffer.
                None => *buffer = Vec::new(),
            }
        }
        Ok(taken.unwrap_or(0))
    }

    /// Writes as much of what is held as the socket takes.
    fn give(&mut self, to: &TcpStream) -> nix::Result<usize> {
        if self.held == 0 {
            return Ok(0);
        }
        let given = match &mut self.relay {
            RelayBuffer::ReadWrite(buffer, at) => (&mut &*to).write(&buffer[*at..]).map_err(errno),
            RelayBuffer::Splice(pipe, _) => {
                splice(&*pipe, None, to, None, self.held, without_waiting())
            }
        };
        let given = unless_again(given)?.unwrap_or(0);
        self.held -= given;
        if let RelayBuffer::ReadWrite(_, at) = &mut self.relay {
            *at += given;
        }
        Ok(given)
    }

    fn pass_end_on(&mut self, to: &TcpStream) -> nix::Result<()> {
        self.ended = true;
        // Nothing more will pass: give the buffer or the pipe's descriptors back.
        self.relay = RelayBuffer::ReadWrite(Vec::new(), 0);
        to.shutdown(Shutdown::Write).map_err(errno)
    }
}

fn without_waiting() -> SpliceFFlags {
    SpliceFFlags::SPLICE_F_MOVE | SpliceFFlags::SPLICE_F_NONBLOCK
}

/// `None` where it has to wait.
fn unless_again(done: nix::Result<usize>) -> nix::Result<Option<usize>> {
    match done {
        Err(Errno::EAGAIN) => Ok(None),
        done => done.map(Some),
    }
}
