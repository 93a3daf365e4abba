//! Reading: bytes from an end, or out of a queue, to addresses.

use std::rc::Rc;

use super::{
    ends::{EndId, OpenFile},
    engine::Flows,
    extents::{ExtentKind, ReadExtent, ReadExtents},
    fingerprint::{self, Fingerprint},
    memory::{self, Range, TraceeMemory},
    path::{Change, PathId},
    pipes::Chunk,
    space::{ExtentId, Space},
    tally::{MovingCall, Provenance},
};
use crate::copypath::rule::{self, Medium, Report};
use crate::model::{DescriptorKind, EndKind, SyscallEvent};
use crate::syscall::{MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, Op, Shape};

/// The length of a read that is small; a smaller one has no sample.
const SMALL: std::ops::Range<u64> = fingerprint::LENGTH as u64..512;

/// Bytes of one path that a read has put at consecutive addresses.
struct Placed {
    start: u64,
    length: u64,
    path: PathId,
    provenance: Rc<Provenance>,
}

impl Flows {
    pub(super) fn read(
        &mut self,
        (op, shape): (Op, Shape),
        event: &SyscallEvent,
        returned: u64,
        tracee: &dyn TraceeMemory,
    ) {
        let args = &event.call.args;
        let flags = op.message_flags(args);
        let source = self.open(event, 0, tracee);
        if returned == 0 && flags & MSG_ERRQUEUE == 0 {
            if let Some(source) = source {
                self.ends.read_to_end(source.source);
            }
            return;
        }
        let of_messages = (shape == Shape::Messages).then_some(returned);
        let messages = memory::messages(shape, args, of_messages, tracee);
        let (Some(source), Some(mut messages)) = (source, messages) else {
            self.unexplained.read_bytes += returned;
            return self.came_unseen(tracee.pid());
        };
        if shape != Shape::Messages {
            // A datagram's length, with MSG_TRUNC, may be more than came.
            memory::cut(&mut messages[0], returned);
        }
        let source = self.with_peer(source, op, (args, returned), tracee);
        if args[0] != 0 {
            self.captured(&source, returned);
        }
        let call = MovingCall::of(event);
        let how = (&call, event.number);
        self.take_in(
            (op, flags),
            (&source, args[1]),
            messages,
            returned,
            how,
            tracee,
        );
    }

    /// Bytes are about to be taken out of a pipe by another descriptor than the standard input.
    fn captured(&mut self, source: &OpenFile, bytes: u64) {
        let Some(queue) = self.pipes.read_from(source) else {
            return;
        };
        for chunk in self.pipes.look(queue, bytes) {
            self.ends.captured(self.paths.get(chunk.path).origin);
        }
    }

    /// Bytes that have come to the memory of messages, by a call or a request that has these `MSG_` flags and names this
    /// address. What it has put in a queue is known by the number beside the call.
    pub(super) fn take_in(
        &mut self,
        (op, flags): (Op, u64),
        (source, address): (&OpenFile, u64),
        messages: Vec<Vec<Range>>,
        returned: u64,
        (call, by): (&Rc<MovingCall>, u64),
        tracee: &dyn TraceeMemory,
    ) {
        if flags & MSG_ERRQUEUE != 0 {
            return self.read_reports((source, address), call, tracee);
        }
        if flags & MSG_TRUNC != 0 && source.kind == DescriptorKind::Tcp {
            let chunks = self.take(op, source, returned, by);
            return self.throw_away(chunks, source, call, tracee);
        }
        let is_peeked = flags & MSG_PEEK != 0;
        let chunks = messages.iter().flat_map(|message| {
            let bytes = memory::total(message);
            match is_peeked {
                // They still stand there: they begin at the socket.
                true => self.filled(Vec::new(), source, bytes, by),
                false => self.take(op, source, bytes, by),
            }
        });
        let chunks = chunks.collect();
        let peeked = is_peeked.then_some(source.identity);
        self.bring(
            (op, source),
            chunks,
            &messages.concat(),
            call,
            peeked,
            tracee,
        );
    }

