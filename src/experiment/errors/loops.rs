//! The right loop and the wrong one: what becomes of short counts on a nonblocking socket, and of an error in a proxy.

use std::{
    io::{Read, Write as _},
    net::{Shutdown, TcpStream},
    ops::Range,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use nix::{
    errno::Errno,
    fcntl::{SpliceFFlags, splice},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{setsockopt, sockopt},
    unistd::write,
};

use super::{Experiment, Observation, Run::Here, name, sockets};
use crate::endpoint::ends;
use crate::model::grouped;

const SIZE: usize = 1 << 20;
const CHUNK: usize = 1 << 16;

/// The receiver reads this much, then sleeps.
const SIP: usize = 1 << 14;
const SLEEP: Duration = Duration::from_micros(300);

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "short-writes-dropped",
        call: "for chunk in data { write(socket, chunk); }",
        setup: "1 MiB goes to a slow receiver by a nonblocking unix socket, 64 KiB per call; the loop ignores the \
                count that write returns.",
        why: "When the queue is full, write takes a part of the chunk, or nothing and says EAGAIN. The loop goes \
              on with the next chunk, and the rest is never offered again: write(2), RETURN VALUE.",
        run: Here(|_| to_slow_receiver(wrong_loop)),
    },
    Experiment {
        name: "short-writes-resumed",
        call: "while sent < n { sent += write(socket, &data[sent..n]); }, poll on EAGAIN",
        setup: "The same bytes to the same slow receiver; each call begins where the last one stopped.",
        why: "The count says how far the kernel came, so the loop knows where to go on, and poll wakes it when \
              there is room. One variable and one poll are the whole difference: write(2), poll(2).",
        run: Here(|_| to_slow_receiver(right_loop)),
    },
    Experiment {
        name: "proxy-error-as-end",
        call: "if (splice(server, NULL, pipe, ...) <= 0) shutdown(client, SHUT_WR)",
        setup: "A proxy splices a server's answer to a client; after 1000 bytes the server resets its connection.",
        why: "0 is the end, -1 is not. A proxy that treats both alike tells the client that a broken answer is whole: \
              splice(2), RETURN VALUE; shutdown(2).",
        run: Here(|_| proxied(|to| Ok(to.shutdown(Shutdown::Write)?))),
    },
    Experiment {
        name: "proxy-error-as-reset",
        call: "if (splice(server, NULL, pipe, ...) < 0) reset(client)",
        setup: "The same proxy, server and client; the proxy passes the error on as an error.",
        why: "With a linger time of 0 close() sends a reset instead of an end, so the client learns that its answer \
              was cut short: socket(7), SO_LINGER.",
        run: Here(|_| proxied(reset)),
    },
];

/// One write: the bytes that it was given, and what the kernel said.
struct Written {
    asked: Range<usize>,
    took: nix::Result<usize>,
}

impl Written {
    fn kept(&self) -> Range<usize> {
        self.asked.start..self.asked.start + self.took.unwrap_or(0)
    }

    fn is_short(&self) -> bool {
        self.kept() != self.asked
    }
}

/// Writes a range of the data, and remembers what came of it.
type Write<'a> = &'a mut dyn FnMut(Range<usize>) -> nix::Result<usize>;

fn wrong_loop(_: &UnixStream, write: Write) -> nix::Result<()> {
    for start in (0..SIZE).step_by(CHUNK) {
        let _ = write(start..start + CHUNK);
    }
    Ok(())
}

