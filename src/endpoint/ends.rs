//! Both ends of a sink, in this process.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixStream},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use nix::fcntl::{FcntlArg, OFlag, fcntl};

/// The kernel connects two sockets of one machine at once, unless the loopback interface is down.
const PATIENCE: Duration = Duration::from_secs(5);

/// A TCP connection over loopback: the connecting end, and the accepted one. The port is the system's choice.
///
/// # Errors
/// The kernel refuses it.
pub(crate) fn tcp() -> Result<(TcpStream, TcpStream)> {
    let connect = || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let near = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
        // Whoever else has found the port is not the one.
        loop {
            let (far, address) = listener.accept()?;
            if address == near.local_addr()? {
                return std::io::Result::Ok((near, far));
            }
        }
    };
    connect().map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::TimedOut
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::AddrNotAvailable => ": is the interface lo up (ip link set lo up)?",
            _ => "",
        };
        anyhow!("cannot connect to 127.0.0.1: {error}{advice}")
    })
}

/// A pair of unix stream sockets.
///
/// # Errors
/// The kernel refuses it.
pub(crate) fn unix() -> Result<(UnixStream, UnixStream)> {
    UnixStream::pair().context("cannot make a pair of unix sockets")
}

/// A pipe: the end to write, the end to read.
///
/// # Errors
/// The kernel refuses it.
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let (read, write) = std::io::pipe().context("cannot make a pipe")?;
    Ok((write.into(), read.into()))
}

/// Makes calls on a descriptor return EAGAIN where they would wait.
///
/// # Errors
/// Its flags cannot be set.
pub(crate) fn nonblocking(end: &OwnedFd) -> Result<()> {
    let flags = fcntl(end, FcntlArg::F_GETFL).context("cannot read the flags of a descriptor")?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(end, FcntlArg::F_SETFL(flags)).context("cannot make a descriptor nonblocking")?;
    Ok(())
}
