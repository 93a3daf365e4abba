//! The fold over calls: what each one moved, and from where to where.

use std::sync::Arc;

use super::requests;
use crate::model::{
    Basis, Call, DescriptorKind, Hop, How, KernelReports, Outcome, Place, Side, Step, Trace,
};
use crate::syscall::{Op, Ops, Shape};

/// Why a file's bytes reach a socket or a pipe by reference in sendfile(2): the manual page, and the commit that
/// hands the pages over with `MSG_SPLICE_PAGES` (Linux 6.5; before it, `sendpage` did).
pub const SENDFILE_SOURCE: &str = "sendfile(2); kernel commit 2dc334f1a63a";

/// Why a pipe holds a file's bytes by reference: the manual page's notes on what a pipe is.
pub const SPLICE_IN_SOURCE: &str = "splice(2), NOTES: a pipe holds references to pages";
/// Why references go on from a pipe to a socket (`sendpage` before Linux 6.5).
pub const SPLICE_OUT_SOURCE: &str = "splice(2); kernel commit 2dc334f1a63a";
/// Why a file gets bytes of its own out of a pipe.
pub const SPLICE_FILE_SOURCE: &str =
    "kernel, fs/splice.c: iter_file_splice_write() writes into the file's own pages";
/// Why a pipe holds a program's bytes by reference.
pub const VMSPLICE_SOURCE: &str = "vmsplice(2): user pages are mapped into the pipe";
/// Why a send with MSG_ZEROCOPY was a copy after all.
pub const COPIED_SOURCE: &str = "SO_EE_CODE_ZEROCOPY_COPIED on the error queue";
/// Why it was none.
pub const NOT_COPIED_SOURCE: &str = "completed on the error queue, without COPIED";
/// Why a second pipe holds them, too.
pub const TEE_SOURCE: &str = "tee(2): references are duplicated, data is not";
/// Why a pipe holds what has arrived on a socket by reference.
pub const SPLICE_RECEIVE_SOURCE: &str =
    "kernel, net/core/skbuff.c: skb_splice_bits() puts the queue's own pages into the pipe";
/// Why the receiver needs no copy of what is in shared memory: it says that it has mapped it.
pub const SHARED_MEMORY_SOURCE: &str =
    "the receiver mapped the memfd that it was passed; memfd_create(2)";
/// Why copy_file_range(2) copies where no block is shared.
pub const COPY_RANGE_SOURCE: &str = "copy_file_range(2), NOTES: reflinks or copies";
/// Why it did not: an instrument says so.
pub const SHARED_SOURCE: &str = "FIEMAP: the sink's blocks are the source's own";

/// `PROT_WRITE` of mmap(2): the same number on every Linux.
const PROT_WRITE: u64 = 0x2;
/// `MSG_ZEROCOPY` of send(2): the same number on every Linux.
const MSG_ZEROCOPY: u64 = 0x400_0000;
/// `MAP_PRIVATE` of mmap(2).
const MAP_PRIVATE: u64 = 0x2;

/// A range of one process's addresses that shows pages of a file.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    pid: i32,
    start: u64,
    end: u64,
}

/// What must be remembered from earlier calls to understand the next: the mappings. And what is known of the run
/// that no call shows.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    ops: Ops,
    mappings: Vec<Mapping>,
    /// The file system shared its blocks between source and sink.
    shares_blocks: bool,
    /// What the kernel reported of sends with MSG_ZEROCOPY.
    reports: Option<Arc<KernelReports>>,
    /// Such sends so far: the kernel numbers them from 0.
    zerocopy_sends: u32,
    /// Bytes of memory that a message's descriptor stands for.
    passed_memory: Option<u64>,
    /// The calls are a server's: what it receives are requests, and what it sends by send(2) are heads. Neither is
    /// payload.
    serves: bool,
}

impl Fold {
    /// The state before the first call, where nothing is known but the calls.
    pub fn new() -> Fold {
        Fold::default()
    }

    /// The state before the first call of a run that came to this.
    pub fn of(outcome: &Outcome) -> Fold {
        Fold {
            shares_blocks: outcome.bytes_moved > 0
                && outcome.shared_blocks == Some(outcome.bytes_moved),
            reports: outcome.kernel_reports.clone().map(Arc::new),
            passed_memory: outcome.passed_memory,
            serves: outcome.served.is_some(),
            ..Fold::default()
        }
    }

