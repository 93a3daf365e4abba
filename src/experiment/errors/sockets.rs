//! Sockets as sinks: full ones, closed ones, and zero-copy sends that are refused or ignored.

use std::{
    net::TcpStream,
    os::fd::{AsFd, AsRawFd},
};

use anyhow::{Context, Result, ensure};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        sendfile::sendfile,
        socket::{MsgFlags, recv, send},
    },
    unistd::write,
};

use super::{
    Experiment, Observation,
    Run::{Alone, Here},
    Setting, call, name,
};
use crate::endpoint::ends;
use crate::host::allow_zerocopy;

/// MSG_ZEROCOPY, which nix does not name.
pub(super) const ZEROCOPY: MsgFlags = MsgFlags::from_bits_retain(libc::MSG_ZEROCOPY);

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "sendfile-nonblocking-socket",
        call: "sendfile(socket, file, NULL, 16777216), again and again",
        setup: "The socket is nonblocking TCP over loopback, and nobody reads at its other end.",
        why: "The queue takes what it has room for, and that count is a success. EAGAIN comes only when nothing \
              fits any more; then poll says when to go on: sendfile(2), socket(7).",
        run: Here(until_full),
    },
    Experiment {
        name: "sendfile-peer-closed",
        call: "sendfile(socket, file, NULL, 4096), twice",
        setup: "The peer has read all there was and closed its end; SIGPIPE does what it does by default.",
        why: "A peer that closed may still read, for all that TCP knows, so the first bytes go out; the answer \
              is a reset. sendfile has no MSG_NOSIGNAL: servers ignore SIGPIPE instead: tcp(7), signal(7).",
        run: Alone(|setting| {
            let (near, far) = ends::tcp()?;
            drop(far);
            let file = setting.file(8192)?;
            let first = sendfile(&near, &file, None, 4096);
            wait_for_error(&near)?;
            Ok(twice(first, sendfile(&near, &file, None, 4096)))
        }),
    },
    Experiment {
        name: "sendfile-peer-closed-unread",
        call: "sendfile(socket, file, NULL, 4096), twice",
        setup: "The peer closed its end while bytes of ours lay there unread.",
        why: "Bytes that were lost unread are news to the sender, so the peer's kernel resets at once. The reset \
              is reported once; from then on the socket is merely closed: RFC 2525 section 2.17, tcp(7).",
        run: Alone(|setting| {
            let (near, far) = ends::tcp()?;
            write(&near, b"bytes").context("cannot write to a socket")?;
            wait_for(&far, PollFlags::POLLIN)?;
            drop(far);
            wait_for_error(&near)?;
            let file = setting.file(8192)?;
            let first = sendfile(&near, &file, None, 4096);
            Ok(twice(first, sendfile(&near, &file, None, 4096)))
        }),
    },
    Experiment {
        name: "send-nosignal-peer-closed",
        call: "send(socket, buffer, 4096, MSG_NOSIGNAL), twice",
        setup: "As sendfile-peer-closed, but by send with the flag.",
        why: "With the flag the errno comes and the signal does not, for this call alone. write and sendfile \
              have no flag for it: send(2), MSG_NOSIGNAL.",
        run: Alone(|_| {
            let (near, far) = ends::tcp()?;
            drop(far);
            let send = || send(near.as_raw_fd(), &[b'A'; 4096], MsgFlags::MSG_NOSIGNAL);
            let first = send();
            wait_for_error(&near)?;
            Ok(twice(first, send()))
        }),
    },
    Experiment {
        name: "so-zerocopy-unix",
        call: "setsockopt(unix, SOL_SOCKET, SO_ZEROCOPY, 1)",
        setup: "The socket is one of a pair of unix stream sockets.",
        why: "Zero-copy sends are built into single protocols, TCP and UDP first, and unix sockets have no such \
              code. Yet sendfile to them passes references: kernel doc msg_zerocopy.rst, net/core/sock.c.",
        run: Here(|_| call(allow_zerocopy(ends::unix()?.0).map(|()| 0))),
    },
    Experiment {
        name: "msg-zerocopy-not-allowed",
        call: "send(socket, buffer, 65536, MSG_ZEROCOPY)",
        setup: "A TCP socket on which SO_ZEROCOPY was never set.",
        why: "Old programs may pass the bit by accident, so without SO_ZEROCOPY it means nothing: the bytes are \
              copied and no completion follows. Nothing says so: kernel doc msg_zerocopy.rst.",
        run: Here(zerocopy_unasked),
    },
];

