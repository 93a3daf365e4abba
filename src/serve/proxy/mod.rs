//! The proxy: two sockets, and what is on its way between them.
//!
//! A direction holds at most one buffer or one pipe of bytes: as long as the reader takes none, none are read, and the
//! sender's own window closes.

mod direction;

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::socket::{
        AddressFamily, SetSockOpt, SockFlag, SockType, SockaddrStorage, connect, socket, sockopt,
    },
};

use super::event_loop::{self, Connection, Stop, Turn, reset, room_for_connections};
use crate::model::Method;
use direction::{Direction, Flow};

/// How long the other side may take to accept the connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Two sockets, two pipes.
const DESCRIPTORS: usize = 6;

#[derive(Debug)]
pub(crate) struct Proxy {
    to: SockaddrStorage,
    method: Method,
    connections: usize,
}

impl Proxy {
    /// Connects each client with `to`, at most `connections` at once, by splice or read-write.
    pub(crate) fn new(to: SocketAddr, method: Method, connections: usize) -> Proxy {
        Proxy {
            to: SockaddrStorage::from(to),
            method,
            connections: room_for_connections(DESCRIPTORS, connections),
        }
    }

    /// Passes on the listener's clients until it is told to stop. Where the other side refuses, the client's connection is
    /// closed, and the others go on.
    ///
    /// # Errors
    /// Epoll cannot be set up.
    pub(crate) fn run(self, listener: TcpListener, stop: &Stop) -> io::Result<()> {
        event_loop::run(listener, stop, self.connections, |client, now| {
            Pair::new(client, self.to, self.method, now).ok()
        })
    }
}

#[derive(Debug)]
struct Pair {
    client: TcpStream,
    server: TcpStream,
    /// Where the server is, and until when it may take, as long as it has not accepted.
    connecting: Option<(SockaddrStorage, Instant)>,
    forth: Direction,
    back: Direction,
}

impl Pair {
    fn new(
        client: TcpStream,
        to: SockaddrStorage,
        method: Method,
        now: Instant,
    ) -> nix::Result<Pair> {
        let server = TcpStream::from(connection_begun(&to)?);
        for socket in [&client, &server] {
            let _ = socket.set_nodelay(true);
            // A peer that has vanished without a word is noticed in the end; one that is silent may be.
            let _ = sockopt::KeepAlive.set(socket, &true);
        }
        Ok(Pair {
            client,
            server,
            connecting: Some((to, now + CONNECT)),
            forth: Direction::new(method)?,
            back: Direction::new(method)?,
        })
    }

    /// Whether the server has accepted.
    fn connected(&mut self) -> nix::Result<bool> {
        let Some((to, _)) = &self.connecting else {
            return Ok(true);
        };
        // Asked again, connect(2) tells what became of the first time.
        match connect(self.server.as_raw_fd(), to) {
            Ok(()) | Err(Errno::EISCONN) => {
                self.connecting = None;
                Ok(true)
            }
            Err(Errno::EINPROGRESS | Errno::EALREADY | Errno::EINTR) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn advance(&mut self) -> nix::Result<Turn> {
        if !self.connected()? {
            return Ok(Turn::Wait);
        }
        let forth = self.forth.advance(&self.client, &self.server)?;
        let back = self.back.advance(&self.server, &self.client)?;
        Ok(match (forth, back) {
            (Flow::Ended, Flow::Ended) => Turn::Close,
            (Flow::More, _) | (_, Flow::More) => Turn::Again,
            _ => Turn::Wait,
        })
    }
}

fn connection_begun(to: &SockaddrStorage) -> nix::Result<OwnedFd> {
    use nix::sys::socket::SockaddrLike;
    let family = to.family().unwrap_or(AddressFamily::Inet);
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let server = socket(family, SockType::Stream, flags, None)?;
    match connect(server.as_raw_fd(), to) {
        Ok(()) | Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(server),
        Err(error) => Err(error),
    }
}

impl Connection for Pair {
    fn sockets(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.client.as_fd(), self.server.as_fd()]
    }

    fn turn(&mut self, _: Instant) -> Turn {
        self.advance().unwrap_or_else(|_| {
            self.give_up();
            Turn::Close
        })
    }

    fn deadline(&self) -> Option<Instant> {
        self.connecting.as_ref().map(|(_, until)| *until)
    }

    /// Drops both connections with a reset: an end in the middle must not look like an end.
    fn give_up(&mut self) {
        reset(&self.client);
        reset(&self.server);
    }

    fn idle_since(&self) -> Option<Instant> {
        // What is silent may be waiting for the most important byte of all.
        None
    }
}
