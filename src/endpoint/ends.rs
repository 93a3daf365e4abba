//! Both ends of a sink, in this process.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixStream},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::socket::{setsockopt, sockopt},
};

/// The kernel connects two sockets of one machine at once, unless the loopback interface is down.
const PATIENCE: Duration = Duration::from_secs(5);

/// A TCP connection over loopback: the connecting end, and the accepted one. The port is the system's choice.
///
/// # Errors
/// The kernel refuses it.
pub(crate) fn tcp() -> Result<(TcpStream, TcpStream)> {
    connection(|_| Ok(()))
}

/// The same, with segments whose payload is whole pages, where the kernel grants them: only then do pages of the sender
/// arrive as pages. The connecting end, which sends, and the accepted one.
///
/// # Errors
/// The kernel refuses it.
pub(crate) fn tcp_of_pages() -> Result<(TcpStream, TcpStream)> {
    let page = page_size();
    let (near, far) = connection(|listener| {
        // Pages of 64 KiB have no segment: the connection stays as it was.
        match setsockopt(listener, sockopt::TcpMaxSeg, &(page + timestamp_option())) {
            Err(Errno::EINVAL) => Ok(()),
            set => Ok(set?),
        }
    })?;
    // The receiver's window ends anywhere, and would cut pages in two. So little is on its way never reaches its end.
    setsockopt(&near, sockopt::SndBuf, &(4 * page as usize)).context("cannot set SO_SNDBUF")?;
    Ok((near, far))
}

fn page_size() -> u32 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
    size.ok().flatten().map_or(4096, |size| size as u32)
}

/// What TCP's timestamps take of each segment (RFC 7323), where they are on: TCP_MAXSEG counts them.
fn timestamp_option() -> u32 {
    let setting = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_timestamps");
    match setting.as_deref().map(str::trim) {
        Ok("0") => 0,
        _ => 12,
    }
}

fn connection(
    prepare: impl Fn(&TcpListener) -> std::io::Result<()>,
) -> Result<(TcpStream, TcpStream)> {
    let connect = || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        prepare(&listener)?;
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