    /// Bytes out of a queue (which tee leaves there), or from an end of their own.
    pub(super) fn take(&mut self, op: Op, source: &OpenFile, bytes: u64, by: u64) -> Vec<Chunk> {
        let chunks = match (self.queue_of_source(source), op) {
            (Some(queue), Op::Tee) => self.pipes.look(queue, bytes),
            (Some(queue), Op::Read(_) | Op::Recv(_) | Op::QueueReceive(_)) => {
                let chosen_by = source.chosen_by;
                let (chunks, gone) = self.pipes.take_message(queue, bytes, chosen_by);
                gone.iter().for_each(|chunk| self.stays(queue, chunk));
                chunks
            }
            (Some(queue), _) => self.pipes.take(queue, bytes),
            (None, _) => Vec::new(),
        };
        if self.sockets.is_own(source) {
            // What a process sends to itself ends at the socket, and begins there. A zero-copy send is counted when the
            // kernel reports it: what keeps its place in the queue begins at the socket, too.
            for chunk in chunks {
                if self.paths.get(chunk.path).origin != source.source {
                    self.add(
                        chunk.path,
                        source.source,
                        chunk.length,
                        chunk.provenance.as_ref(),
                    );
                }
            }
            return self.filled(Vec::new(), source, bytes, by);
        }
        self.filled(chunks, source, bytes, by)
    }

    /// What is not known to have stood in a queue begins at the end that was read from.
    pub(super) fn filled(
        &mut self,
        mut chunks: Vec<Chunk>,
        source: &OpenFile,
        bytes: u64,
        by: u64,
    ) -> Vec<Chunk> {
        let known: u64 = chunks.iter().map(|chunk| chunk.length).sum();
        if known < bytes {
            chunks.push(Chunk {
                length: bytes - known,
                path: self.paths.start(source.source),
                provenance: None,
                by,
                message: None,
            });
        }
        chunks
    }

    /// Bytes that a read took from the socket and put nowhere (MSG_TRUNC). Those that were peeked at and written on have
    /// been counted.
    fn throw_away(
        &mut self,
        chunks: Vec<Chunk>,
        source: &OpenFile,
        call: &Rc<MovingCall>,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(running) = self.running.get(&tracee.pid()) else {
            return;
        };
        let memory = self.memories[running.program as usize];
        let counted = self.extents.peeked.entry(source.identity).or_default();
        let mut counted = std::mem::take(counted);
        for chunk in chunks {
            let provenance = Provenance::after(chunk.provenance, call);
            let again = counted.min(chunk.length);
            counted -= again;
            self.add(chunk.path, memory, chunk.length - again, Some(&provenance));
            // What was written on began at the socket: whoever sent it, it ends there.
            if self.paths.get(chunk.path).origin != source.source {
                self.add(chunk.path, source.source, again, Some(&provenance));
            }
        }
    }

    /// Bytes that a read brought to addresses. `peeked`: they still stand in this socket.
    pub(super) fn bring(
        &mut self,
        (op, source): (Op, &OpenFile),
        chunks: Vec<Chunk>,
        ranges: &[Range],
        call: &Rc<MovingCall>,
        peeked: Option<u64>,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(step) = rule::step(op, source.medium, Medium::Buffer, Report::None) else {
            self.unexplained.read_bytes += chunks.iter().map(|chunk| chunk.length).sum::<u64>();
            return;
        };
        let chunks = chunks.into_iter().map(|chunk| Chunk {
            path: self.paths.then(chunk.path, Change::Hop(step)),
            ..chunk
        });
        let chunks = chunks.collect();
        self.lay_out(chunks, ranges, call, peeked, tracee);
    }

    /// Bytes that a call brought to addresses, by whatever hop.
    pub(super) fn lay_out(
        &mut self,
        chunks: Vec<Chunk>,
        ranges: &[Range],
        call: &Rc<MovingCall>,
        peeked: Option<u64>,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(running) = self.running.get(&tracee.pid()) else {
            return;
        };
        let (space, program) = (running.space, running.program);
        let chunks = chunks.into_iter().map(|chunk| {
            let path = self.paths.then(chunk.path, Change::Program(program));
            let provenance = Provenance::after(chunk.provenance, call);
            (chunk.length, path, provenance)
        });
        for placed in spread(chunks, ranges) {
            let fingerprint = Fingerprint::of(placed.start, placed.length, tracee);
            if !self.hazards.is_empty() && peeked.is_none() {
                let (start, length) = (placed.start, placed.length);
                self.hazards
                    .overwritten(space, &(start..start + length), call);
                if let Some(before) = &placed.provenance.before {
                    self.loan_arrives(before, (start, length), call, tracee);
                }
            }
            let memory = self.memories[program as usize];
            self.place(space, placed, fingerprint, (memory, peeked));
        }
        self.take_kept();
    }

