//! Reading: bytes from an end, or out of a queue, to addresses.

use std::rc::Rc;

use super::{
    ends::{EndId, OpenFile},
    engine::Flows,
    extents::ReadExtent,
    fingerprint::Fingerprint,
    memory::{self, Range, TraceeMemory},
    path::{Change, PathId},
    pipes::Chunk,
    space::ExtentId,
    tally::{MovingCall, Provenance},
};
use crate::copypath::rule::{self, Medium, Report};
use crate::model::{DescriptorKind, SyscallEvent};
use crate::syscall::{MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, Op, Shape};

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
        if flags & MSG_ERRQUEUE != 0 {
            return self.read_reports(event, tracee);
        }
        if returned == 0 || flags & MSG_PEEK != 0 {
            return;
        }
        let of_messages = (shape == Shape::Messages).then_some(returned);
        let source = self.open(event, 0, tracee);
        let ranges = memory::ranges(shape, args, of_messages, tracee);
        let (Some(source), Some(mut ranges)) = (source, ranges) else {
            self.unexplained.read_bytes += returned;
            return;
        };
        let is_thrown_away = flags & MSG_TRUNC != 0 && source.kind == DescriptorKind::Tcp;
        let mut bytes = returned;
        if shape == Shape::Messages {
            bytes = ranges.iter().map(|range| range.length).sum();
        } else {
            memory::cut(&mut ranges, returned);
            let held = ranges.iter().map(|range| range.length).sum();
            if !is_thrown_away {
                bytes = held; // a datagram's length, with MSG_TRUNC, may be more than came
            }
        }
        let call = MovingCall::new(event.number, event.call.name);
        let chunks = self.take(op, &source, bytes, event.number);
        match is_thrown_away {
            true => self.throw_away(chunks, &call, tracee),
            false => self.arrive((op, &source), chunks, &ranges, &call, tracee),
        }
    }

    /// Bytes out of a queue (which tee leaves there), or from an end of their own.
    pub(super) fn take(&mut self, op: Op, source: &OpenFile, bytes: u64, by: u64) -> Vec<Chunk> {
        let mut chunks = match (self.pipes.read_from(source), op) {
            (Some(queue), Op::Tee) => self.pipes.look(queue, bytes),
            (Some(queue), _) => self.pipes.take(queue, bytes),
            (None, _) => Vec::new(),
        };
        let known: u64 = chunks.iter().map(|chunk| chunk.length).sum();
        if known < bytes {
            chunks.push(Chunk {
                length: bytes - known,
                path: self.paths.start(source.source),
                provenance: None,
                by,
            });
        }
        chunks
    }

    /// Bytes that a read took from the socket and put nowhere (MSG_TRUNC).
    fn throw_away(&mut self, chunks: Vec<Chunk>, call: &Rc<MovingCall>, tracee: &dyn TraceeMemory) {
        let Some(running) = self.running.get(&tracee.pid()) else {
            return;
        };
        let memory = self.memories[running.program as usize];
        for chunk in chunks {
            let provenance = Provenance::after(chunk.provenance, call);
            self.add(chunk.path, memory, chunk.length, Some(&provenance));
        }
    }

    /// Bytes that a read brought to addresses.
    pub(super) fn arrive(
        &mut self,
        (op, source): (Op, &OpenFile),
        chunks: Vec<Chunk>,
        ranges: &[Range],
        call: &Rc<MovingCall>,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(running) = self.running.get(&tracee.pid()) else {
            return;
        };
        let (space, program) = (running.space, running.program);
        let Some(step) = rule::step(op, source.medium, Medium::Buffer, Report::None) else {
            self.unexplained.read_bytes += chunks.iter().map(|chunk| chunk.length).sum::<u64>();
            return;
        };
        let chunks = chunks.into_iter().map(|chunk| {
            let path = self.paths.then(chunk.path, Change::Hop(step));
            let path = self.paths.then(path, Change::Program(program));
            (
                chunk.length,
                path,
                Provenance::after(chunk.provenance, call),
            )
        });
        for placed in spread(chunks, ranges) {
            let fingerprint = Fingerprint::of(placed.start, placed.length, tracee);
            self.place(space, placed, fingerprint, self.memories[program as usize]);
        }
        self.take_kept();
    }

    fn place(&mut self, space: u32, placed: Placed, fingerprint: Fingerprint, memory: EndId) {
        let Some(space) = self.spaces.get_mut(&space) else {
            return;
        };
        let Placed {
            start,
            length,
            path,
            provenance,
        } = placed;
        let end = start + length;
        let mapping = space.mappings.of(start..end);
        if let Some(mapping) = mapping.filter(|mapping| mapping.shared) {
            // Read into a mapped file: it is the file's.
            self.add(path, mapping.file, length, Some(&provenance));
            return;
        }
        let extents = &mut self.extents;
        let hashes = fingerprint.hashes();
        let id = extents.insert(ReadExtent {
            path,
            provenance,
            base: start,
            length,
            delivered: 0,
            fingerprint,
            memory,
            references: 1,
        });
        let mut changed = |id: ExtentId, by| extents.change(id, by);
        space.remember(start, end, id, &mut changed);
        space.recall(id, &hashes, &mut changed);
        changed(id, -1);
    }

    /// What was read and is nowhere any more was kept.
    pub(super) fn take_kept(&mut self) {
        for kept in std::mem::take(&mut self.extents.kept) {
            let bytes = kept.length - kept.delivered;
            self.add(kept.path, kept.memory, bytes, Some(&kept.provenance));
        }
    }
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