fn until_full(setting: &Setting) -> Result<Observation> {
    const ALL: usize = 16 << 20;
    let (near, _far) = ends::tcp()?;
    near.set_nonblocking(true)
        .context("cannot make a socket nonblocking")?;
    let file = setting.file(0)?;
    file.set_len(ALL as u64)
        .context("cannot make a file longer")?;
    let (mut lines, mut sent) = (Vec::new(), 0);
    let last = loop {
        match sendfile(&near, &file, None, ALL - sent) {
            Ok(0) => break "0".to_owned(),
            Ok(n) => {
                lines.push(format!("asked for {}, took {n}", ALL - sent));
                sent += n;
            }
            Err(errno) => break name(errno),
        }
    };
    lines.push(format!("asked for {}: {last}", ALL - sent));
    let answer = match sent {
        0 => last,
        ALL => format!("all of it, then {last}"),
        _ => format!("a short count, then {last}"),
    };
    Ok(Observation {
        lines,
        ..Observation::answer(answer).with(format!("{sent} of {ALL} bytes"))
    })
}

fn zerocopy_unasked(_: &Setting) -> Result<Observation> {
    let without = has_completion(&ends::tcp()?)?;
    let pair = ends::tcp()?;
    let with = allow_zerocopy(&pair.0).and_then(|()| has_completion(&pair));
    let with = match with {
        Ok(true) => "with SO_ZEROCOPY: a completion".to_owned(),
        Ok(false) => "with SO_ZEROCOPY: no completion either".to_owned(),
        Err(errno) => format!("with SO_ZEROCOPY: {}", name(errno)),
    };
    Ok(Observation::answer(match without {
        true => "works, a completion",
        false => "works, no completion",
    })
    .with(with))
}

/// Sends with MSG_ZEROCOPY, receives, and looks for the completion on the error queue.
fn has_completion((near, far): &(TcpStream, TcpStream)) -> nix::Result<bool> {
    let sent = send(near.as_raw_fd(), &[b'A'; 1 << 16], ZEROCOPY)?;
    let mut received = vec![0; sent];
    recv(far.as_raw_fd(), &mut received, MsgFlags::MSG_WAITALL)?;
    let mut room = [0; 1];
    match recv(near.as_raw_fd(), &mut room, MsgFlags::MSG_ERRQUEUE) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN) => Ok(false),
        Err(errno) => Err(errno),
    }
}

fn twice(first: nix::Result<usize>, second: nix::Result<usize>) -> Observation {
    let (first, second) = (Observation::call(first), Observation::call(second));
    Observation::answer(format!("{}, then {}", first.answer, second.answer))
}

/// Waits until the socket reports an error, which needs no longer than a moment: its peer's reset, or a completion.
pub(super) fn wait_for_error(socket: &TcpStream) -> Result<()> {
    // Error and hang-up are always reported.
    wait_for(socket, PollFlags::empty())
}

fn wait_for(socket: &TcpStream, events: PollFlags) -> Result<()> {
    let ready = poll(
        &mut [PollFd::new(socket.as_fd(), events)],
        PollTimeout::from(5000u16),
    );
    ensure!(
        ready.context("cannot poll a socket")? == 1,
        "nothing came from the peer"
    );
    Ok(())
}
