//! Sinks, and who is at their other end.

use std::{
    fs::File,
    io::{Seek, SeekFrom},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use anyhow::{Context, Result};

use super::{Drain, Reader, Received, Receiver, ends, receiver, scratch_file, source};
use crate::model::Sink;

/// A sink to write to, and the process that drains it (a file has none).
#[derive(Debug)]
pub struct Connection {
    /// The sender's end, blocking.
    pub sink: OwnedFd,
    /// The process at the other end.
    pub receiver: Option<Receiver>,
}

/// Opens a sink and starts its receiver. A file lies in `dir`, without a name.
///
/// # Errors
/// A socket, pipe, file or process cannot be had.
pub fn connect(to: Sink, dir: &Path, reader: &Reader) -> Result<Connection> {
    let (sink, other): (OwnedFd, OwnedFd) = match to {
        Sink::File => {
            return Ok(Connection {
                sink: scratch_file(dir)?.into(),
                receiver: None,
            });
        }
        Sink::Tcp => {
            let (sink, other) = ends::tcp()?;
            (sink.into(), other.into())
        }
        Sink::Unix => {
            let (sink, other) = ends::unix()?;
            (sink.into(), other.into())
        }
        Sink::Pipe => ends::pipe()?,
    };
    let receiver = Some(receiver::start(other, reader)?);
    Ok(Connection { sink, receiver })
}

/// What a file sink holds now.
///
/// # Errors
/// It cannot be read.
pub fn read_back(sink: BorrowedFd, drain: Drain) -> Result<Received> {
    let mut file = File::from(sink.as_fd().try_clone_to_owned()?);
    let failed = "cannot read back what was written";
    let (bytes, checksum) = match drain {
        Drain::Discard => (file.metadata().context(failed)?.len(), None),
        Drain::Hash => {
            file.seek(SeekFrom::Start(0)).context(failed)?;
            let (bytes, checksum) = source::hash_all(file).context(failed)?;
            (bytes, Some(checksum))
        }
    };
    Ok(Received { bytes, checksum })
}