fn right_loop(socket: &UnixStream, write: Write) -> nix::Result<()> {
    let mut sent = 0;
    while sent < SIZE {
        match write(sent..SIZE.min(sent + CHUNK)) {
            Ok(n) => sent += n,
            Err(Errno::EAGAIN) => {
                poll(
                    &mut [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)],
                    PollTimeout::NONE,
                )?;
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Runs a loop against a receiver that begins when the first call has come up short, and then reads slowly; compares
/// what arrived, byte by byte, with what was to be sent.
fn to_slow_receiver(send: fn(&UnixStream, Write) -> nix::Result<()>) -> Result<Observation> {
    let data = numbered(SIZE);
    let (near, mut far) = ends::unix()?;
    let near = {
        let end = OwnedFd::from(near);
        ends::nonblocking(&end)?;
        UnixStream::from(end)
    };
    let (begin, may_begin) = mpsc::channel::<()>();
    let receive = move || {
        // An error: the sender is through without one short call.
        let _ = may_begin.recv();
        sip(&mut far)
    };
    let receiver = thread::Builder::new().spawn(receive);
    let receiver = receiver.context("cannot start a thread")?;
    let mut calls = Vec::new();
    let done = send(&near, &mut |asked| {
        let took = write(&near, &data[asked.clone()]);
        let call = Written { asked, took };
        if call.is_short() {
            let _ = begin.send(());
        }
        calls.push(call);
        took
    });
    drop((near, begin));
    let arrived = receiver.join().ok().context("the receiver failed")?;
    let arrived = arrived.context("cannot receive")?;
    done.context("cannot send")?;
    let kept: Vec<u8> = calls
        .iter()
        .flat_map(|call| &data[call.kept()])
        .copied()
        .collect();
    ensure!(kept == arrived, "what arrived is not what the calls took");
    Ok(report(&calls, &data, &arrived))
}

fn report(calls: &[Written], data: &[u8], arrived: &[u8]) -> Observation {
    let short = calls.iter().filter(|call| call.is_short()).count();
    let made = format!("{} writes, {short} of them short or EAGAIN", calls.len());
    if data == arrived {
        let detail = format!("{made}: all {} bytes in order", grouped(SIZE as u64));
        return Observation::answer("every byte").with(detail);
    }
    let first = data
        .iter()
        .zip(arrived)
        .position(|(sent, came)| sent != came);
    let detail = format!(
        "{made}: {} of {} bytes never arrived, the first is byte {}",
        grouped((SIZE - arrived.len()) as u64),
        grouped(SIZE as u64),
        grouped(first.unwrap_or(arrived.len()) as u64)
    );
    let mut lines = vec![picture(calls), "■ arrived  ▪ in part  · lost".to_owned()];
    lines.extend(calls.iter().map(line));
    Observation {
        lines,
        ..Observation::answer("bytes lost").with(detail)
    }
}

/// A server sends 1000 bytes and resets its connection; what a client sees behind a proxy that splices, and closes the
/// client's connection after it has done `on_error` with it.
fn proxied(on_error: fn(&TcpStream) -> Result<()>) -> Result<Observation> {
    const SENT: usize = 1000;
    let (mut server, from) = ends::tcp()?;
    let (to, mut client) = ends::tcp()?;
    let (write_end, read_end) = ends::pipe()?;
    server.write_all(&[b'A'; SENT]).context("cannot send")?;
    let flags = SpliceFFlags::empty();
    let mut lines = Vec::new();
    let mut fill = || {
        let filled = splice(&from, None, &write_end, None, CHUNK, flags);
        let told = filled.map_or_else(name, |n| n.to_string());
        lines.push(format!("splice(server, pipe): {told}"));
        filled
    };
    let mut passed = 0;
    while passed < SENT {
        let mut left = fill().context("cannot splice from the server")?;
        ensure!(left > 0, "the server's bytes ended early");
        passed += left;
        while left > 0 {
            left -= splice(&read_end, None, &to, None, left, flags)
                .context("cannot splice to the client")?;
        }
    }
    reset(&server)?;
    drop(server);
    sockets::wait_for_error(&from)?;
    ensure!(fill().is_err(), "the server's reset did not come");
    on_error(&to)?;
    drop(to);
    let mut all = Vec::new();
    let end = client.read_to_end(&mut all);
    lines.push(format!("the client received {} bytes", all.len()));
    let answer = match end {
        Ok(_) => "a clean end".to_owned(),
        Err(error) => name(Errno::from_raw(error.raw_os_error().unwrap_or(0))),
    };
    let detail = format!("{} of the answer's bytes, then {answer}", all.len());
    Ok(Observation {
        lines,
        ..Observation::answer(answer).with(detail)
    })
}

/// Has the connection end with a reset when it is closed.
fn reset(socket: &TcpStream) -> Result<()> {
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(socket, sockopt::Linger, &at_once).context("cannot set SO_LINGER")
}

/// `bytes 196608 to 262143: took 16384, lost 49152`
fn line(call: &Written) -> String {
    let Range { start, end } = call.asked;
    let asked = format!("bytes {start:>6} to {:>7}:", end - 1);
    let lost = call.asked.len() - call.kept().len();
    match call.took {
        Ok(n) if lost == 0 => format!("{asked} took {n}"),
        Ok(n) => format!("{asked} took {n}, lost {lost}"),
        Err(errno) => format!("{asked} {}, lost {lost}", name(errno)),
    }
}

/// A cell for each 16 KiB of the data.
fn picture(calls: &[Written]) -> String {
    let kept_of = |cell: Range<usize>| -> usize {
        let overlap = |kept: Range<usize>| {
            kept.end
                .min(cell.end)
                .saturating_sub(kept.start.max(cell.start))
        };
        calls.iter().map(|call| overlap(call.kept())).sum()
    };
    (0..SIZE)
        .step_by(SIP)
        .map(|start| match kept_of(start..start + SIP) {
            0 => '·',
            SIP => '■',
            _ => '▪',
        })
        .collect()
}

/// Every eight bytes are the number of their place, so that what is missing shows.
fn numbered(size: usize) -> Vec<u8> {
    (0..size as u64 / 8).flat_map(u64::to_be_bytes).collect()
}

/// Reads to the end, a little at a time.
fn sip(from: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    let (mut all, mut sip) = (Vec::with_capacity(SIZE), [0; SIP]);
    loop {
        match from.read(&mut sip)? {
            0 => return Ok(all),
            n => all.extend_from_slice(&sip[..n]),
        }
        thread::sleep(SLEEP);
    }
}
