//! What is said of a server's calls: a few words for a list, and one sentence that fits a row of 76 columns. What moves bytes of a body is told as in a
//! transfer.

use super::playback::Playback;
use crate::model::{Call, Size};

/// The same numbers on every Linux.
const EAGAIN: i32 = 11;
const ENOENT: i32 = 2;
const F_GETFD: u64 = 1;

/// What a call is for, in at most 25 columns. None where the recording is not of a server.
pub fn phrase(playback: &Playback, number: usize) -> Option<String> {
    playback.recording().outcome.served?;
    let call = playback.call(number)?;
    let name = playback.trace().name(call);
    if let Some(hop) = playback.at(number).1 {
        return Some(match name {
            "mmap" | "mmap2" => "the file: mapped".to_owned(),
            _ => format!("the body: {}", Size(hop.bytes)),
        });
    }
    if call.errno() == Some(EAGAIN) {
        return Some(again(name).0.to_owned());
    }
    if call.errno().is_some() {
        return Some("failed".to_owned());
    }
    Some(match (name, call.result) {
        ("recvfrom", 1..) => format!("the request: {}", Size(call.result as u64)),
        ("sendto", 1..) => format!("the head: {}", Size(call.result as u64)),
        _ => still(name, call).0.to_owned(),
    })
}

/// One sentence about a call that moves nothing of a body. None where the recording is not of a server, or the call is
/// none of those that a server makes.
pub(super) fn sentence(playback: &Playback, name: &str, call: &Call) -> Option<String> {
    playback.recording().outcome.served?;
    match (name, call.errno()) {
        (_, Some(EAGAIN)) => return Some(again(name).1.to_owned()),
        ("openat2" | "openat", Some(ENOENT)) => {
            return Some("There is no such file beneath the directory: 404.".to_owned());
        }
        (_, Some(_)) => return None,
        _ => {}
    }
    let bytes = || Size(call.result as u64);
    let said = match (name, call.result) {
        ("recvfrom", 1..) => format!(
            "The request comes in: the CPU copies its {}. It is no part of the body.",
            bytes()
        ),
        ("sendto", 1..) => format!(
            "The answer's head: the CPU copies its {} to the queue, before the body.",
            bytes()
        ),
        _ => still(name, call).1.to_owned(),
    };
    (!said.is_empty()).then_some(said)
}

/// Words and sentence of a call that found nothing to do.
fn again(name: &str) -> (&'static str, &'static str) {
    match name {
        "accept4" | "accept" => (
            "no other client waits",
            "No other client waits: EAGAIN. The listener does not block.",
        ),
        "recvfrom" => (
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
fn still(name: &str, call: &Call) -> (&'static str, &'static str) {
    match name {
        "accept4" | "accept" => (
            "a client: its own socket",
            "A client has connected, and gets a socket of its own.",
        ),
        "fcntl" if call.args[1] == F_GETFD => (
            "still open? (debug build)",
            "A debug build asks whether a descriptor is open before it closes it.",
        ),
        "ioctl" | "fcntl" => (
            "never to block",
            "The socket is set not to block: a slow client must not hold up others.",
        ),
        "setsockopt" => (
            "TCP_NODELAY",
            "TCP_NODELAY: an answer's end must not wait for acknowledgements.",
        ),
        "epoll_ctl" => (
            "watched by epoll",
            "epoll shall say when there is more to read, or room to write.",
        ),
        "epoll_wait" | "epoll_pwait" => (
            "waits for any socket",
            "The server waits until one of its sockets has something to give or take.",
        ),
        "recvfrom" => (
            "the client has closed",
            "recv() returns 0: the client has closed its side.",
        ),
        "openat2" | "openat" => (
            "the file: opened",
            "Opened beneath the served directory: RESOLVE_BENEATH lets no path out.",
        ),
        "fstat" | "newfstatat" | "statx" | "fstatat" => (
            "the file: how large?",
            "What it is, and how large: the head has to tell before the body comes.",
        ),
        "pipe2" => (
            "a pipe for references",
            "A pipe of the answer's own: splice() needs one to carry references.",
        ),
        "munmap" => ("the mapping is undone", ""),
        "shutdown" => (
            "nothing more is sent",
            "Nothing more will be sent: behind the last byte the client finds the end.",
        ),
        "close" => (
            "a descriptor is closed",
            "A descriptor is given back: of the file, a pipe's end, or the connection.",
        ),
        "mmap" | "mmap2" | "brk" | "mremap" | "madvise" => (
            "memory of the server",
            "Memory of the server's own: no payload.",
        ),
        _ if call.result == 0 => ("moves nothing", ""),
        _ => ("", ""),
    }
}
