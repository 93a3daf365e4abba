//! Both ends of a sink, in this process.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};

/// A TCP connection over loopback.
pub(super) fn tcp() -> Result<(TcpStream, TcpStream)> {
    let connect = || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        // Whoever else has found the port is not the one.
        loop {
            let (far, address) = listener.accept()?;
            if address == near.local_addr()? {
                return std::io::Result::Ok((near, far));
            }
        }
    };
    connect().context("cannot connect to 127.0.0.1")
}

/// A pair of unix stream sockets.
pub(super) fn unix() -> Result<(UnixStream, UnixStream)> {
    UnixStream::pair().context("cannot make a pair of unix sockets")
}

/// A pipe: the end to write, the end to read.
pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let (read, write) = std::io::pipe().context("cannot make a pipe")?;
    Ok((write.into(), read.into()))
}

/// Makes calls on a descriptor return EAGAIN where they would wait.
pub(super) fn nonblocking(end: &OwnedFd) -> Result<()> {
    let flags = fcntl(end, FcntlArg::F_GETFL).context("cannot read the flags of a descriptor")?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(end, FcntlArg::F_SETFL(flags)).context("cannot make a descriptor nonblocking")?;
    Ok(())
}

/// `setsockopt(SO_ZEROCOPY)`, which nix does not have.
pub(super) fn allow_zerocopy(socket: impl AsFd) -> nix::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the option's value is an int that outlives the call, and its length is told.
    let done = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ZEROCOPY,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
    nix::errno::Errno::result(done).map(drop)
}
