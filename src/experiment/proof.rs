//! The alias proof: send A's while nobody reads, overwrite the source with B's, and only then receive. B's arrive:
//! the kernel held references to the source's pages. A's arrive: it had copied them.

use std::{
    fs::File,
    io::{self, Read},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::fs::FileExt,
    },
    path::Path,
    thread,
};

use anyhow::{Context, Result, ensure};
use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    poll::{PollFd, PollFlags, poll},
    sys::{
        sendfile::sendfile,
        socket::{MsgFlags, Shutdown, send, shutdown},
        uio::pread,
    },
};

use crate::endpoint::{self, ends};
use crate::host;
use crate::measure;
use crate::model::{Method, Overwritten, Sink, Size};
pub(crate) use crate::model::{Proof, ProofVerdict as Verdict};
use crate::transfer::{
    self, BLOCK, Reports, Tools, Wish, direct_send, ktls_sendfile, send_zerocopy, uring_send_zc,
};

/// A verdict stands when this many rounds, each with a source and a sink of its own, have agreed.
pub(crate) const ROUNDS: u32 = 5;

/// How many letters [`Proof::arrived`] has, where there are as many bytes.
const LETTERS: usize = 32;

const CHUNK: usize = 1 << 16;
/// What a pipe holds where nobody asks for more, on pages of 4 KiB.
const DEFAULT_PIPE: usize = 1 << 16;

/// Proves one method and sink, with files in `dir`. What stands in the way is a reason, not an error.
pub(crate) fn prove(method: Method, to: Sink, size: Size, dir: &Path) -> Proof {
    let proof = |verdict, arrived: Arrived, reason, rounds| Proof {
        method,
        to,
        size,
        verdict,
        new_bytes: arrived.new,
        old_bytes: arrived.old,
        kernel_reports_copied: arrived.reported_copied,
        overwritten: Overwritten::by(method),
        reason,
        arrived: arrived.letters,
        rounds,
    };
    let length = size.bytes() as usize;
    let (old, new) = (pattern(length, OLD), pattern(length, NEW));
    let mut verdicts = Vec::new();
    let mut last = Arrived::default();
    while verdicts.len() < ROUNDS as usize {
        match round(method, to, &old, &new, dir) {
            Ok(arrived) => {
                verdicts.push(arrived.verdict());
                last = arrived;
            }
            Err(error) => {
                let (none, reason) = (Arrived::default(), Some(format!("{error:#}")));
                return proof(Verdict::Unavailable, none, reason, verdicts.len() as u32);
            }
        }
    }
    let agreed = verdicts.iter().all(|verdict| *verdict == verdicts[0]);
    let (verdict, reason) = match agreed {
        true => (verdicts[0], last.remark.take()),
        false => {
            let names: Vec<_> = verdicts.iter().map(|verdict| verdict.name()).collect();
            let reason = format!("the rounds disagree: {}", names.join(", "));
            (Verdict::Mixed, Some(reason))
        }
    };
    proof(verdict, last, reason, ROUNDS)
}

#[derive(Default)]
struct Arrived {
    new: u64,
    old: u64,
    letters: String,
    /// Whether the kernel said that it had copied, where it was asked.
    reported_copied: Option<bool>,
    remark: Option<String>,
}

impl Arrived {
    fn verdict(&self) -> Verdict {
        match (self.new, self.old) {
            (_, 0) => Verdict::Shared,
            (0, _) => Verdict::Copied,
            _ => Verdict::Mixed,
        }
    }
}

fn source_of(bytes: &[u8], dir: &Path) -> Result<File> {
    let source = endpoint::scratch_file(dir)?;
    let written = source.write_all_at(bytes, 0);
    written.context("cannot write the source").map(|()| source)
}

