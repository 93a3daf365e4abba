//! Flows: bytes joined from where a program read them to where it wrote them; pure.
//!
//! A read leaves the addresses of its buffer with what is known of the bytes; a write looks its addresses up. That
//! the bytes are still the same is confirmed by their content (of large reads, by samples). Pipes and socket pairs between watched processes are
//! queues that carry the flow on.

mod advice;
mod arrivals;
mod calls;
mod ends;
mod groups;
mod join;
mod path;
mod pipes;
mod requests;
mod sample;
mod space;
mod tally;

use std::rc::Rc;

use rustc_hash::FxHashMap;

pub use advice::Advice;
pub use groups::{Group, groups};

use self::{
    arrivals::Arrivals,
    calls::Range,
    ends::{Ends, Open},
    join::{Piece, Scene},
    path::{Change, PathId, Paths},
    pipes::{Chunk, Pipes, QueueId},
    sample::{Likeness, Sample},
    space::{ArrivalId, Mapping, Space},
    tally::{Mark, Tally, Token},
};
use super::fold::{
    COPIED_SOURCE, COPY_RANGE_SOURCE, NOT_COPIED_SOURCE, SENDFILE_SOURCE, SPLICE_FILE_SOURCE,
    SPLICE_IN_SOURCE, SPLICE_OUT_SOURCE, TEE_SOURCE, VMSPLICE_SOURCE,
};
use crate::model::{
    Addresses, Basis, Call, DescriptorKind, Flow, How, Place, Step, Trace, Unexplained,
};
use crate::syscall::{Moves, Op, Ops, Shape};

/// `MSG_PEEK`, `MSG_TRUNC`, `MSG_ERRQUEUE`, `MSG_ZEROCOPY` of send(2) and recv(2): the same on every Linux.
const MSG_PEEK: u64 = 0x2;
const MSG_TRUNC: u64 = 0x20;
const MSG_ERRQUEUE: u64 = 0x2000;
const MSG_ZEROCOPY: u64 = 0x400_0000;
/// `PROT_WRITE` and `MAP_SHARED` of mmap(2); `MAP_SHARED_VALIDATE` has this bit, too.
const PROT_WRITE: u64 = 0x2;
const MAP_SHARED: u64 = 0x1;
/// So many sends with MSG_ZEROCOPY wait for what the kernel tells of them: a program need not ask.
const MOST_UNTOLD: usize = 10_000;
/// So many open descriptors are remembered; they are looked up again when that is too few.
const MOST_OPEN: usize = 1 << 16;

/// A thread that stands still, and can be asked.
pub trait Process {
    /// Its thread id.
    fn tid(&self) -> i32;
    /// Its process id.
    fn pid(&self) -> i32;
    /// Reads its memory, as much as is there, up to the buffer's length: how many bytes.
    fn read(&self, address: u64, buffer: &mut [u8]) -> usize;
    /// Reads several places (at most 16) one after the other; false where one cannot be read.
    fn read_places(&self, places: &[(u64, usize)], buffer: &mut [u8]) -> bool;
    /// The addresses of a TCP or UDP socket.
    fn addresses(&self, fd: i32) -> Addresses;
    /// Whether a process reads what `/proc/PID/fd` shows as `pipe:[4711]` or as the path of a FIFO.
    fn reads(&self, pid: i32, shown: &str) -> bool;
    /// The program's name.
    fn program(&self) -> String;
}

/// A call as it is entered or left.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The call.
    pub call: &'a Call,
    /// Its number since the watching began.
    pub number: u64,
    /// What its numbers mean.
    pub trace: &'a Trace,
    /// Which look-ups its descriptors come from.
    pub serials: [u32; 2],
}

/// What is remembered of a process.
struct Running {
    space: u32,
    program: u32,
}

/// How a write hands its bytes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// They are copied.
    Copy,
    /// vmsplice(2): their pages are mapped into the pipe.
    Pages,
    /// With MSG_ZEROCOPY, and the kernel has told that it did not copy.
    NotCopied,
    /// With MSG_ZEROCOPY, and the kernel has told that it copied after all.
    Copied,
}

/// A call that is being made, and has begun to move bytes.
struct Pending {
    mark: Rc<Mark>,
    program: u32,
    manner: Manner,
    pieces: Vec<Piece>,
    sink: Option<Open>,
    queue: Option<QueueId>,
    /// What is asked for.
    zerocopy: bool,
}

/// Sends with MSG_ZEROCOPY of one socket, of which the kernel has not told what became of them.
#[derive(Default)]
struct Sends {
    next: u32,
    waiting: FxHashMap<u32, (Vec<Piece>, Pending)>,
}

