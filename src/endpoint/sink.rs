//! Sinks, and who is at their other end.

use std::{
    fs::File,
    io::{Seek, SeekFrom},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use anyhow::{Context, Result};
use nix::{
    fcntl::{FcntlArg, fcntl},
    sys::socket::{getsockopt, setsockopt, sockopt},
};

use super::{Drain, Reader, Received, Receiver, ends, receiver, scratch_file};
use crate::model::Sink;

/// A sink to write to, and the process that drains it (a file has none).
#[derive(Debug)]
pub struct Connection {
    /// The sender's end, blocking.
    pub sink: OwnedFd,
    /// The process at the other end.
    pub receiver: Option<Receiver>,
}

impl Connection {
    /// What arrived: what a file holds now, or what the receiver says at its end of file.
    ///
    /// # Errors
    /// The file cannot be read, or the receiver failed or died.
    pub fn received(self, drain: Drain) -> Result<Received> {
        match self.receiver {
            None => read_back(self.sink.as_fd(), drain),
            Some(receiver) => {
                drop(self.sink);
                receiver.finish()
            }
        }
    }
}

/// Opens a sink and starts its receiver. A file lies in `dir`, without a name.
///
/// # Errors
/// A socket, pipe, file or process cannot be had.
pub fn connect(to: Sink, dir: &Path, reader: &Reader) -> Result<Connection> {
    let (sink, other) = both_ends(to, dir)?;
    let receiver = match to.has_reader() {
        true => Some(receiver::start(other, reader)?),
        false => None,
    };
    Ok(Connection { sink, receiver })
}

/// A sink in this process: the end to write, blocking, and the end to read. A file lies in `dir`, without a name, and is
/// its own other end.
///
/// # Errors
/// The kernel refuses it.
pub fn both_ends(to: Sink, dir: &Path) -> Result<(OwnedFd, OwnedFd)> {
    Ok(match to {
        Sink::Tcp => {
            let (near, far) = ends::tcp()?;
            (near.into(), far.into())
        }
        Sink::Unix => {
            let (near, far) = ends::unix()?;
            (near.into(), far.into())
        }
        Sink::Pipe => ends::pipe()?,
        Sink::File => {
            let file = scratch_file(dir)?;
            let again = file.try_clone().context("cannot duplicate a descriptor")?;
            (again.into(), file.into())
        }
    })
}

/// Asks for room in a sink that nobody reads for so many bytes, as far as this user may have it: what then does not fit
/// shows.
pub fn ask_for_room(to: Sink, near: &OwnedFd, size: usize) {
    match to {
        // Its queue grows by itself to some megabytes; a size set by hand would stop that, and may be less. Only a
        // privileged user may ask for more than the system's limit: refused, all stays.
        Sink::Tcp => drop(setsockopt(near, sockopt::SndBufForce, &(2 * size))),
        // The kernel doubles what is asked for, for its bookkeeping, and cuts it at its limit.
        Sink::Unix => {
            let default = getsockopt(near, sockopt::SndBuf);
            if default.is_ok_and(|default| default < 2 * size)
                && setsockopt(near, sockopt::SndBufForce, &(2 * size)).is_err()
            {
                let _ = setsockopt(near, sockopt::SndBuf, &(2 * size));
            }
        }
        Sink::Pipe => {
            if fcntl(near, FcntlArg::F_GETPIPE_SZ).is_ok_and(|room| (room as usize) < size) {
                let _ = fcntl(near, FcntlArg::F_SETPIPE_SZ(size as i32));
            }
        }
        Sink::File => {}
    }
}

/// What a file sink holds now.
///
/// # Errors
/// It cannot be read.
fn read_back(sink: BorrowedFd, drain: Drain) -> Result<Received> {
    let mut file = File::from(sink.as_fd().try_clone_to_owned()?);
    let failed = "cannot read back what was written";
    if drain == Drain::Hash {
        file.seek(SeekFrom::Start(0)).context(failed)?;
        return receiver::hash_all(file).context(failed);
    }
    Ok(Received {
        bytes: file.metadata().context(failed)?.len(),
        checksum: None,
    })
}
