//! Between descriptors: bytes that come to no program's memory.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, TraceeMemory},
    path::{Change, PathId},
    pending::{Pending, Relayed},
    pipes::Chunk,
    tally::{MovingCall, Provenance},
};
use crate::copypath::rule::{self, Report};
use crate::model::{DescriptorKind, Storage, SyscallEvent};
use crate::syscall::{FICLONE, FICLONERANGE, Op};

impl Flows {
    /// The source and the sink of a call between descriptors.
    pub(super) fn both(
        &mut self,
        op: Op,
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) -> Option<(OpenFile, OpenFile)> {
        let (from, to) = match op {
            Op::Sendfile | Op::Ioctl => (1, 0),
            _ => (0, 1),
        };
        Some((
            self.open(event, from, tracee)?,
            self.open(event, to, tracee)?,
        ))
    }

    /// A splice or sendfile into a queue whose reader may be faster than the report of its return.
    pub(super) fn begin_splice(&mut self, op: Op, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        let Some((source, sink)) = self.both(op, event, tracee) else {
            return;
        };
        let asked = op.asked(&event.call.args).unwrap_or(0);
        let call = MovingCall::of(event);
        let how = (&call, event.number);
        let pending = self.pending_splice(op, (&source, &sink), asked, how, tracee.pid());
        if let Some(pending) = pending {
            self.pending.insert(tracee.tid(), pending);
        }
    }

    /// What is about to be put in a queue, from an end; none elsewhere. It is known by the number beside the call.
    pub(super) fn pending_splice(
        &mut self,
        op: Op,
        (source, sink): (&OpenFile, &OpenFile),
        asked: u64,
        (call, by): (&Rc<MovingCall>, u64),
        pid: i32,
    ) -> Option<Pending> {
        let queue = self.queue_of_sink(sink)?;
        let asked = asked.min(memory::MOST_BY_ONE_CALL);
        let from = self.queue_of_source(source);
        let chunks = match from {
            Some(from) => self.pipes.look(from, asked),
            None => self.filled(Vec::new(), source, asked, by),
        };
        let message = sink.is_packets.then(|| self.pipes.message(None));
        let mut known = 0;
        for chunk in chunks {
            let report = self.report_of(op);
            let path = self.through(chunk.path, (source, sink), (op, report), pid)?;
            let way = (path, Some(Provenance::after(chunk.provenance, call)));
            self.enqueue(queue, (chunk.length, message), way, by);
            known += chunk.length;
        }
        if source.kind == DescriptorKind::File && by == call.number {
            let name = self.ends.get(source.source).name.clone();
            self.lend_file(call, source.identity, name, asked);
        }
        let relayed = from.map(|_| Relayed {
            op,
            source: *source,
            sink: *sink,
            call: Rc::clone(call),
            pid,
            known,
        });
        Some(Pending {
            number: by,
            queue: Some(queue),
            sent: None,
            relayed,
        })
    }

    /// So many bytes have gone from queue to queue: what was known when it began is there already.
    pub(super) fn relay(&mut self, relayed: Relayed, by: u64, bytes: u64) {
        let mut left = relayed.known.min(bytes);
        let mut chunks = self.take(relayed.op, &relayed.source, bytes, by);
        for chunk in &mut chunks {
            let there = left.min(chunk.length);
            chunk.length -= there;
            left -= there;
        }
        chunks.retain(|chunk| chunk.length > 0);
        let (call, ends) = (&relayed.call, (&relayed.source, &relayed.sink));
        let how = (relayed.op, self.report_of(relayed.op));
        self.pass_on(chunks, ends, how, (call, by), relayed.pid);
    }