/// All that is known of where bytes went.
#[derive(Default)]
pub struct Flows {
    ends: Ends,
    paths: Paths,
    tally: Tally,
    pipes: Pipes,
    arrivals: Arrivals,
    spaces: FxHashMap<u32, Space>,
    next_space: u32,
    running: FxHashMap<i32, Running>,
    pending: FxHashMap<i32, Pending>,
    opens: FxHashMap<u32, Open>,
    /// The same by descriptor, for requests in rings: the last one that was looked up.
    by_descriptor: FxHashMap<u32, Open>,
    /// Writes that rings were asked for, by the request's number.
    asked: FxHashMap<u64, Pending>,
    /// The call that showed the last requests.
    showing: Option<Rc<Mark>>,
    ops: Ops,
    programs: Vec<String>,
    /// The memory of each program.
    memories: Vec<ends::EndId>,
    zerocopy: FxHashMap<u64, Sends>,
    /// The end that a queue is, for what nobody reads from it.
    queue_ends: FxHashMap<QueueId, ends::EndId>,
    unexplained: Unexplained,
    notes: Vec<String>,
}

/// The flows so far.
pub struct Report {
    /// The largest first.
    pub flows: Vec<Flow>,
    /// For each call that is kept, the last flow of which it moved bytes.
    pub flow_of: Vec<u32>,
    /// Bytes of which it cannot be seen how they went.
    pub unexplained: Unexplained,
    /// What must be known to read this rightly.
    pub notes: Vec<String>,
}

impl Flows {
    /// Nothing has happened.
    pub fn new() -> Flows {
        Flows::default()
    }

    /// A thread is there. `parent` is the process that made it, where that is known.
    pub fn started(&mut self, parent: Option<i32>, process: &dyn Process, shares_memory: bool) {
        let pid = process.pid();
        if self.running.contains_key(&pid) {
            return;
        }
        let program = self.program(&process.program());
        let of_parent = parent.and_then(|parent| self.running.get(&parent));
        let of_parent = of_parent.map(|parent| parent.space);
        let space = match of_parent {
            Some(space) if shares_memory => space,
            Some(space) => {
                let copy = self.spaces.get(&space).map(Space::fork).unwrap_or_default();
                copy.held().for_each(|id| self.arrivals.change(id, 1));
                self.add_space(copy)
            }
            None => self.add_space(Space::default()),
        };
        if shares_memory && let Some(shared) = self.spaces.get_mut(&space) {
            shared.users += 1;
        }
        self.running.insert(pid, Running { space, program });
    }

    fn add_space(&mut self, mut space: Space) -> u32 {
        space.users = 1;
        self.next_space += 1;
        self.spaces.insert(self.next_space, space);
        self.next_space
    }

    /// A process has executed another program.
    pub fn executed(&mut self, process: &dyn Process) {
        let program = self.program(&process.program());
        let space = self.add_space(Space::default());
        if let Some(before) = self
            .running
            .insert(process.pid(), Running { space, program })
        {
            self.leave_space(before.space);
        }
    }

    /// A thread is gone; with `last`, its process too.
    pub fn ended(&mut self, tid: i32, pid: i32, last: bool) {
        if let Some(pending) = self.pending.remove(&tid) {
            self.settle(pending, 0);
        }
        if last && let Some(gone) = self.running.remove(&pid) {
            self.leave_space(gone.space);
        }
    }

    fn leave_space(&mut self, space: u32) {
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        shared.users -= 1;
        if shared.users == 0
            && let Some(gone) = self.spaces.remove(&space)
        {
            gone.held().for_each(|id| self.arrivals.change(id, -1));
            self.take_kept();
        }
    }

