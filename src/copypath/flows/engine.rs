//! All that is known of where bytes went, and what each event changes of it.

use std::{collections::BTreeMap, rc::Rc};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    connections::Sockets,
    ends::{self, EndId, Ends, OpenFile},
    extents::ReadExtents,
    hazards::Hazards,
    memory::{self, TraceeMemory},
    path::{PathId, Paths},
    pending::{Pending, Unreported},
    pipes::{Chunk, Message, Pipes},
    queues::QueueId,
    refused::Refused,
    space::{ObjectId, Space},
    storage::Storage,
    tally::{Known, MovingCall, Provenance, Tally},
};
use crate::copypath::rule;
use crate::model::{
    Addresses, DescriptorKind, Flow, Hazard, NO_FLOW, SharedCalls, StorageUse, SyscallEvent, Trace,
    Unexplained, ZeroCopySends,
};
use crate::syscall::{Class, Moves, Op, Ops, Shape};

/// So many open descriptors are remembered; they are looked up again when that is too few.
const MOST_OPEN: usize = 1 << 16;

/// Said of calls of another table than the machine's own.
const COMPAT: &str =
    "32-bit: calls of 32-bit programs (and of x32) are not decoded; what they move is unexplained";
const CROWDED: &str = "ends: there were so many that the later ones have no names of their own";
/// Said where datagrams go from one traced program to another.
const DATAGRAMS: &str = "udp: what one traced program sends to another by UDP is two flows, to the socket and from it: a datagram may be lost on the way, so they are not joined";

pub(super) struct Running {
    pub space: u32,
    pub program: u32,
}

/// All that is known of where bytes went.
#[derive(Default)]
pub struct Flows {
    pub(super) ends: Ends,
    pub(super) paths: Paths,
    pub(super) tally: Tally,
    pub(super) pipes: Pipes,
    pub(super) sockets: Sockets,
    pub(super) extents: ReadExtents,
    pub(super) spaces: FxHashMap<u32, Space>,
    pub(super) next_space: u32,
    /// Memory that several processes may map, as spaces whose addresses are offsets.
    pub(super) objects: FxHashMap<ObjectId, Space>,
    pub(super) running: FxHashMap<i32, Running>,
    /// Calls that have begun to move bytes, by thread.
    pub(super) pending: FxHashMap<i32, Pending>,
    /// Open files by the generation of their descriptor.
    opens: FxHashMap<u32, OpenFile>,
    /// Of files: bytes in shared blocks, as they were last counted.
    pub(super) shared: FxHashMap<u64, u64>,
    /// Fast calls that were refused.
    pub(super) refused: Vec<Refused>,
    /// Sockets that were looked up once more, by generation.
    pub(super) asked_again: FxHashSet<u32>,
    /// The same by descriptor, for requests in rings: the last one that was looked up.
    pub(super) by_descriptor: FxHashMap<u32, OpenFile>,
    /// Writes that rings were asked for, by the request's number.
    pub(super) asked: FxHashMap<u64, Pending>,
    /// The request that a call is handing over.
    pub(super) entering: Option<u64>,
    /// The memory that requests name by a structure of addresses, by the request's number.
    pub(super) named: FxHashMap<u64, Vec<memory::Range>>,
    /// The calls that have moved bytes of requests, by number.
    pub(super) showing: FxHashMap<u64, Rc<MovingCall>>,
    ops: Ops,
    pub(super) programs: Vec<String>,
    /// The memory of each program.
    pub(super) memories: Vec<EndId>,
    pub(super) unreported: Unreported,
    pub(super) hazards: Hazards,
    pub(super) storage: Storage,
    /// Zero-copy sends, by the end that they went to.
    pub(super) zero_copy: BTreeMap<EndId, ZeroCopySends>,
    /// By the file: how many bytes had gone to it when none of its pages was dirty.
    pub(super) cleaned: FxHashMap<EndId, u64>,
    /// The end that a queue is, for what nobody reads from it.
    queue_ends: FxHashMap<QueueId, EndId>,
    pub(super) unexplained: Unexplained,
    notes: Vec<String>,
    /// What a sendfile(2) is on this kernel.
    sendfile: Option<rule::Report>,
}