    fn place(
        &mut self,
        space: u32,
        placed: Placed,
        print: Fingerprint,
        (memory, peeked): (EndId, Option<u64>),
    ) {
        let origin = self.ends.get(self.paths.get(placed.path).origin).kind;
        let Some(space) = self.spaces.get_mut(&space) else {
            return;
        };
        let Placed {
            start,
            length,
            path,
            provenance,
        } = placed;
        if length < fingerprint::LENGTH as u64 && !matches!(origin, EndKind::Device | EndKind::Tty)
        {
            space.crumbs += length;
            space.all_crumbs += length;
        }
        let end = start + length;
        let mapping = space.mapping(start..end);
        let object = mapping.and_then(|mapping| Some((mapping.object?, mapping)));
        let memory = match (mapping, object) {
            (Some(mapping), None) if mapping.shared => {
                // Read into a mapped file: it is the file's.
                let file = mapping.file.unwrap_or(memory);
                return self.add(path, file, length, Some(&provenance));
            }
            (_, Some((_, mapping))) => mapping.file.unwrap_or(memory),
            _ => memory,
        };
        let extents = &mut self.extents;
        let id = extents.insert(ReadExtent {
            path,
            provenance: Some(provenance),
            base: start,
            length,
            delivered: 0,
            delivered_to: None,
            fingerprint: print,
            memory,
            kind: peeked.map_or(ExtentKind::Read, ExtentKind::Peeked),
            references: 1,
        });
        let (space, from) = match object {
            Some((id, mapping)) => (self.objects.entry(id).or_default(), mapping.base),
            None => (space, 0),
        };
        let place = (start.wrapping_sub(from), end.wrapping_sub(from));
        remember(space, place, id, extents);
        extents.change(id, -1);
    }

    /// What was read and is nowhere any more was kept.
    pub(super) fn take_kept(&mut self) {
        for kept in std::mem::take(&mut self.extents.kept) {
            let bytes = kept.length - kept.delivered;
            self.add(kept.path, kept.memory, bytes, kept.provenance.as_ref());
        }
    }
}

/// An extent stands at these addresses, and may be found by its content.
fn remember(space: &mut Space, (start, end): (u64, u64), id: ExtentId, extents: &mut ReadExtents) {
    let Some(extent) = extents.get(id) else {
        return;
    };
    let hashes = extent.fingerprint.hashes();
    let dull: Vec<u64> = extent.fingerprint.dull_hashes().collect();
    space.read_dull(&dull);
    space.remember(start, end, id, &mut |id, by| extents.change(id, by));
    // Small reads are no longer looked for when thousands have followed: the program may have put them together.
    let mut forgotten = 0;
    let mut changed = |id: ExtentId, by: i32| {
        let extent = extents.get(id).filter(|_| by < 0);
        let small = extent.filter(|extent| SMALL.contains(&extent.length));
        forgotten += small.map_or(0, |extent| extent.length - extent.delivered);
        extents.change(id, by);
    };
    space.recall(id, &hashes, &mut changed);
    space.crumbs += forgotten;
    space.all_crumbs += forgotten;
}

/// Lays bytes out over ranges of addresses, in order.
fn spread(
    mut chunks: impl Iterator<Item = (u64, PathId, Rc<Provenance>)>,
    ranges: &[Range],
) -> Vec<Placed> {
    let mut placed = Vec::new();
    let mut chunk = chunks.next();
    for range in ranges {
        let (mut at, end) = (range.start, range.start + range.length);
        while at < end
            && let Some((left, path, provenance)) = &mut chunk
        {
            let length = (*left).min(end - at);
            placed.push(Placed {
                start: at,
                length,
                path: *path,
                provenance: Rc::clone(provenance),
            });
            at += length;
            *left -= length;
            if *left == 0 {
                chunk = chunks.next();
            }
        }
    }
    placed
}