    /// Takes the next call of `trace` by its number (in order) and says what it moved, one way after the other: a call
    /// that hands over requests of an io_uring moves what they ask for.
    pub fn hops(&mut self, trace: &Trace, number: usize) -> Vec<Hop> {
        let Some(call) = trace.calls.get(number) else {
            return Vec::new();
        };
        let own = self.step(trace, call);
        let requests = trace.requests_of(number).iter();
        let asked = requests.filter_map(|request| requests::step(trace, request));
        own.into_iter().chain(asked).collect()
    }

    /// Takes the next call of `trace` (in order) and says what it moved: nothing if it failed, moved 0 bytes, or
    /// is not known here. What its requests of an io_uring moved is left out: see [`Fold::hops`].
    pub fn step(&mut self, trace: &Trace, call: &Call) -> Option<Hop> {
        let returned = call.returned()?;
        match self.ops.of(trace, call) {
            Op::Recv(Shape::Buffer) | Op::Send(Shape::Buffer) if self.serves => None,
            Op::Read(Shape::Buffer) => read(trace, call, returned),
            Op::Send(Shape::Buffer)
                if self.reports.is_some() && call.args[3] & MSG_ZEROCOPY != 0 =>
            {
                self.send_zerocopy(trace, call, returned)
            }
            Op::Write(Shape::Buffer) | Op::Send(Shape::Buffer) => self.write(trace, call, returned),
            Op::Recv(Shape::Buffer) => receive(trace, call, returned),
            Op::Send(Shape::Message) => self.pass_memory(),
            Op::Sendfile => sendfile(trace, call, returned),
            Op::Splice => splice(trace, call, returned),
            Op::Vmsplice => pipe(trace, call, 0, Place::UserBuffer, VMSPLICE_SOURCE),
            Op::Tee => pipe(trace, call, 1, Place::Pipe, TEE_SOURCE),
            Op::CopyRange => self.copy_file_range(trace, call, returned),
            Op::Map => self.map(trace, call, returned),
            Op::Unmap | Op::Remap => self.unmap(pid(trace, call), call.args[0], call.args[1]),
            Op::Exec => {
                let pid = pid(trace, call);
                self.mappings.retain(|mapping| mapping.pid != pid);
                None
            }
            _ => None,
        }
    }

    fn write(&self, trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
        let to = sink(kind(trace, call, 0)?)?;
        let from = if self.is_mapped(pid(trace, call), call.args[1], returned as u64) {
            Place::PageCache
        } else {
            Place::UserBuffer
        };
        hop(from, to, How::CpuCopy, returned, Basis::Observed, None)
    }

    /// A send of which the kernel has told what became of it.
    fn send_zerocopy(&mut self, trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
        let to = sink(kind(trace, call, 0)?)?;
        let number = self.zerocopy_sends;
        self.zerocopy_sends += 1;
        let runs = &self.reports.as_ref()?.copied_sends;
        let next = runs.partition_point(|run| run[1] < number);
        let copied = runs.get(next).is_some_and(|run| run[0] <= number);
        let (how, source) = match copied {
            true => (How::CpuCopy, COPIED_SOURCE),
            false => (How::Reference, NOT_COPIED_SOURCE),
        };
        let from = Place::UserBuffer;
        hop(from, to, how, returned, Basis::Reported, Some(source))
    }

    /// A message with a descriptor of memory: the few bytes of its own are no payload.
    fn pass_memory(&self) -> Option<Hop> {
        let bytes = i64::try_from(self.passed_memory?).ok()?;
        let source = Some(SHARED_MEMORY_SOURCE);
        let (from, to) = (Place::UserBuffer, Place::Peer);
        hop(from, to, How::Mapping, bytes, Basis::Told, source)
    }

    fn copy_file_range(&self, trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
        for which in [0, 1] {
            (kind(trace, call, which)? == DescriptorKind::File).then_some(())?;
        }
        let (how, basis, source) = match self.shares_blocks {
            true => (How::Reference, Basis::Measured, SHARED_SOURCE),
            false => (How::CpuCopy, Basis::Documented, COPY_RANGE_SOURCE),
        };
        let (from, to) = (Place::PageCache, Place::PageCache);
        hop(from, to, how, returned, basis, Some(source))
    }