/// Sends, overwrites, receives: in this order, by this thread alone, so that there is no race.
fn round(method: Method, to: Sink, old: &[u8], new: &[u8], dir: &Path) -> Result<Arrived> {
    let size = old.len();
    if method.uses_error_queue() {
        return zerocopy_round(old, new, dir);
    }
    if let Some(refusal) = super::refusal(method) {
        anyhow::bail!("{}", refusal.reason);
    }
    if method.has_reports() {
        return notified_round(method, old, new, dir);
    }
    let source = source_of(old, dir)?;
    let mut ways = vec![OpenSink::open(to, size, dir)?];
    let mut tools = prepare(method, to, &source, size)?;
    if method.encrypts() {
        ways[0].take_keys()?;
    }
    if method.has_second_sink() {
        let second = OpenSink::open(to, size, dir)?;
        tools.second = Some(
            second
                .near()?
                .try_clone_to_owned()
                .context("cannot duplicate a descriptor")?,
        );
        ways.push(second);
    }
    match method.receives() {
        true => receive_by(method, &source, ways[0].near()?, &mut tools)?,
        false => send_by(method, source.as_fd(), ways[0].near()?, &mut tools)?,
    }
    if to == Sink::File && method.may_share_blocks() {
        not_cloned(ways[0].near()?)?;
    }
    source
        .write_all_at(new, 0)
        .context("cannot overwrite the source")?;
    match (Overwritten::by(method), &mut tools.shared) {
        (Overwritten::Memory, _) => tools.memory.bytes_mut().copy_from_slice(new),
        (_, Some(shared)) => shared.bytes_mut().copy_from_slice(new),
        _ => {}
    }
    drop(tools.second.take());
    let mut all = Vec::new();
    for mut way in ways {
        let arrived = match method.passes_memory() {
            true => way.receive_mapped(),
            false => way.receive(size),
        };
        let arrived = arrived.context("cannot receive")?;
        whole(&arrived, size, to)?;
        all.push(judge(&arrived, old, new)?);
    }
    let one = all.swap_remove(0);
    ensure!(
        all.iter().all(|other| other.verdict() == one.verdict()),
        "the two readers do not agree"
    );
    Ok(one)
}

/// The same for a method that leaves the bytes in the program's buffer until the kernel reports that it is done with
/// them. Here nobody waits for the report: it may wait for the receiver. The buffer is the source.
fn zerocopy_round(old: &[u8], new: &[u8], dir: &Path) -> Result<Arrived> {
    let size = old.len();
    let mut way = OpenSink::open(Sink::Tcp, size, dir)?;
    host::allow_zerocopy(way.near()?).context("cannot set SO_ZEROCOPY")?;
    let mut buffer = old.to_vec();
    let mut reports = Reports::new();
    let socket = way.near()?.as_raw_fd();
    let flags = MsgFlags::from_bits_retain(libc::MSG_ZEROCOPY);
    let mut sent = 0;
    while sent < size {
        let end = size.min(sent + CHUNK);
        match send(socket, &buffer[sent..end], flags) {
            Ok(n) => sent += n,
            Err(Errno::EINTR) => continue,
            // What is missing shows when it is received.
            Err(Errno::EAGAIN) => break,
            Err(Errno::ENOBUFS) => anyhow::bail!("{}", host::why_enobufs(sent + CHUNK)),
            Err(errno) => return Err(errno).context("send-zerocopy is refused"),
        }
        reports.sent += 1;
    }
    buffer.copy_from_slice(new);
    let arrived = way.receive(size).context("cannot receive")?;
    whole(&arrived, size, Sink::Tcp)?;
    take_reports(way.near()?, &mut reports)?;
    Ok(with_report(judge(&arrived, old, new)?, reports.copied > 0))
}

/// The same by io_uring: the send's first answer says that it is queued, and nobody waits for the second one, the
/// notification. direct-send gets the bytes into its registered buffer from the disk, by O_DIRECT, as it always does.
/// That buffer is what is overwritten: the file was read before, and is asked no more.
fn notified_round(method: Method, old: &[u8], new: &[u8], dir: &Path) -> Result<Arrived> {
    let size = old.len();
    let source = source_of(old, dir)?;
    let mut way = OpenSink::open(Sink::Tcp, size, dir)?;
    // One buffer for all of it: none is used twice while the kernel may still send out of it. Whole blocks, for O_DIRECT.
    let mut tools = prepare(method, Sink::Tcp, &source, size.next_multiple_of(BLOCK))?;
    let Tools {
        ring: Some(ring),
        memory,
        direct,
        ..
    } = &mut tools
    else {
        anyhow::bail!("{method} has no ring");
    };
    let file = direct.as_ref().map_or(source.as_fd(), AsFd::as_fd);
    let read = retry_pread(file, memory.bytes_mut())?;
    ensure!(read == size, "only {read} of {size} bytes could be read");
    let zero_copy = match method.registers() {
        true => direct_send::zero_copy,
        false => uring_send_zc::zero_copy,
    };
    let mut sent = 0;
    while sent < size {
        let end = size.min(sent + CHUNK);
        // A ring waits for room, whatever the socket's flags say, unless the request itself does not.
        let send = zero_copy(way.near()?, &memory.bytes()[sent..end]);
        let send = send.flags(libc::MSG_DONTWAIT).build();
        // SAFETY: the memory outlives the ring: that is dropped first.
        match unsafe { ring.send_and_go_on(&send) } {
            Ok(n) => sent += n,
            Err(Errno::EINTR) => {}
            // What is missing shows when it is received.
            Err(Errno::EAGAIN) => break,
            Err(Errno::ENOMEM) => anyhow::bail!("{}", beyond_memlock(Errno::ENOMEM)),
            Err(errno) => return Err(errno).context(format!("{method} is refused")),
        }
    }
    memory.bytes_mut()[..size].copy_from_slice(new);
    let arrived = way.receive(size).context("cannot receive")?;
    whole(&arrived, size, Sink::Tcp)?;
    let waited = ring.wait_for_notifications();
    let (_, copied) = waited.context("cannot wait for the notifications")?;
    Ok(with_report(judge(&arrived, old, new)?, copied > 0))
}

