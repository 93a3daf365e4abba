//! A connection to a room: requests and answers, or an event stream.

use std::{
    cell::RefCell,
    io::Read,
    net::{IpAddr, Shutdown, TcpStream},
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    rc::Rc,
    time::{Duration, Instant, SystemTime},
};

use nix::sys::socket::{MsgFlags, send};

use super::{
    page,
    reply::{Reply, stream_head},
    request::{Method, Parsed, Request, parse},
    room::{Answer, Room},
};
use crate::class::limits;
use crate::serve::{
    event_loop::{Connection, Turn, reset, unless_full},
    http::Status,
    send::{Sending, Step},
};

/// The bytes that one turn may read.
const TURN: usize = 64 << 10;
const READ: usize = 4 << 10;
/// How long the end of a connection may take: until the client has seen the last answer and closes too.
const LINGER: Duration = Duration::from_secs(2);
/// An event stream that has so much unsent gets no more until it has taken it.
const UNSENT: usize = 1;
/// EventSource waits so long before it comes again.
const RETRY: &str = "retry: 1000\n\n";

#[derive(Debug)]
enum State {
    /// No byte of a request has come yet.
    Idle,
    /// The beginning of a request has come.
    Request,
    /// An answer is on its way; what follows the buffered bytes, and whether the connection goes on.
    Sending(Option<Sending>, bool),
    /// An event stream: its number, the state that was sent last, the comment that was sent last.
    Streaming(u64, u64, u64),
    /// Nothing more is sent; what still comes is dropped.
    Lingering,
}

pub(super) struct Client {
    socket: TcpStream,
    peer: IpAddr,
    room: Rc<RefCell<Room>>,
    state: State,
    received: Vec<u8>,
    unsent: Vec<u8>,
    deadline: Option<Instant>,
    idle_since: Instant,
    /// Whether the room knows it: a stream without a seat may be given up for a newcomer.
    has_seat: bool,
}

impl Client {
    pub(super) fn new(
        socket: TcpStream,
        peer: IpAddr,
        room: Rc<RefCell<Room>>,
        now: Instant,
    ) -> Client {
        let _ = socket.set_nodelay(true);
        Client {
            socket,
            peer,
            room,
            state: State::Idle,
            received: Vec::new(),
            unsent: Vec::new(),
            deadline: Some(now + limits::HEAD_TIME),
            idle_since: now,
            has_seat: false,
        }
    }

    fn read(&mut self, now: Instant) -> Turn {
        let mut bytes = [0; READ];
        let mut left = TURN;
        while left > 0 {
            match self.socket.read(&mut bytes) {
                Ok(0) => return Turn::Close,
                Ok(count) => {
                    left = left.saturating_sub(READ);
                    if matches!(self.state, State::Idle | State::Request) {
                        self.received.extend_from_slice(&bytes[..count]);
                        self.understand(now);
                        if !self.unsent.is_empty() {
                            return Turn::Again;
                        }
                    }
                    // A stream takes no further request, and a connection that ends neither: they are dropped.
                }
                Err(error) => return unless_full(error.raw_os_error()),
            }
        }
        Turn::Again
    }

    /// Answers the first request of what was received, if it is complete.
    fn understand(&mut self, now: Instant) {
        if self.received.is_empty() {
            return;
        }
        match parse(&self.received) {
            Parsed::Partial => self.wait_for_rest(now),
            Parsed::Bad(status) => {
                let reply = Reply::refusal(status, "this is no request that can be understood");
                self.reply(reply.closing(), None, false, now);
            }
            Parsed::Complete(request, head) => {
                let readable = request
                    .length
                    .filter(|length| *length <= limits::BODY_BYTES as u64);
                let whole = readable.map(|length| head + length as usize);
                if whole.is_some_and(|whole| self.received.len() < whole) {
                    return self.wait_for_rest(now);
                }
                let body = whole.map(|whole| self.received[head..whole].to_vec());
                self.received.drain(..whole.unwrap_or(head));
                self.answer(&request, body.as_deref(), now);
            }
        }
    }

    /// From the first byte: bytes that drip in do not prolong it.
    fn wait_for_rest(&mut self, now: Instant) {
        if !matches!(self.state, State::Request) {
            self.state = State::Request;
            self.deadline = Some(now + limits::HEAD_TIME);
        }
    }

    fn answer(&mut self, request: &Request, body: Option<&[u8]>, now: Instant) {
        let room = Rc::clone(&self.room);
        let mut room = room.borrow_mut();
        let head_alone = request.method == Method::Head;
        match room.answer(request, body, self.peer, now) {
            Answer::Reply(mut reply) => {
                if head_alone {
                    let length = reply.body.len();
                    reply.body.clear();
                    return self.send_head(&reply, length, None, request.keep_alive, now);
                }
                self.reply(reply, None, request.keep_alive, now);
            }
            Answer::Page => {
                let page = &room.config.page;
                let body = page.sending().filter(|_| !head_alone);
                let reply = Reply::html(Status::OK, Vec::new(), page::policy());
                self.send_head(&reply, page.length, body, request.keep_alive, now);
            }
            Answer::Stream(number) => {
                let seat = room.streams.get(&number).copied().flatten();
                self.has_seat = seat.is_some();
                let state = room.state_for(seat);
                self.unsent = stream_head(SystemTime::now());
                self.unsent.extend_from_slice(RETRY.as_bytes());
                self.unsent.extend_from_slice(event(&state).as_bytes());
                self.state = State::Streaming(number, room.version, room.comment);
                self.deadline = Some(now + limits::SEND_TIME);
                self.idle_since = now;
            }
        }
    }