    fn program(&mut self, name: &str) -> u32 {
        let known = self.programs.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.programs.push(name.to_owned());
            self.memories.push(self.ends.memory(name));
            self.programs.len() - 1
        }) as u32
    }

    /// So many of the oldest calls are no longer kept.
    pub fn dropped(&mut self, calls: usize) {
        self.tally.drop_calls(calls);
    }

    /// The trace's descriptors have other indices now.
    pub fn renumbered(&mut self) {
        self.by_descriptor.clear();
    }

    /// A call is about to be made: what it writes still stands where it says.
    pub fn entered(&mut self, moment: &Moment, process: &dyn Process) {
        let op = self.ops.of(moment.trace, moment.call);
        let args = &moment.call.args;
        match op {
            Op::Write(shape) | Op::Send(shape) => {
                let ranges = calls::ranges(shape, args, None, process);
                let flags = op.message_flags(args);
                self.begin_write(moment, process, ranges, flags, Manner::Copy);
            }
            Op::Vmsplice => {
                let ranges = calls::ranges(Shape::Vector, args, None, process);
                self.begin_write(moment, process, ranges, 0, Manner::Pages);
            }
            Op::Splice | Op::Sendfile => self.begin_splice(op, moment, process),
            Op::Compat(_) | Op::Socketcall => self.note(NARROW),
            _ => {}
        }
    }

    /// A call has returned.
    pub fn left(&mut self, moment: &Moment, process: &dyn Process) {
        let pending = self.pending.remove(&process.tid());
        let Some(returned) = moment.call.returned() else {
            if let Some(pending) = pending {
                self.settle(pending, 0);
            }
            return;
        };
        let args = &moment.call.args;
        let op = match self.ops.of(moment.trace, moment.call) {
            Op::Socketcall => Op::of_socketcall(args[0]),
            op => op,
        };
        let bytes = op.moved(args, returned);
        match op {
            Op::Read(shape) | Op::Recv(shape) => self.read((op, shape), moment, bytes, process),
            Op::Write(shape) | Op::Send(shape) => match pending {
                Some(pending) => {
                    let bytes = match shape {
                        Shape::Messages => sent(&pending, args[1], bytes, process),
                        _ => bytes,
                    };
                    self.settle(pending, bytes);
                }
                None => self.unexplained.written_bytes += bytes,
            },
            Op::Vmsplice => match pending {
                Some(pending) => self.settle(pending, bytes),
                None => self.unexplained.written_bytes += bytes,
            },
            Op::Sendfile => self.splice((1, 0), pending, moment, bytes, process),
            Op::Splice => self.splice((0, 1), pending, moment, bytes, process),
            Op::CopyRange => self.splice((0, 1), None, moment, bytes, process),
            Op::Tee => self.tee(moment, bytes, process),
            Op::Map => self.map(moment, returned as u64, process),
            Op::Unmap => self.unmap(process.pid(), args[0], args[1]),
            Op::Remap => self.unmap(process.pid(), args[0], args[1]),
            Op::Close => {
                self.opens.remove(&moment.serials[0]);
            }
            Op::Pipe | Op::SocketPair => self.made(moment),
            Op::ProcessVm => {
                self.unexplained(op.moves(), bytes);
                self.note(
                    "process_vm: bytes copied between the memories of processes are in no flow",
                );
            }
            Op::QueueSend | Op::QueueReceive => {
                self.unexplained(op.moves(), bytes);
                self.note("message queue: bytes that go through a message queue are in no flow");
            }
            Op::AioSubmit => self.note("aio: bytes of asynchronous I/O (io_submit) are in no flow"),
            Op::AioEvents => calls::aio_completions(args[3], bytes, process)
                .into_iter()
                .for_each(|(op, bytes)| self.unexplained(op.moves(), bytes)),
            Op::Ioctl => self.note("FICLONE: blocks of files were shared; no byte was moved"),
            // What has no rule is counted.
            _ => self.unexplained(op.moves(), bytes),
        }
    }

    /// So many bytes moved, nobody knows from where or to where.
    fn unexplained(&mut self, moves: Moves, bytes: u64) {
        self.unexplained.read_bytes += if moves.reads { bytes } else { 0 };
        self.unexplained.written_bytes += if moves.writes { bytes } else { 0 };
    }

    fn made(&mut self, moment: &Moment) {
        let identity = |which| {
            moment
                .trace
                .descriptor(moment.call, which)
                .map(|d| d.identity)
        };
        if let (Some(first), Some(second)) = (identity(0), identity(1)) {
            self.pipes.made(first, second);
        }
    }

    /// The open descriptor that one of a call's arguments named.
    fn open(&mut self, moment: &Moment, which: usize, process: &dyn Process) -> Option<Open> {
        let serial = moment.serials[which];
        if let Some(open) = self.opens.get(&serial) {
            return Some(*open);
        }
        let descriptor = moment.trace.descriptor(moment.call, which)?;
        let addresses = match descriptor.kind {
            DescriptorKind::Tcp | DescriptorKind::Udp => process.addresses(descriptor.fd),
            _ => Addresses::default(),
        };
        let open = self.ends.open(descriptor, &addresses);
        if open.kind == DescriptorKind::Pipe && !self.pipes.is_known(open.identity) {
            let shown = ends::pipe_name(descriptor);
            let read = self.running.keys().any(|pid| process.reads(*pid, &shown));
            self.pipes.set_read(open.identity, read);
        }
        if self.opens.len() >= MOST_OPEN {
            self.opens.clear();
            self.by_descriptor.clear();
        }
        self.opens.insert(serial, open);
        self.by_descriptor
            .insert(moment.call.descriptors[which], open);
        Some(open)
    }

    fn queue_of_sink(&mut self, sink: &Open) -> Option<QueueId> {
        let queue = match sink.kind {
            DescriptorKind::Pipe => self.pipes.written_to(sink.identity, false),
            DescriptorKind::Unix => self.pipes.written_to(sink.identity, true),
            _ => None,
        }?;
        self.queue_ends.insert(queue, sink.sink);
        Some(queue)
    }

    fn queue_of_source(&self, source: &Open) -> Option<QueueId> {
        match source.kind {
            DescriptorKind::Pipe => self.pipes.read_from(source.identity, false),
            DescriptorKind::Unix => self.pipes.read_from(source.identity, true),
            _ => None,
        }
    }

    // Reading.

    fn read(
        &mut self,
        (op, shape): (Op, Shape),
        moment: &Moment,
        returned: u64,
        process: &dyn Process,
    ) {
        let args = &moment.call.args;
        let flags = op.message_flags(args);
        if flags & MSG_ERRQUEUE != 0 {
            return self.hear(moment, process);
        }
        if returned == 0 || flags & MSG_PEEK != 0 {
            return;
        }
        let Some(source) = self.open(moment, 0, process) else {
            self.unexplained.read_bytes += returned;
            return;
        };
        let of_messages = (shape == Shape::Messages).then_some(returned);
        let Some(mut ranges) = calls::ranges(shape, args, of_messages, process) else {
            self.unexplained.read_bytes += returned;
            return;
        };
        let is_thrown_away = flags & MSG_TRUNC != 0 && source.kind == DescriptorKind::Tcp;
        let mut bytes = returned;
        if shape == Shape::Messages {
            bytes = ranges.iter().map(|range| range.length).sum();
        } else {
            calls::cut(&mut ranges, returned);
            let held = ranges.iter().map(|range| range.length).sum();
            if !is_thrown_away {
                bytes = held; // a datagram's length, with MSG_TRUNC, may be more than came
            }
        }
        let mark = Mark::new(moment.number, moment.call.name);
        let chunks = self.take(&source, bytes, moment.number);
        match is_thrown_away {
            true => self.throw_away(chunks, &mark, process),
            false => self.arrive(&source, chunks, &ranges, &mark, process),
        }
    }

    /// Bytes out of a queue, or from an end of their own.
    fn take(&mut self, source: &Open, bytes: u64, by: u64) -> Vec<Chunk> {
        let mut chunks = match self.queue_of_source(source) {
            Some(queue) => self.pipes.take(queue, bytes),
            None => Vec::new(),
        };
        let known: u64 = chunks.iter().map(|chunk| chunk.length).sum();
        if known < bytes {
            chunks.push(Chunk {
                length: bytes - known,
                path: self.paths.start(source.source),
                token: None,
                by,
            });
        }
        chunks
    }

    /// Bytes that a read took from the socket and put nowhere (MSG_TRUNC).
    fn throw_away(&mut self, chunks: Vec<Chunk>, mark: &Rc<Mark>, process: &dyn Process) {
        let Some(running) = self.running.get(&process.pid()) else {
            return;
        };
        let memory = self.memories[running.program as usize];
        for chunk in chunks {
            let token = Token::after(chunk.token, mark);
            self.tally
                .add(&self.paths, chunk.path, memory, chunk.length, Some(&token));
        }
    }

    /// Bytes that a read brought to addresses.
    fn arrive(
        &mut self,
        source: &Open,
        chunks: Vec<Chunk>,
        ranges: &[Range],
        mark: &Rc<Mark>,
        process: &dyn Process,
    ) {
        let Some(running) = self.running.get(&process.pid()) else {
            return;
        };
        let (space, program) = (running.space, running.program);
        let memory = self.memories[program as usize];
        let step = match source.direct {
            true => hop(
                Place::Disk,
                Place::UserBuffer,
                How::Dma,
                Basis::Documented,
                Some(DIRECT),
            ),
            false => hop(
                source.place,
                Place::UserBuffer,
                How::CpuCopy,
                Basis::Observed,
                None,
            ),
        };
        let mut chunks = chunks.into_iter().map(|chunk| {
            let path = self.paths.then(chunk.path, Change::Hop(step));
            let path = self.paths.then(path, Change::Program(program));
            (chunk.length, path, Token::after(chunk.token, mark))
        });
        let mut placed = Vec::new();
        let mut chunk = chunks.next();
        for range in ranges {
            let (mut at, end) = (range.start, range.start + range.length);
            while at < end
                && let Some((left, path, token)) = &mut chunk
            {
                let length = (*left).min(end - at);
                placed.push((at, length, *path, Rc::clone(token)));
                at += length;
                *left -= length;
                if *left == 0 {
                    chunk = chunks.next();
                }
            }
        }
        drop(chunks);
        let mut likenesses = likenesses(&placed, process).into_iter();
        for (start, length, path, token) in placed {
            let likeness = likenesses.next().unwrap_or_default();
            self.place(space, (start, length), (path, token), likeness, memory);
        }
        self.take_kept();
    }

    fn place(
        &mut self,
        space: u32,
        (start, length): (u64, u64),
        (path, token): (PathId, Rc<Token>),
        likeness: Likeness,
        memory: ends::EndId,
    ) {
        let Some(space) = self.spaces.get_mut(&space) else {
            return;
        };
        let end = start + length;
        if let Some(mapping) = space.mapping(start, end).filter(|mapping| mapping.shared) {
            // Read into a mapped file: it is the file's.
            let file = mapping.file;
            self.tally
                .add(&self.paths, path, file, length, Some(&token));
            return;
        }
        let arrivals = &mut self.arrivals;
        let fingerprints = likeness.fingerprints();
        let id = arrivals.insert((path, token), (start, length), likeness, memory);
        let mut changed = |id: ArrivalId, by| arrivals.change(id, by);
        space.remember(start, end, id, &mut changed);
        space.recall(id, &fingerprints, &mut changed);
        changed(id, -1);
    }

    /// What was read and is nowhere any more was kept.
    fn take_kept(&mut self) {
        for kept in std::mem::take(&mut self.arrivals.kept) {
            let token = Some(&kept.token);
            self.tally
                .add(&self.paths, kept.path, kept.memory, kept.bytes, token);
        }
    }

    // Writing.

    fn begin_write(
        &mut self,
        moment: &Moment,
        process: &dyn Process,
        ranges: Option<Vec<Range>>,
        flags: u64,
        manner: Manner,
    ) {
        let (Some(ranges), Some(sink)) = (ranges, self.open(moment, 0, process)) else {
            return;
        };
        let mark = Mark::new(moment.number, moment.call.name);
        let zerocopy = flags & MSG_ZEROCOPY != 0 && sink.kind == DescriptorKind::Tcp;
        if let Some(pending) = self.pending_write(mark, sink, &ranges, process, manner) {
            let pending = Pending {
                zerocopy,
                ..pending
            };
            self.pending.insert(process.tid(), pending);
        }
    }

    /// What is about to be written, and what is known of it.
    fn pending_write(
        &mut self,
        mark: Rc<Mark>,
        sink: Open,
        ranges: &[Range],
        process: &dyn Process,
        manner: Manner,
    ) -> Option<Pending> {
        let running = self.running.get(&process.pid())?;
        let program = running.program;
        let space = self.spaces.get_mut(&running.space)?;
        let arrivals = &mut self.arrivals;
        let pieces = Scene {
            space,
            arrivals,
            process,
        }
        .pieces(ranges);
        let queue = self.queue_of_sink(&sink);
        if let Some(queue) = queue {
            for piece in &pieces {
                let (path, token) = self.way(piece, &sink, &mark, program, manner);
                self.enqueue(queue, piece.length, path, token, mark.number);
            }
        }
        Some(Pending {
            mark,
            program,
            manner,
            pieces,
            sink: Some(sink),
            queue,
            zerocopy: false,
        })
    }

    fn enqueue(&mut self, queue: QueueId, length: u64, path: PathId, token: Rc<Token>, by: u64) {
        let chunk = Chunk {
            length,
            path,
            token: Some(token),
            by,
        };
        let end = self.queue_ends.get(&queue).copied();
        for over in self.pipes.push(queue, chunk) {
            if let Some(end) = end {
                self.tally.add(
                    &self.paths,
                    over.path,
                    end,
                    over.length,
                    over.token.as_ref(),
                );
            }
        }
    }

    /// The way of a piece into a sink, and the calls that moved it there.
    fn way(
        &mut self,
        piece: &Piece,
        sink: &Open,
        mark: &Rc<Mark>,
        program: u32,
        manner: Manner,
    ) -> (PathId, Rc<Token>) {
        let mut from = Place::UserBuffer;
        let (path, before) = match &piece.from {
            join::From::Arrival(known) => {
                let path = self.paths.then(known.path, Change::Joined);
                (path, Some(Rc::clone(&known.token)))
            }
            join::From::Changed(known) => {
                let path = self.paths.then(known.path, Change::Changed);
                (path, Some(Rc::clone(&known.token)))
            }
            join::From::Copied(known) => {
                let place = Place::UserBuffer;
                let copy = hop(place, place, How::CpuCopy, Basis::Inferred, Some(OWN_COPY));
                let path = self.paths.then(known.path, Change::Hop(copy));
                (
                    self.paths.then(path, Change::Joined),
                    Some(Rc::clone(&known.token)),
                )
            }
            join::From::Mapped(file) => {
                from = Place::PageCache;
                let path = self.paths.start(*file);
                let place = Place::PageCache;
                let map = hop(
                    place,
                    Place::UserBuffer,
                    How::Mapping,
                    Basis::Observed,
                    None,
                );
                (self.paths.then(path, Change::Hop(map)), None)
            }
            join::From::Memory => (self.paths.start(self.memories[program as usize]), None),
        };
        let path = self.paths.then(path, Change::Program(program));
        let path = self.paths.then(path, Change::Hop(into(from, sink, manner)));
        (path, Token::after(before, mark))
    }

    /// A write has returned: so many of its bytes have gone.
    fn settle(&mut self, mut pending: Pending, written: u64) {
        if let Some(queue) = pending.queue {
            self.pipes.settle(queue, pending.mark.number, written);
        }
        let mut left = written;
        let mut gone = Vec::new();
        for mut piece in std::mem::take(&mut pending.pieces) {
            piece.length = piece.length.min(left);
            left -= piece.length;
            if let Some(known) = piece.from.known() {
                let arrival = self.arrivals.get(known.id);
                if piece.length > 0 && arrival.is_some_and(|read| read.length > sample::WHOLE) {
                    self.note(SAMPLED);
                }
                self.arrivals.deliver(known.id, piece.length);
                self.arrivals.change(known.id, -1);
            }
            if piece.length > 0 {
                gone.push(piece);
            }
        }
        self.take_kept();
        let Some(sink) = pending.sink.filter(|_| pending.queue.is_none()) else {
            return;
        };
        self.unexplained.written_bytes += left;
        if pending.zerocopy && written > 0 {
            let sends = self.zerocopy.entry(sink.identity).or_default();
            sends.waiting.insert(sends.next, (gone, pending));
            sends.next = sends.next.wrapping_add(1);
            if sends.waiting.len() > MOST_UNTOLD {
                self.finish_zerocopy();
            }
        } else {
            self.go(gone, &pending);
        }
    }

    /// Pieces have gone to their sink.
    fn go(&mut self, pieces: Vec<Piece>, pending: &Pending) {
        let Some(sink) = pending.sink else {
            return;
        };
        for piece in pieces {
            let (mark, program) = (&pending.mark, pending.program);
            let (path, token) = self.way(&piece, &sink, mark, program, pending.manner);
            self.tally
                .add(&self.paths, path, sink.sink, piece.length, Some(&token));
        }
    }

    /// What the kernel tells on a socket's error queue of sends with MSG_ZEROCOPY.
    fn hear(&mut self, moment: &Moment, process: &dyn Process) {
        let Some(socket) = self.open(moment, 0, process) else {
            return;
        };
        for (first, last, copied) in calls::zerocopy_reports(moment.call.args[1], process) {
            let Some(sends) = self.zerocopy.get_mut(&socket.identity) else {
                return;
            };
            let told: Vec<_> = sends.waiting.keys().copied().collect();
            let told = told
                .into_iter()
                .filter(|number| (first..=last).contains(number));
            let told: Vec<_> = told
                .filter_map(|number| sends.waiting.remove(&number))
                .collect();
            for (pieces, mut pending) in told {
                pending.manner = if copied {
                    Manner::Copied
                } else {
                    Manner::NotCopied
                };
                self.go(pieces, &pending);
            }
        }
    }

    // Between descriptors.

    /// A splice or sendfile into a queue whose reader may be faster than the report of its return.
    fn begin_splice(&mut self, op: Op, moment: &Moment, process: &dyn Process) {
        let (from, to) = if op == Op::Sendfile { (1, 0) } else { (0, 1) };
        let (Some(source), Some(sink)) = (
            self.open(moment, from, process),
            self.open(moment, to, process),
        ) else {
            return;
        };
        let Some(queue) = self.queue_of_sink(&sink) else {
            return;
        };
        if self.queue_of_source(&source).is_some() {
            return;
        }
        let asked = if op == Op::Sendfile {
            moment.call.args[3]
        } else {
            moment.call.args[4]
        };
        let mark = Mark::new(moment.number, moment.call.name);
        let path = self.paths.start(source.source);
        let path = self.through(path, &source, &sink, op, process.pid());
        let token = Token::after(None, &mark);
        self.enqueue(queue, asked, path, token, moment.number);
        let pending = Pending {
            mark,
            program: 0,
            manner: Manner::Copy,
            pieces: Vec::new(),
            sink: None,
            queue: Some(queue),
            zerocopy: false,
        };
        self.pending.insert(process.tid(), pending);
    }

    fn splice(
        &mut self,
        (from, to): (usize, usize),
        pending: Option<Pending>,
        moment: &Moment,
        bytes: u64,
        process: &dyn Process,
    ) {
        if let Some(pending) = pending {
            return self.settle(pending, bytes);
        }
        if bytes == 0 {
            return;
        }
        let (Some(source), Some(sink)) = (
            self.open(moment, from, process),
            self.open(moment, to, process),
        ) else {
            self.unexplained.read_bytes += bytes;
            self.unexplained.written_bytes += bytes;
            return;
        };
        let chunks = self.take(&source, bytes, moment.number);
        let mark = Mark::new(moment.number, moment.call.name);
        let op = self.ops.of(moment.trace, moment.call);
        self.pass_on(chunks, (&source, &sink), op, &mark, process);
    }

    fn tee(&mut self, moment: &Moment, bytes: u64, process: &dyn Process) {
        let (Some(source), Some(sink)) =
            (self.open(moment, 0, process), self.open(moment, 1, process))
        else {
            return self.unexplained(Op::Tee.moves(), bytes);
        };
        let chunks = match self.queue_of_source(&source) {
            Some(queue) => self.pipes.look(queue, bytes),
            None => vec![Chunk {
                length: bytes,
                path: self.paths.start(source.source),
                token: None,
                by: moment.number,
            }],
        };
        let mark = Mark::new(moment.number, moment.call.name);
        self.pass_on(chunks, (&source, &sink), Op::Tee, &mark, process);
    }

    fn pass_on(
        &mut self,
        chunks: Vec<Chunk>,
        (source, sink): (&Open, &Open),
        op: Op,
        mark: &Rc<Mark>,
        process: &dyn Process,
    ) {
        let queue = self.queue_of_sink(sink);
        for chunk in chunks {
            let path = self.through(chunk.path, source, sink, op, process.pid());
            let token = Token::after(chunk.token, mark);
            match queue {
                Some(queue) => {
                    self.enqueue(queue, chunk.length, path, token, mark.number);
                    self.pipes.settle(queue, mark.number, u64::MAX);
                }
                None => self
                    .tally
                    .add(&self.paths, path, sink.sink, chunk.length, Some(&token)),
            }
        }
    }

    /// The way on, from descriptor to descriptor.
    fn through(&mut self, path: PathId, source: &Open, sink: &Open, op: Op, pid: i32) -> PathId {
        use Place::{Device, PageCache, Pipe};
        let (how, why) = match (op, source.place, sink.place) {
            _ if sink.discards => (How::Reference, DISCARDED),
            (Op::CopyRange, ..) => (How::CpuCopy, COPY_RANGE_SOURCE),
            (_, Device, _) | (_, _, Device) => (How::CpuCopy, SPLICE_FILE_SOURCE),
            (Op::Sendfile, _, PageCache) => (How::CpuCopy, SENDFILE_SOURCE),
            (Op::Sendfile, ..) => (How::Reference, SENDFILE_SOURCE),
            (Op::Tee, ..) => (How::Reference, TEE_SOURCE),
            (_, _, PageCache) => (How::CpuCopy, SPLICE_FILE_SOURCE),
            (_, _, Pipe) => (How::Reference, SPLICE_IN_SOURCE),
            _ => (How::Reference, SPLICE_OUT_SOURCE),
        };
        let step = hop(source.place, sink.place, how, Basis::Documented, Some(why));
        let program = self.running.get(&pid).map_or(0, |running| running.program);
        let path = self.paths.then(path, Change::Program(program));
        self.paths.then(path, Change::Hop(step))
    }

    // Memory.

    fn map(&mut self, moment: &Moment, start: u64, process: &dyn Process) {
        let [_, length, protection, flags, ..] = moment.call.args;
        let end = start.saturating_add(length);
        self.unmap(process.pid(), start, length);
        let Some(open) = self.open(moment, 0, process) else {
            return;
        };
        if open.place != Place::PageCache {
            return;
        }
        let writable = protection & PROT_WRITE != 0;
        let shared = writable && flags & MAP_SHARED != 0;
        let mapping = Mapping {
            start,
            end,
            file: open.source,
            shared,
            own: writable && !shared,
        };
        if shared {
            self.note(
                "MAP_SHARED: what a program stores in a mapped file by itself is seen by no call",
            );
        }
        if let Some(running) = self.running.get(&process.pid())
            && let Some(space) = self.spaces.get_mut(&running.space)
        {
            space.mappings.push(mapping);
        }
    }

    fn unmap(&mut self, pid: i32, start: u64, length: u64) {
        let end = start.saturating_add(length);
        if let Some(running) = self.running.get(&pid)
            && let Some(space) = self.spaces.get_mut(&running.space)
        {
            space.unmap(start, end);
            let arrivals = &mut self.arrivals;
            space.forget(start, end, &mut |id, by| arrivals.change(id, by));
        }
        self.take_kept();
    }

    fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    /// The flows so far. What was read and may still be written on is in none.
    pub fn report(&self, names: &[String]) -> Report {
        let tally = &self.tally;
        let (flows, flow_of) = tally.report(&self.paths, &self.ends, &self.programs, names);
        let mut notes = self.notes.clone();
        if self.ends.crowded {
            notes.push(
                "ends: there were so many that the later ones have no names of their own"
                    .to_owned(),
            );
        }
        Report {
            flows,
            flow_of,
            unexplained: self.unexplained,
            notes,
        }
    }

    /// Nothing more will happen: what was read and not written on was kept, and what stands in pipes stays there.
    pub fn finish(&mut self) {
        let threads: Vec<_> = self.pending.keys().copied().collect();
        for tid in threads {
            self.ended(tid, 0, false);
        }
        for (_, running) in std::mem::take(&mut self.running) {
            self.leave_space(running.space);
        }
        for (queue, chunk) in self.pipes.left() {
            if let Some(end) = self.queue_ends.get(&queue) {
                let token = chunk.token.as_ref();
                self.tally
                    .add(&self.paths, chunk.path, *end, chunk.length, token);
            }
        }
        self.finish_zerocopy();
    }

    fn finish_zerocopy(&mut self) {
        let sends = self.zerocopy.values_mut();
        let waiting = sends.flat_map(|sends| std::mem::take(&mut sends.waiting).into_values());
        let waiting: Vec<_> = waiting.collect();
        for (pieces, mut pending) in waiting {
            pending.manner = Manner::NotCopied;
            self.note("MSG_ZEROCOPY: of some sends the program did not ask what became of them; they count as not copied");
            self.go(pieces, &pending);
        }
    }
}