/// Blocks that two files share are copied when one of them is overwritten: what arrives then says nothing of the send.
fn not_cloned(sink: BorrowedFd) -> Result<()> {
    let sink = sink.try_clone_to_owned();
    let sink = File::from(sink.context("cannot duplicate a descriptor")?);
    let shared = measure::shared_bytes(&sink).unwrap_or(0);
    ensure!(
        shared == 0,
        "the file system shared the blocks (FIEMAP) and copied no byte; overwriting the source gives that other blocks, \
         which shows nothing"
    );
    Ok(())
}

fn retry_pread(file: BorrowedFd, into: &mut [u8]) -> Result<usize> {
    loop {
        match pread(file, into, 0) {
            Err(Errno::EINTR) => {}
            read => return read.context("cannot read the source into the buffer"),
        }
    }
}

fn with_report(mut arrived: Arrived, copied: bool) -> Arrived {
    arrived.reported_copied = Some(copied);
    if arrived.verdict() == Verdict::Mixed {
        arrived.remark = Some(
            "what had gone on to the receiver's queue was copied on the way; the rest still lay in the sender's, by \
             reference"
                .to_owned(),
        );
    }
    arrived
}

/// Why a zero-copy send, or the registering of its buffer, is refused where memory is not scarce.
fn beyond_memlock(errno: Errno) -> String {
    let limit = host::memlock_limit();
    format!(
        "{errno:?}: rings and the pages that are sent from count as locked memory, and RLIMIT_MEMLOCK is {limit}"
    )
}

/// Waits for the reports of sends that have been received, a second at most.
fn take_reports(socket: BorrowedFd, reports: &mut Reports) -> Result<()> {
    while reports.are_missing() {
        // POLLERR is always waited for.
        let mut fds = [PollFd::new(socket, PollFlags::empty())];
        let ready = poll(&mut fds, 1000u16).context("cannot wait for the kernel's reports")?;
        ensure!(ready > 0, "the kernel's reports do not come");
        send_zerocopy::take_report(socket, reports).context("cannot take the kernel's reports")?;
    }
    Ok(())
}

fn whole(arrived: &[u8], size: usize, to: Sink) -> Result<()> {
    fits(arrived.len(), size, to)
}

fn fits(room: usize, size: usize, to: Sink) -> Result<()> {
    // Sixteen pages, unless the pipes of this user hold much already: then the kernel gives fewer (pipe(7)).
    let limit = match to {
        Sink::Pipe if room < DEFAULT_PIPE => "/proc/sys/fs/pipe-user-pages-soft",
        _ => to.limit(),
    };
    ensure!(
        room >= size,
        "only {room} of {size} bytes fit in a {to} queue that nobody reads: the limit is in {limit}"
    );
    Ok(())
}

/// What the method needs, got before the source is sent.
fn prepare(method: Method, to: Sink, source: &File, size: usize) -> Result<Tools> {
    let wish = Wish {
        size,
        // Of what is lent to the kernel, nothing is used twice.
        chunk: if method.has_reports() { size } else { CHUNK },
        to,
        pipe_size: None,
        direct: true,
    };
    let tools = Tools::prepare(method, source.as_fd(), wish);
    tools.map_err(|error| match error.kind() {
        io::ErrorKind::OutOfMemory => anyhow::anyhow!("{}", beyond_memlock(Errno::ENOMEM)),
        _ => anyhow::Error::from(error).context("cannot prepare"),
    })
}

/// Moves the source by the method into a sink that never waits. A full sink is no error here: what is missing
/// shows when it is received.
fn send_by(method: Method, source: BorrowedFd, sink: BorrowedFd, tools: &mut Tools) -> Result<()> {
    match transfer::transfer(method, source, sink, tools) {
        Ok(_) | Err(Errno::EAGAIN) => Ok(()),
        Err(errno) => Err(errno).context(format!("{method} is refused")),
    }
}