    /// splice, tee, sendfile or copy_file_range has moved bytes.
    pub(super) fn splice(
        &mut self,
        op: Op,
        event: &SyscallEvent,
        bytes: u64,
        tracee: &dyn TraceeMemory,
    ) {
        if bytes == 0 {
            return;
        }
        let Some((source, sink)) = self.both(op, event, tracee) else {
            return self.unexplained(op.moves(), bytes);
        };
        let report = match op {
            Op::CopyRange => self.sharing(&sink, event.call.args[2] as i32, bytes, tracee),
            _ => self.report_of(op),
        };
        let chunks = self.take(op, &source, bytes, event.number);
        let call = MovingCall::of(event);
        let how = (&call, event.number);
        self.pass_on(chunks, (&source, &sink), (op, report), how, tracee.pid());
    }

    /// Whether copy_file_range(2) has copied so many bytes, or shared their blocks.
    fn sharing(
        &mut self,
        sink: &OpenFile,
        fd: i32,
        bytes: u64,
        tracee: &dyn TraceeMemory,
    ) -> Report {
        /// What is no whole block is copied.
        const BLOCK: u64 = 64 << 10;
        match sink.traits.file_system.storage() {
            _ if !sink.traits.known => return Report::None,
            Storage::Disk | Storage::Memory | Storage::Generated => return Report::None,
            Storage::Elsewhere => return Report::Unknown,
            Storage::SharedDisk | Storage::Unknown => {}
        }
        let Some(shared) = tracee.shared_bytes(fd) else {
            return Report::Unknown;
        };
        let before = self.shared.insert(sink.identity, shared).unwrap_or(0);
        match shared.saturating_sub(before) {
            0 => Report::None,
            more if more + BLOCK > bytes => Report::SharedBlocks,
            _ => Report::Unknown,
        }
    }

    /// ioctl(2) has shared blocks of files: `FICLONE` all of them, `FICLONERANGE` those of a range.
    pub(super) fn clone_blocks(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        let [sink, request, argument, ..] = event.call.args;
        let size = || tracee.file_size(sink as i32).unwrap_or(0);
        let word = |place: u64| memory::read_word(argument + 8 * place, tracee).unwrap_or(0);
        let bytes = match request {
            FICLONE => size(),
            FICLONERANGE => match word(2) {
                0 => size().saturating_sub(word(3)), // to the end
                length => length,
            },
            _ => return,
        };
        self.splice(Op::Ioctl, event, bytes, tracee);
    }

    pub(super) fn pass_on(
        &mut self,
        chunks: Vec<Chunk>,
        (source, sink): (&OpenFile, &OpenFile),
        (op, report): (Op, Report),
        (call, by): (&Rc<MovingCall>, u64),
        pid: i32,
    ) {
        let queue = self.queue_of_sink(sink);
        for chunk in chunks {
            let Some(path) = self.through(chunk.path, (source, sink), (op, report), pid) else {
                self.unexplained(op.moves(), chunk.length);
                continue;
            };
            let provenance = Provenance::after(chunk.provenance, call);
            match queue {
                Some(queue) => {
                    let message = sink.is_packets.then(|| self.pipes.message(None));
                    let way = (path, Some(provenance));
                    self.enqueue(queue, (chunk.length, message), way, by);
                    self.pipes.settle(queue, by, u64::MAX);
                }
                None => self.add(path, sink.sink, chunk.length, Some(&provenance)),
            }
        }
    }

    /// The path on, from descriptor to descriptor. None where such a call moves nothing between them.
    fn through(
        &mut self,
        path: PathId,
        (source, sink): (&OpenFile, &OpenFile),
        (op, report): (Op, Report),
        pid: i32,
    ) -> Option<PathId> {
        let step = rule::step(op, source.medium, sink.medium, report)?;
        let program = self.running.get(&pid).map_or(0, |running| running.program);
        let mut path = self.paths.then(path, Change::Program(program));
        if let Some(before) = rule::step_before(op, source.medium, sink.medium) {
            path = self.paths.then(path, Change::Hop(before));
        }
        Some(self.paths.then(path, Change::Hop(step)))
    }
}
