//! Reading: bytes from an end, or out of a queue, to addresses.

use std::rc::Rc;

use super::{
    ends::{EndId, OpenFile},
    engine::Flows,
    extents::ReadExtent,
    fingerprint::{self, Fingerprint, Sample},
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
        let chunks = self.take(&source, bytes, event.number);
        match is_thrown_away {
            true => self.throw_away(chunks, &call, tracee),
            false => self.arrive((op, &source), chunks, &ranges, &call, tracee),
        }
    }

    /// Bytes out of a queue, or from an end of their own.
    pub(super) fn take(&mut self, source: &OpenFile, bytes: u64, by: u64) -> Vec<Chunk> {
        let mut chunks = match self.queue_of_source(source) {
            Some(queue) => self.pipes.take(queue, bytes),
            None => Vec::new(),
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
        let placed = spread(chunks, ranges);
        let fingerprints: Vec<_> = placed.iter().map(|it| fingerprint_of(it, tracee)).collect();
        for (placed, fingerprint) in placed.into_iter().zip(fingerprints) {
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

/// What is to be remembered of bytes that were placed.
fn fingerprint_of(placed: &Placed, tracee: &dyn TraceeMemory) -> Fingerprint {
    let Placed { start, length, .. } = *placed;
    if length > fingerprint::WHOLE {
        return Fingerprint::sampled(samples(start, length, tracee));
    }
    let mut buffer = vec![0; length as usize];
    match tracee.read_places(&[(start, buffer.len())], &mut buffer) {
        true => Fingerprint::whole(&buffer),
        false => Fingerprint::default(),
    }
}

/// Samples of what was placed at a range.
fn samples(start: u64, length: u64, tracee: &dyn TraceeMemory) -> Vec<Sample> {
    let mut offsets = Vec::new();
    fingerprint::offsets(length, &mut offsets);
    let size = length.min(fingerprint::LENGTH as u64) as usize;
    let place = |offset: &u32| (start + u64::from(*offset), size);
    let places: Vec<_> = offsets.iter().map(place).collect();
    let mut buffer = [0; fingerprint::MOST * fingerprint::LENGTH];
    if !tracee.read_places(&places, &mut buffer) {
        return Vec::new();
    }
    let seen = offsets.iter().zip(buffer.chunks(size));
    seen.map(|(offset, here)| Sample::of(*offset, here))
        .collect()
}