/// The flows so far.
pub struct Report {
    /// The largest first.
    pub flows: Vec<Flow>,
    /// For each call that is kept, the last flow of which it moved bytes.
    pub flow_of: Vec<u32>,
    /// The others, of calls that moved bytes of several: call and flow, in order.
    pub also_of: Vec<(u32, u32)>,
    /// Calls that moved bytes of several flows.
    pub shared_calls: Vec<SharedCalls>,
    /// Bytes of which it cannot be seen how they went.
    pub unexplained: Unexplained,
    /// What must be known to read this rightly.
    pub notes: Vec<String>,
    /// Bytes that were changed while the kernel still referred to them.
    pub hazards: Vec<Hazard>,
    /// What programs did with storage.
    pub storage: Vec<StorageUse>,
    /// Zero-copy sends, by socket.
    pub zero_copy: Vec<ZeroCopySends>,
}

impl Flows {
    /// Of calls that this kernel makes (`Linux 6.18.44`).
    pub fn on(kernel: &str) -> Flows {
        Flows {
            sendfile: Some(rule::Report::of_sendfile(kernel)),
            ..Flows::default()
        }
    }

    /// What is known of a call between descriptors beside its result, if it is not asked of the files.
    pub(super) fn report_of(&self, op: Op) -> rule::Report {
        let sendfile = self.sendfile.filter(|_| op == Op::Sendfile);
        sendfile.unwrap_or(rule::Report::None)
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
    pub fn entered(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        let op = self.ops.of(event.trace, event.call);
        match op {
            Op::Write(shape) | Op::Send(shape) => self.begin_write((op, shape), event, tracee),
            Op::Vmsplice if !self.takes_out(event, tracee) => {
                self.begin_write((op, Shape::Vector), event, tracee);
            }
            Op::Splice | Op::Sendfile => self.begin_splice(op, event, tracee),
            Op::Compat(_) | Op::Socketcall => self.note(COMPAT),
            Op::QueueSend(queue) => self.begin_message(queue, event, tracee),
            Op::Address if event.trace.name(event.call) == "connect" => {
                self.sockets.connecting.insert(tracee.tid());
            }
            Op::Unmap | Op::Sync | Op::Exec => self.begin_settling(op, event, tracee),
            Op::Exit => {
                self.begin_settling(op, event, tracee);
                self.end_storage(tracee);
            }
            _ => {}
        }
    }

    /// A call has returned.
    pub fn left(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        let pending = self.pending.remove(&tracee.tid());
        if self.ops.of(event.trace, event.call) == Op::Address {
            return self.addressed(event, tracee);
        }
        let Some(returned) = event.call.returned() else {
            if let Some(pending) = pending {
                self.settle(pending, 0);
            }
            let op = self.ops.of(event.trace, event.call);
            return self.failed(op, event, tracee);
        };
        let args = &event.call.args;
        let op = match self.ops.of(event.trace, event.call) {
            Op::Socketcall => Op::of_socketcall(args[0]),
            op => op,
        };
        let bytes = op.moved(args, returned);
        match (op, pending) {
            (Op::Send(Shape::Messages), pending) => {
                let bytes = memory::of_messages(args[1], bytes, tracee);
                match pending {
                    Some(pending) => self.sent(pending, bytes, event, tracee),
                    None => self.unexplained.written_bytes += bytes,
                }
            }
            (Op::Send(_), Some(pending)) => self.sent(pending, bytes, event, tracee),
            (_, Some(pending)) => self.settle(pending, bytes),
            (Op::Rename, None) => self.renamed(event, tracee),
            (Op::Accept, None) => self.accepted(event, tracee),
            (Op::Read(shape) | Op::Recv(shape), None) => {
                self.read((op, shape), event, bytes, tracee);
            }
            (Op::Vmsplice, None) if self.takes_out(event, tracee) => {
                self.read((op, Shape::Vector), event, bytes, tracee);
            }
            (Op::Sendfile | Op::Splice | Op::CopyRange | Op::Tee, None) => {
                self.splice(op, event, bytes, tracee);
            }
            (Op::GetOption, None) => self.receive_mapped(event, tracee),
            (Op::QueueReceive(queue), None) => {
                self.received_message(queue, event, bytes, tracee);
            }
            (Op::ProcessVm, None) => self.copy_memory(event, bytes, tracee),
            (Op::Ioctl, None) => self.clone_blocks(event, tracee),
            (op, None) if op.class() == Class::Memory => {
                self.remapped(op, event, returned as u64, tracee);
            }
            (Op::Close, None) => {
                self.opens.remove(&event.generations[0]);
                self.asked_again.remove(&event.generations[0]);
            }
            (Op::Pipe | Op::SocketPair, None) => self.made(event),
            // It cannot be seen from where to where.
            _ => self.unexplained(op.moves(), bytes),
        }
    }

    fn sent(
        &mut self,
        mut pending: Pending,
        bytes: u64,
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) {
        let op = self.ops.of(event.trace, event.call);
        self.count_ignored(&pending, op, &event.call.args, bytes);
        self.with_own_port(&mut pending, event, tracee);
        self.settle(pending, bytes);
    }

    /// So many bytes moved, nobody knows from where or to where.
    pub(super) fn unexplained(&mut self, moves: Moves, bytes: u64) {
        self.unexplained.read_bytes += if moves.reads { bytes } else { 0 };
        self.unexplained.written_bytes += if moves.writes { bytes } else { 0 };
    }

    fn made(&mut self, event: &SyscallEvent) {
        let identity = |which| Some(event.trace.descriptor(event.call, which)?.identity);
        if let (Some(first), Some(second)) = (identity(0), identity(1)) {
            self.pipes.made(first, second);
        }
    }

    /// Whether a vmsplice takes bytes out of a pipe: its descriptor is the end to read from.
    fn takes_out(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) -> bool {
        let pipe = self.open(event, 0, tracee);
        pipe.is_some_and(|pipe| pipe.is_read_end)
    }

    /// What a generation is has to be looked up once more.
    pub(super) fn forget(&mut self, generation: u32) {
        self.opens.remove(&generation);
    }

    /// The open file that one of a call's arguments named.
    pub(super) fn open(
        &mut self,
        event: &SyscallEvent,
        which: usize,
        tracee: &dyn TraceeMemory,
    ) -> Option<OpenFile> {
        let generation = event.generations[which];
        if let Some(open) = self.opens.get(&generation) {
            return Some(*open);
        }
        let index = event.call.descriptors[which];
        let open = self.look_up(event.trace, index, tracee)?;
        if self.opens.len() >= MOST_OPEN {
            self.opens.clear();
            self.by_descriptor.clear();
        }
        self.opens.insert(generation, open);
        self.by_descriptor.insert(index, open);
        Some(open)
    }

    /// What a descriptor of the trace is.
    pub(super) fn look_up(
        &mut self,
        trace: &Trace,
        index: u32,
        tracee: &dyn TraceeMemory,
    ) -> Option<OpenFile> {
        let descriptor = trace.descriptors.get(index as usize)?;
        let addresses = match descriptor.kind {
            DescriptorKind::Tcp | DescriptorKind::Udp => tracee.addresses(descriptor),
            _ => Addresses::default(),
        };
        let mut open = self.ends.open(descriptor, &addresses);
        open.is_read_end = open.kind == DescriptorKind::Pipe && tracee.is_read_only(descriptor.fd);
        open.is_packets = match open.kind {
            DescriptorKind::Pipe => tracee.carries_messages(descriptor.fd),
            kind => kind == DescriptorKind::Udp || open.traits.has_boundaries(),
        };
        if open.kind == DescriptorKind::Pipe && !self.pipes.carries.contains_key(&open.identity) {
            let shown = ends::pipe_name(descriptor);
            let read = self.running.keys().any(|pid| tracee.reads(*pid, &shown));
            self.pipes.carries.insert(open.identity, read);
        }
        open.owner = tracee.pid();
        self.met(&mut open, &descriptor.name, tracee);
        Some(open)
    }

    pub(super) fn queue_of_sink(&mut self, sink: &OpenFile) -> Option<QueueId> {
        let to_pipe = self.pipes.written_to(sink);
        let queue = to_pipe.or_else(|| self.sockets.written_to(sink))?;
        self.queue_ends.insert(queue, sink.sink);
        Some(queue)
    }

    pub(super) fn queue_of_source(&self, source: &OpenFile) -> Option<QueueId> {
        let from_socket = || self.sockets.read_from(source);
        self.pipes.read_from(source).or_else(from_socket)
    }

    /// Puts bytes in a queue, by the call that has this number; with `message` as a part of that one.
    pub(super) fn enqueue(
        &mut self,
        queue: QueueId,
        (length, message): (u64, Option<Message>),
        (path, provenance): (PathId, Option<Rc<Provenance>>),
        by: u64,
    ) {
        let chunk = Chunk {
            length,
            path,
            provenance,
            by,
            message,
        };
        for over in self.pipes.push(queue, chunk) {
            self.stays(queue, &over);
        }
    }

    /// What nobody has read from a queue that is read.
    pub(super) fn stays(&mut self, queue: QueueId, chunk: &Chunk) {
        if let Some(end) = self.queue_ends.get(&queue)
            && self.paths.get(chunk.path).origin != *end
        {
            self.add(chunk.path, *end, chunk.length, chunk.provenance.as_ref());
        }
    }

    /// So many bytes arrived at an end.
    pub(super) fn add(
        &mut self,
        path: PathId,
        end: EndId,
        bytes: u64,
        provenance: Option<&Rc<Provenance>>,
    ) {
        self.tally.add(&self.paths, path, end, bytes, provenance);
    }

    pub(super) fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    /// The flows so far, and those of the calls from this place on. What was read and may still be written on is in
    /// none.
    pub fn report(&self, names: &[String], first_call: usize) -> Report {
        let flow_of = self.tally.flow_of.get(first_call..).unwrap_or_default();
        self.report_with(flow_of.to_vec(), first_call, names)
    }

    fn report_with(&self, mut flow_of: Vec<u32>, first_call: usize, names: &[String]) -> Report {
        let tally = &self.tally;
        let (flows, places) = tally.report(&Known {
            paths: &self.paths,
            ends: &self.ends,
            programs: &self.programs,
            names,
            refused: &self.refused,
        });
        for flow in &mut flow_of {
            *flow = places.get(*flow as usize).copied().unwrap_or(NO_FLOW);
        }
        let first = tally.dropped + first_call as u64;
        let also_of = tally.also_of.iter().filter_map(|(number, flow)| {
            let call = u32::try_from(number.checked_sub(first)?).ok()?;
            Some((call, *places.get(*flow as usize)?))
        });
        let mut also_of: Vec<(u32, u32)> = also_of.collect();
        also_of.sort_unstable();
        let mut notes = self.notes.clone();
        notes.extend(self.storage.note());
        notes.extend(self.ends.crowded.then(|| CROWDED.to_owned()));
        notes.extend(ends::carry_datagrams(&flows).then(|| DATAGRAMS.to_owned()));
        Report {
            shared_calls: tally.shared_calls(&places, names),
            flows,
            flow_of,
            also_of,
            unexplained: self.unexplained,
            hazards: self.hazards.report(names),
            storage: self.storage.report(&self.programs),
            zero_copy: self.zero_copy.values().cloned().collect(),
            notes,
        }
    }

    /// Nothing more will happen: what was read and not written on was kept, what stands in pipes stays there, and what
    /// the kernel has not reported will not be known. The flows, and those of all calls that are kept.
    pub fn finish(mut self, names: &[String]) -> Report {
        let threads: Vec<_> = self.pending.keys().copied().collect();
        for tid in threads {
            self.ended(tid, 0, false);
        }
        for (_, running) in std::mem::take(&mut self.running) {
            self.leave_space(running.space);
        }
        for object in std::mem::take(&mut self.objects).into_values() {
            object.held().for_each(|id| self.extents.change(id, -1));
        }
        self.take_kept();
        for (queue, chunk) in self.pipes.take_all() {
            self.stays(queue, &chunk);
        }
        self.give_up_reports();
        // There may be millions of calls: no copy of these.
        let flow_of = std::mem::take(&mut self.tally.flow_of);
        self.report_with(flow_of, 0, names)
    }
}