    fn reply(&mut self, reply: Reply, body: Option<Sending>, keep_alive: bool, now: Instant) {
        let length = reply.body.len();
        self.send_head(&reply, length, body, keep_alive, now);
    }

    fn send_head(
        &mut self,
        reply: &Reply,
        length: usize,
        body: Option<Sending>,
        keep_alive: bool,
        now: Instant,
    ) {
        let keep_alive = keep_alive && !reply.closes;
        self.unsent = reply.head(SystemTime::now(), length, keep_alive);
        self.unsent.extend_from_slice(&reply.body);
        self.state = State::Sending(body, keep_alive);
        self.deadline = Some(now + limits::SEND_TIME);
    }

    /// What is buffered, then the page.
    fn send(&mut self, now: Instant) -> Turn {
        if !self.unsent.is_empty() {
            match send(
                self.socket.as_raw_fd(),
                &self.unsent,
                MsgFlags::MSG_NOSIGNAL,
            ) {
                Ok(count) => {
                    self.unsent.drain(..count);
                    self.deadline = Some(now + limits::SEND_TIME);
                    return Turn::Again;
                }
                Err(error) => return unless_full(Some(error as i32)),
            }
        }
        let State::Sending(body, keep_alive) = &mut self.state else {
            return Turn::Wait;
        };
        if let Some(page) = body {
            match page.step(self.socket.as_fd(), TURN) {
                Step::Moved(_) => self.deadline = Some(now + limits::SEND_TIME),
                Step::Done(_) => *body = None,
                Step::Full => return Turn::Wait,
                Step::Broken => return Turn::Close,
            }
            return Turn::Again;
        }
        self.idle_since = now;
        if *keep_alive {
            self.state = State::Idle;
            self.deadline = Some(now + limits::IDLE_TIME);
            // The next request may have come with the last one.
            self.understand(now);
        } else {
            self.received = Vec::new();
            self.state = State::Lingering;
            self.deadline = Some(now + LINGER);
            let _ = self.socket.shutdown(Shutdown::Write);
        }
        Turn::Again
    }

    /// The newest state, if the client has taken all before it; a comment, if one is due.
    fn stream(&mut self, now: Instant) -> Turn {
        let State::Streaming(number, version, comment) = &mut self.state else {
            return Turn::Wait;
        };
        let mut room = self.room.borrow_mut();
        let Some(seat) = room.streams.get(number).copied() else {
            return Turn::Close;
        };
        if self.unsent.len() < UNSENT && *version != room.version {
            (*version, *comment) = (room.version, room.comment);
            self.unsent = event(&room.state_for(seat)).into_bytes();
            self.deadline = Some(now + limits::SEND_TIME);
        } else if self.unsent.len() < UNSENT && *comment != room.comment {
            *comment = room.comment;
            self.unsent = b":\n\n".to_vec();
            self.deadline = Some(now + limits::SEND_TIME);
        }
        drop(room);
        if self.unsent.is_empty() {
            self.deadline = None;
            return Turn::Wait;
        }
        self.send(now)
    }
}

/// An event of a stream.
fn event(state: &str) -> String {
    format!("data: {state}\n\n")
}

impl Connection for Client {
    fn sockets(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.socket.as_fd()]
    }

    fn turn(&mut self, now: Instant) -> Turn {
        for _ in 0..16 {
            let done = match self.state {
                State::Sending(..) => self.send(now),
                State::Streaming(..) => match self.read(now) {
                    Turn::Close => Turn::Close,
                    _ => self.stream(now),
                },
                _ => self.read(now),
            };
            if done != Turn::Again {
                return done;
            }
        }
        Turn::Again
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn give_up(&mut self) {
        match self.state {
            State::Idle | State::Lingering => {}
            State::Request => {
                let late = Reply::refusal(
                    Status::REQUEST_TIMEOUT,
                    "the request did not arrive in time",
                );
                let mut bytes = late.head(SystemTime::now(), late.body.len(), false);
                bytes.extend_from_slice(&late.body);
                let _ = send(self.socket.as_raw_fd(), &bytes, MsgFlags::MSG_NOSIGNAL);
            }
            // Else the kernel would keep the unsent bytes for a client that does not take them.
            State::Sending(..) | State::Streaming(..) => reset(&self.socket),
        }
    }

    fn idle_since(&self) -> Option<Instant> {
        let gives_way = match self.state {
            State::Idle | State::Request | State::Lingering => true,
            State::Streaming(..) => !self.has_seat,
            State::Sending(..) => false,
        };
        gives_way.then_some(self.idle_since)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let State::Streaming(number, ..) = self.state {
            self.room.borrow_mut().ended(number);
        }
    }
}