/// For a method that receives: a peer sends the source by sendfile(2), so that the socket's queue may hold references
/// to its pages; then all of it is received into the sink.
fn receive_by(method: Method, source: &File, sink: BorrowedFd, tools: &mut Tools) -> Result<()> {
    let (near, far) = ends::tcp()?;
    thread::scope(|scope| {
        let peer = thread::Builder::new().spawn_scoped(scope, move || {
            // What it does not send is missing at the other end, which shows.
            while let Ok(1..) | Err(Errno::EINTR) = sendfile(&far, source, None, CHUNK) {}
        });
        peer.context("cannot start a thread")?;
        send_by(method, near.as_fd(), sink, tools)
    })
}

/// A sink with both its ends. A file is its own other end.
struct OpenSink {
    near: Option<OwnedFd>,
    far: File,
}

impl OpenSink {
    /// A sink with room for `size` bytes, as far as this user may have it.
    fn open(to: Sink, size: usize, dir: &Path) -> Result<OpenSink> {
        let (near, far) = endpoint::both_ends(to, dir)?;
        endpoint::ask_for_room(to, &near, size);
        if to.has_reader() {
            ends::nonblocking(&near)?;
        }
        // vmsplice(2) waits for room, whatever the flags of the pipe say.
        if let (Sink::Pipe, Ok(room)) = (to, fcntl(&near, FcntlArg::F_GETPIPE_SZ)) {
            fits(room as usize, size, to)?;
        }
        Ok(OpenSink {
            near: Some(near),
            far: far.into(),
        })
    }

    /// From here on the kernel encrypts what is sent, and decrypts what arrives.
    fn take_keys(&self) -> Result<()> {
        let keys = ktls_sendfile::encrypt(self.near()?);
        let keys = keys.and_then(|()| ktls_sendfile::decrypt(self.far.as_fd()));
        keys.context("cannot give the sockets their keys")
    }

    fn near(&self) -> Result<BorrowedFd<'_>> {
        let near = self.near.as_ref().context("the sink is closed")?;
        Ok(near.as_fd())
    }

    /// Everything that was sent. The sender's end is shut down or closed first, so that there is an end.
    fn receive(&mut self, size: usize) -> io::Result<Vec<u8>> {
        let near = self.near.take();
        // A socket stays open for the reports that its error queue still gets.
        self.near = near.filter(|near| shutdown(near.as_raw_fd(), Shutdown::Write).is_ok());
        let mut arrived = Vec::with_capacity(size);
        if self.far.metadata()?.is_file() {
            io::Seek::rewind(&mut self.far)?;
        }
        self.far.read_to_end(&mut arrived)?;
        Ok(arrived)
    }

    fn receive_mapped(&self) -> io::Result<Vec<u8>> {
        let memory = endpoint::take_memory(&self.far)?;
        endpoint::see_mapped(&memory, <[u8]>::to_vec)
    }
}

const OLD: u8 = 0;
const NEW: u8 = 0x80;

/// The byte at each place tells its place (seven bits of a hash) and its age (the eighth), so that bytes that were
/// lost, doubled or exchanged are neither old nor new.
fn pattern(size: usize, age: u8) -> Vec<u8> {
    let place = |place: u64| (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57) as u8;
    (0..size as u64).map(|at| place(at) | age).collect()
}

fn judge(arrived: &[u8], old: &[u8], new: &[u8]) -> Result<Arrived> {
    let count = |wanted: &[u8]| arrived.iter().zip(wanted).filter(|(a, b)| a == b).count();
    let (olds, news) = (count(old), count(new));
    ensure!(
        olds + news == arrived.len(),
        "{} bytes that arrived are neither old nor new",
        arrived.len() - olds - news
    );
    let share = arrived.len().div_ceil(LETTERS).max(1);
    let letter = |share: &[u8]| match share.iter().filter(|byte| **byte >= NEW).count() {
        0 => 'A',
        all if all == share.len() => 'B',
        _ => 'x',
    };
    Ok(Arrived {
        new: news as u64,
        old: olds as u64,
        letters: arrived.chunks(share).map(letter).collect(),
        ..Arrived::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_new_and_damaged_bytes_are_told_apart() {
        let (old, new) = (pattern(64, OLD), pattern(64, NEW));
        let half = [&old[..32], &new[32..]].concat();
        for (arrived, verdict, letters) in [
            (&old, Verdict::Copied, "A".repeat(32)),
            (&new, Verdict::Shared, "B".repeat(32)),
            (&half, Verdict::Mixed, "A".repeat(16) + &"B".repeat(16)),
        ] {
            let arrived = judge(arrived, &old, &new).unwrap();
            assert_eq!((arrived.verdict(), arrived.letters), (verdict, letters));
        }
        let mut turned = new.clone();
        turned.rotate_left(1);
        assert!(judge(&turned, &old, &new).is_err());
    }
}