    fn map(&mut self, trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
        let [_, length, protection, flags, ..] = call.args;
        let start = returned as u64;
        let pid = pid(trace, call);
        // MAP_FIXED replaces what was there.
        self.unmap(pid, start, length);
        if kind(trace, call, 0) != Some(DescriptorKind::File) {
            return None;
        }
        // A private page that was written to is the program's own: where it is writable, nobody can tell.
        if protection & PROT_WRITE == 0 || flags & MAP_PRIVATE == 0 {
            let end = start.saturating_add(length);
            self.mappings.push(Mapping { pid, start, end });
        }
        hop(
            Place::PageCache,
            Place::UserBuffer,
            How::Mapping,
            length as i64,
            Basis::Observed,
            None,
        )
    }

    /// Takes a range away from the mappings that it cuts. Whole pages go, but ends need no rounding: what is
    /// asked later begins inside a mapping or not.
    fn unmap(&mut self, pid: i32, start: u64, length: u64) -> Option<Hop> {
        let end = start.saturating_add(length);
        let (cut, mut kept): (Vec<_>, Vec<_>) = self
            .mappings
            .drain(..)
            .partition(|m| m.pid == pid && m.start < end && start < m.end);
        for m in cut {
            let left = Mapping { end: start, ..m };
            let right = Mapping { start: end, ..m };
            kept.extend([left, right].into_iter().filter(|m| m.start < m.end));
        }
        self.mappings = kept;
        None
    }

    fn is_mapped(&self, pid: i32, start: u64, length: u64) -> bool {
        let end = start.saturating_add(length);
        self.mappings
            .iter()
            .any(|m| m.pid == pid && m.start <= start && end <= m.end)
    }
}

fn read(trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
    let file = trace.descriptor(call, 0)?;
    (file.kind == DescriptorKind::File).then_some(())?;
    requests::read(returned, file.direct)
}

fn receive(trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
    is_socket(kind(trace, call, 0)?).then_some(())?;
    let (from, to) = (Place::SocketQueue, Place::UserBuffer);
    hop(from, to, How::CpuCopy, returned, Basis::Observed, None)
}

fn sendfile(trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
    let (out, from) = (kind(trace, call, 0)?, kind(trace, call, 1)?);
    (from == DescriptorKind::File).then_some(())?;
    let to = sink(out)?;
    let how = if to == Place::PageCache {
        How::CpuCopy
    } else {
        How::Reference
    };
    let source = Some(SENDFILE_SOURCE);
    hop(
        Place::PageCache,
        to,
        how,
        returned,
        Basis::Documented,
        source,
    )
}

fn splice(trace: &Trace, call: &Call, returned: i64) -> Option<Hop> {
    let (from, to) = (kind(trace, call, 0)?, kind(trace, call, 1)?);
    requests::splice(from, to, returned)
}

/// References from a place into the pipe that is the call's descriptor number `which`.
fn pipe(
    trace: &Trace,
    call: &Call,
    which: usize,
    from: Place,
    source: &'static str,
) -> Option<Hop> {
    (kind(trace, call, which)? == DescriptorKind::Pipe).then_some(())?;
    let (to, how, basis) = (Place::Pipe, How::Reference, Basis::Documented);
    hop(from, to, how, call.returned()?, basis, Some(source))
}

pub(super) fn hop(
    from: Place,
    to: Place,
    how: How,
    bytes: i64,
    basis: Basis,
    source: Option<&'static str>,
) -> Option<Hop> {
    let bytes = u64::try_from(bytes).ok().filter(|bytes| *bytes > 0)?;
    let step = Step {
        from,
        to,
        how,
        basis,
        source,
    };
    Some(step.of(bytes, Side::Sender))
}

pub(super) fn is_socket(kind: DescriptorKind) -> bool {
    use DescriptorKind::{Tcp, Udp, Unix};
    matches!(kind, Tcp | Udp | Unix)
}

/// Where bytes that are written to such a descriptor end up.
pub(super) fn sink(kind: DescriptorKind) -> Option<Place> {
    match kind {
        DescriptorKind::File => Some(Place::PageCache),
        kind if is_socket(kind) => Some(Place::SocketQueue),
        DescriptorKind::Pipe => Some(Place::Pipe),
        _ => None,
    }
}

fn kind(trace: &Trace, call: &Call, which: usize) -> Option<DescriptorKind> {
    trace
        .descriptor(call, which)
        .map(|descriptor| descriptor.kind)
}

fn pid(trace: &Trace, call: &Call) -> i32 {
    trace
        .tasks
        .get(usize::from(call.task))
        .map_or(0, |task| task.pid)
}