/// Said where a large read was written on.
const SAMPLED: &str = "samples: of reads of more than 256 KiB six places were compared, so a change between them is not seen";
/// Said of calls of another table than the machine's own.
const NARROW: &str =
    "32-bit: calls of 32-bit programs (and of x32) are not decoded; what they move is unexplained";
/// Why O_DIRECT spares a copy.
const DIRECT: &str = "open(2), O_DIRECT: I/O goes to and from the program's buffers";
/// Why it is thought that a program copied bytes itself.
const OWN_COPY: &str = "the same bytes were read to another address";
/// Why nothing is copied to /dev/null.
const DISCARDED: &str = "null(4): data written is discarded";

fn hop(from: Place, to: Place, how: How, basis: Basis, source: Option<&'static str>) -> Step {
    Step {
        from,
        to,
        how,
        basis,
        source,
    }
}

/// The hop of a write.
fn into(from: Place, sink: &Open, manner: Manner) -> Step {
    let documented = |to, how, why| hop(from, to, how, Basis::Documented, Some(why));
    let reported = |how, why| hop(from, sink.place, how, Basis::Reported, Some(why));
    match manner {
        _ if sink.discards => documented(sink.place, How::Reference, DISCARDED),
        Manner::Pages => documented(sink.place, How::Reference, VMSPLICE_SOURCE),
        Manner::NotCopied => reported(How::Reference, NOT_COPIED_SOURCE),
        Manner::Copied => reported(How::CpuCopy, COPIED_SOURCE),
        Manner::Copy if sink.direct => documented(Place::Disk, How::Dma, DIRECT),
        Manner::Copy => hop(from, sink.place, How::CpuCopy, Basis::Observed, None),
    }
}

