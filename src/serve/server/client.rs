//! A client's connection: reads a head, sends an answer, and so on.

use std::{
    io::Read,
    net::{Shutdown, TcpStream},
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    rc::Rc,
    time::{Instant, SystemTime},
};

use nix::sys::socket::{MsgFlags, send};

use super::{
    Site,
    answer::{self, Answer},
};
use crate::model::limits::LINGER;
use crate::serve::{
    event_loop::{Connection, Turn, reset, unless_full},
    http::{self, Parsed, Status},
    send::Step,
};

/// The bytes that one turn may move, with [`REQUEST`] for each call that moves little: a fast client lets the others in.
const TURN: usize = 2 << 20;
const REQUEST: usize = 16 << 10;
const READ: usize = 4 << 10;

#[derive(Debug)]
enum State {
    /// No byte of a request has come yet.
    Idle,
    /// The beginning of a head has come.
    Head,
    /// An answer is on its way; so much of its head is sent.
    Sending(Answer, usize),
    /// Nothing more is sent. What the client still sends is read and dropped: closing with it unread would reset the
    /// connection, and the client might lose the last answer.
    Lingering,
}

#[derive(Debug)]
pub(super) struct Client {
    socket: TcpStream,
    site: Rc<Site>,
    state: State,
    /// What was read and not yet understood: at most one head and what came with it.
    received: Vec<u8>,
    deadline: Instant,
    idle_since: Instant,
}

impl Client {
    pub(super) fn new(socket: TcpStream, site: Rc<Site>, now: Instant) -> Client {
        // The end of an answer must not wait for the acknowledgement of what went before.
        let _ = socket.set_nodelay(true);
        Client {
            deadline: now + site.patience.head,
            socket,
            site,
            state: State::Idle,
            received: Vec::new(),
            idle_since: now,
        }
    }

    /// One call, or a few that belong together; takes from the turn what they moved. `Again`: no EAGAIN yet.
    fn step(&mut self, now: Instant, turn: &mut usize) -> Turn {
        match self.state {
            State::Sending(..) => self.send(now, turn),
            _ => self.read(now, turn),
        }
    }

    fn read(&mut self, now: Instant, turn: &mut usize) -> Turn {
        let mut bytes = [0; READ];
        match self.socket.read(&mut bytes) {
            Ok(0) => Turn::Close,
            Ok(count) => {
                *turn = turn.saturating_sub(READ);
                if !matches!(self.state, State::Lingering) {
                    self.received.extend_from_slice(&bytes[..count]);
                    self.understand(now);
                }
                Turn::Again
            }
            Err(error) => unless_full(error.raw_os_error()),
        }
    }

    /// Answers the first request of what was received, if it is complete.
    fn understand(&mut self, now: Instant) {
        if self.received.is_empty() {
            return;
        }
        let answer = match http::parse(&self.received) {
            Parsed::Partial => {
                // From the first byte: bytes that drip in do not prolong it.
                if !matches!(self.state, State::Head) {
                    self.state = State::Head;
                    self.deadline = now + self.site.patience.head;
                }
                return;
            }
            Parsed::Complete(request, length) => {
                self.received.drain(..length);
                answer::to(&request, &self.site, SystemTime::now())
            }
            Parsed::Bad(status) => answer::to_nonsense(status, SystemTime::now()),
        };
        self.state = State::Sending(answer, 0);
        self.deadline = now + self.site.patience.send;
    }

    fn send(&mut self, now: Instant, turn: &mut usize) -> Turn {
        let State::Sending(answer, sent) = &mut self.state else {
            return Turn::Close;
        };
        if *sent < answer.head.len() {
            let mut flags = MsgFlags::MSG_NOSIGNAL;
            if answer.body.is_some() {
                // The head waits for the body's first bytes, and they share a packet.
                flags |= MsgFlags::from_bits_retain(libc::MSG_MORE);
            }
            match send(self.socket.as_raw_fd(), &answer.head[*sent..], flags) {
                Ok(count) => {
                    *sent += count;
                    *turn = turn.saturating_sub(REQUEST);
                }
                Err(error) => return unless_full(Some(error as i32)),
            }
        } else if let Some(body) = &mut answer.body {
            match body.step(self.socket.as_fd(), *turn) {
                Step::Moved(count) => *turn = turn.saturating_sub(count),
                Step::Done(count) => {
                    *turn = turn.saturating_sub(count);
                    answer.body = None;
                }
                Step::Full => return Turn::Wait,
                // The head promised more bytes than there are: the end of the connection tells the client.
                Step::Broken => return Turn::Close,
            }
        } else {
            self.sent(now);
            return Turn::Again;
        }
        self.deadline = now + self.site.patience.send;
        Turn::Again
    }

    /// The answer is in the socket's queue.
    fn sent(&mut self, now: Instant) {
        let keep_alive = matches!(&self.state, State::Sending(answer, _) if answer.keep_alive);
        self.idle_since = now;
        if keep_alive {
            self.state = State::Idle;
            self.deadline = now + self.site.patience.idle;
            // The next request may have come with the last one.
            self.understand(now);
        } else {
            self.received = Vec::new();
            self.state = State::Lingering;
            self.deadline = now + LINGER;
            let _ = self.socket.shutdown(Shutdown::Write);
        }
    }
}

impl Connection for Client {
    fn sockets(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.socket.as_fd()]
    }

    fn turn(&mut self, now: Instant) -> Turn {
        let mut turn = TURN;
        while turn > 0 {
            match self.step(now, &mut turn) {
                Turn::Again => {}
                other => return other,
            }
        }
        Turn::Again
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.deadline)
    }

    fn give_up(&mut self) {
        match self.state {
            State::Idle | State::Lingering => {}
            // One try: there is room in the queue, or the client takes nothing anyway.
            State::Head => {
                let late = answer::to_nonsense(Status::REQUEST_TIMEOUT, SystemTime::now());
                let _ = send(self.socket.as_raw_fd(), &late.head, MsgFlags::MSG_NOSIGNAL);
            }
            // Reset: else the kernel would keep the unsent bytes for a client that does not take them.
            State::Sending(..) => {
                reset(&self.socket);
            }
        }
    }

    fn idle_since(&self) -> Option<Instant> {
        matches!(self.state, State::Idle | State::Lingering).then_some(self.idle_since)
    }
}
