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
use crate::model::{Method, limits::CONNECT};
use direction::{Direction, Flow};

/// Two sockets, two pipes.
const DESCRIPTORS: usize = 6;

#[derive(Debug)]
pub(crate) struct Proxy {
    to: SockaddrStorage,
    method: Method,
    /// How long both sides may be silent.
    idle: Duration,
    connections: usize,
}

impl Proxy {
    /// Connects each client with `to`, at most `connections` at once, by splice or read-write. A connection on which no
    /// byte moves for the time `idle` is dropped.
    pub(crate) fn new(to: SocketAddr, method: Method, idle: Duration, connections: usize) -> Proxy {
        Proxy {
            to: SockaddrStorage::from(to),
            method,
            idle,
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
            Pair::new(client, &self, now).ok()
        })
    }
}

#[derive(Debug)]
struct Pair {
    client: TcpStream,
    server: TcpStream,
    /// Where the server is, as long as it has not accepted.
    connecting: Option<SockaddrStorage>,
    idle: Duration,
    /// When it is given up, unless something happens.
    deadline: Instant,
    forth: Direction,
    back: Direction,
}

impl Pair {
    fn new(client: TcpStream, proxy: &Proxy, now: Instant) -> nix::Result<Pair> {
        let server = TcpStream::from(connection_begun(&proxy.to)?);
        for socket in [&client, &server] {
            let _ = socket.set_nodelay(true);
            // A peer that has vanished without a word is noticed in the end.
            let _ = sockopt::KeepAlive.set(socket, &true);
        }
        Ok(Pair {
            client,
            server,
            connecting: Some(proxy.to),
            idle: proxy.idle,
            deadline: now + CONNECT,
            forth: Direction::new(proxy.method)?,
            back: Direction::new(proxy.method)?,
        })
    }

    /// Whether the server has accepted.
    fn connected(&mut self) -> nix::Result<bool> {
        let Some(to) = &self.connecting else {
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

    fn turn(&mut self, now: Instant) -> Turn {
        let turn = self.advance().unwrap_or_else(|_| {
            self.give_up();
            Turn::Close
        });
        // It is woken where bytes came, or where there is room for them again.
        if self.connecting.is_none() {
            self.deadline = now + self.idle;
        }
        turn
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.deadline)
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
