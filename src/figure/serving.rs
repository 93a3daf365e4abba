//! What is said of a server's calls: a few words for a list, and one sentence that fits a row of 76 columns. What moves bytes of a body is told as in a
//! transfer.

use super::playback::Playback;
use crate::model::{Call, Size};
use crate::syscall::{Class, Op, Shape};

/// The same numbers on every Linux.
const EAGAIN: i32 = 11;
const ENOENT: i32 = 2;
const F_GETFD: u64 = 1;

/// What a call is for, in at most 25 columns. None where the recording is not of a server.
pub fn phrase(playback: &Playback, number: usize) -> Option<String> {
    playback.recording().outcome.served?;
    let call = playback.call(number)?;
    let op = playback.op(call);
    if let Some(hop) = playback.first_hop(number) {
        return Some(match op {
            Op::Map => "the file: mapped".to_owned(),
            _ => format!("the body: {}", Size(hop.bytes)),
        });
    }
    if call.errno() == Some(EAGAIN) {
        return Some(again(op).0.to_owned());
    }
    if call.errno().is_some() {
        return Some("failed".to_owned());
    }
    Some(match (op, call.result) {
        (Op::Recv(Shape::Buffer), 1..) => format!("the request: {}", Size(call.result as u64)),
        (Op::Send(Shape::Buffer), 1..) => format!("the head: {}", Size(call.result as u64)),
        _ => still(op, call).0.to_owned(),
    })
}

/// One sentence about a call that moves nothing of a body. None where the recording is not of a server, or the call is
/// none of those that a server makes.
pub(super) fn sentence(playback: &Playback, op: Op, call: &Call) -> Option<String> {
    playback.recording().outcome.served?;
    match (op, call.errno()) {
        (_, Some(EAGAIN)) => return Some(again(op).1.to_owned()),
        (Op::Open, Some(ENOENT)) => {
            return Some("There is no such file beneath the directory: 404.".to_owned());
        }
        (_, Some(_)) => return None,
        _ => {}
    }
    let bytes = || Size(call.result as u64);
    let said = match (op, call.result) {
        (Op::Recv(Shape::Buffer), 1..) => format!(
            "The request comes in: the CPU copies its {}. It is no part of the body.",
            bytes()
        ),
        (Op::Send(Shape::Buffer), 1..) => format!(
            "The answer's head: the CPU copies its {} to the queue, before the body.",
            bytes()
        ),
        _ => still(op, call).1.to_owned(),
    };
    (!said.is_empty()).then_some(said)
}

/// Words and sentence of a call that found nothing to do.
fn again(op: Op) -> (&'static str, &'static str) {
    match op {
        Op::Accept => (
            "no other client waits",
            "No other client waits: EAGAIN. The listener does not block.",
        ),
        Op::Recv(Shape::Buffer) => (
            "nothing has come: EAGAIN",
            "Nothing more has come: EAGAIN. The server can turn to others.",
        ),
        _ => (
            "the queue is full: EAGAIN",
            "The socket's queue is full: EAGAIN, until the client has taken some.",
        ),
    }
}

/// Words and sentence of a call that moves nothing.
fn still(op: Op, call: &Call) -> (&'static str, &'static str) {
    match op {
        Op::Accept => (
            "a client: its own socket",
            "A client has connected, and gets a socket of its own.",
        ),
        Op::Fcntl if call.args[1] == F_GETFD => (
            "still open? (debug build)",
            "A debug build asks whether a descriptor is open before it closes it.",
        ),
        Op::Ioctl | Op::Fcntl => (
            "never to block",
            "The socket is set not to block: a slow client must not hold up others.",
        ),
        Op::SocketOption => (
            "TCP_NODELAY",
            "TCP_NODELAY: an answer's end must not wait for acknowledgements.",
        ),
        Op::EpollCtl => (
            "watched by epoll",
            "epoll shall say when there is more to read, or room to write.",
        ),
        Op::EpollWait => (
            "waits for any socket",
            "The server waits until one of its sockets has something to give or take.",
        ),
        Op::Recv(Shape::Buffer) => (
            "the client has closed",
            "recv() returns 0: the client has closed its side.",
        ),
        Op::Open => (
            "the file: opened",
            "Opened beneath the served directory: RESOLVE_BENEATH lets no path out.",
        ),
        Op::Stat => (
            "the file: how large?",
            "What it is, and how large: the head has to tell before the body comes.",
        ),
        Op::Pipe => (
            "a pipe for references",
            "A pipe of the answer's own: splice() needs one to carry references.",
        ),
        Op::Unmap => ("the mapping is undone", ""),
        Op::Shutdown => (
            "nothing more is sent",
            "Nothing more will be sent: behind the last byte the client finds the end.",
        ),
        Op::Close => (
            "a descriptor is closed",
            "A descriptor is given back: of the file, a pipe's end, or the connection.",
        ),
        _ if op.class() == Class::Memory => (
            "memory of the server",
            "Memory of the server's own: no payload.",
        ),
        _ if call.result == 0 => ("moves nothing", ""),
        _ => ("", ""),
    }
}