/// How many bytes the first messages of sendmmsg(2) held.
fn sent(pending: &Pending, at: u64, messages: u64, process: &dyn Process) -> u64 {
    let all: u64 = pending.pieces.iter().map(|piece| piece.length).sum();
    let args = [0, at, messages, 0, 0, 0];
    let ranges = calls::ranges(Shape::Messages, &args, Some(messages), process);
    ranges.map_or(all, |ranges| ranges.iter().map(|range| range.length).sum())
}

/// What is to be remembered of the bytes that were placed at each range.
fn likenesses(placed: &[(u64, u64, PathId, Rc<Token>)], process: &dyn Process) -> Vec<Likeness> {
    let of = |(start, length, ..): &(u64, u64, PathId, Rc<Token>)| {
        if *length > sample::WHOLE {
            return Likeness::sampled(samples(*start, *length, process));
        }
        let mut buffer = vec![0; *length as usize];
        match process.read_places(&[(*start, buffer.len())], &mut buffer) {
            true => Likeness::whole(&buffer),
            false => Likeness::default(),
        }
    };
    placed.iter().map(of).collect()
}

/// Samples of what was placed at a range.
fn samples(start: u64, length: u64, process: &dyn Process) -> Vec<Sample> {
    let mut offsets = Vec::new();
    sample::offsets(length, &mut offsets);
    let size = length.min(sample::LENGTH as u64) as usize;
    let place = |offset: &u32| (start + u64::from(*offset), size);
    let places: Vec<_> = offsets.iter().map(place).collect();
    let mut buffer = [0; sample::MOST * sample::LENGTH];
    if !process.read_places(&places, &mut buffer) {
        return Vec::new();
    }
    let seen = offsets.iter().zip(buffer.chunks(size));
    seen.map(|(offset, here)| Sample::of(*offset, here))
        .collect()
}
