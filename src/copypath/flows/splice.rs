//! Between descriptors: bytes that come to no program's memory.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, TraceeMemory},
    path::{Change, PathId},
    pending::Pending,
    pipes::Chunk,
    tally::{MovingCall, Provenance},
};
use crate::copypath::rule::{self, Report};
use crate::model::SyscallEvent;
use crate::syscall::Op;

impl Flows {
    /// The source and the sink of a call between descriptors.
    fn both(
        &mut self,
        op: Op,
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) -> Option<(OpenFile, OpenFile)> {
        let (from, to) = if op == Op::Sendfile { (1, 0) } else { (0, 1) };
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
        let Some(queue) = self.queue_of_sink(&sink) else {
            return;
        };
        if self.pipes.read_from(&source).is_some() {
            return;
        }
        let path = self.paths.start(source.source);
        let Some(path) = self.through(path, (&source, &sink), op, tracee.pid()) else {
            return;
        };
        let asked = op.asked(&event.call.args).unwrap_or(0);
        let asked = asked.min(memory::MOST_BY_ONE_CALL);
        let call = MovingCall::new(event.number, event.call.name);
        let provenance = Provenance::after(None, &call);
        let message = sink.is_packets.then(|| self.pipes.message(None));
        let way = (path, provenance);
        self.enqueue(queue, (asked, message), way, event.number);
        let pending = Pending {
            number: event.number,
            queue: Some(queue),
            sent: None,
        };
        self.pending.insert(tracee.tid(), pending);
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
        let chunks = self.take(op, &source, bytes, event.number);
        let call = MovingCall::new(event.number, event.call.name);
        self.pass_on(chunks, (&source, &sink), op, &call, tracee.pid());
    }

    pub(super) fn pass_on(
        &mut self,
        chunks: Vec<Chunk>,
        (source, sink): (&OpenFile, &OpenFile),
        op: Op,
        call: &Rc<MovingCall>,
        pid: i32,
    ) {
        let queue = self.queue_of_sink(sink);
        for chunk in chunks {
            let Some(path) = self.through(chunk.path, (source, sink), op, pid) else {
                self.unexplained(op.moves(), chunk.length);
                continue;
            };
            let provenance = Provenance::after(chunk.provenance, call);
            match queue {
                Some(queue) => {
                    let message = sink.is_packets.then(|| self.pipes.message(None));
                    let way = (path, provenance);
                    self.enqueue(queue, (chunk.length, message), way, call.number);
                    self.pipes.settle(queue, call.number, u64::MAX);
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
        op: Op,
        pid: i32,
    ) -> Option<PathId> {
        let step = rule::step(op, source.medium, sink.medium, Report::None)?;
        let program = self.running.get(&pid).map_or(0, |running| running.program);
        let path = self.paths.then(path, Change::Program(program));
        Some(self.paths.then(path, Change::Hop(step)))
    }
}
