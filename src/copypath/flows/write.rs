//! Writing: bytes from addresses to an end, or into a queue.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    fingerprint,
    join::{self, Joiner, Piece},
    memory::{self, Range, TraceeMemory},
    path::{Change, PathId},
    pending::{Pending, Sent},
    tally::{MovingCall, Provenance},
    zerocopy::UNREPORTED,
};
use crate::copypath::rule::{self, Medium, Report};
use crate::model::{DescriptorKind, SyscallEvent};
use crate::syscall::{MSG_ZEROCOPY, Op, Shape};

/// Said where a large read was written on.
const SAMPLED: &str = "samples: of reads of more than 256 KiB six places were compared, so a change between them is not seen";

impl Flows {
    pub(super) fn begin_write(
        &mut self,
        (op, shape): (Op, Shape),
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) {
        let args = &event.call.args;
        let ranges = memory::ranges(shape, args, None, tracee);
        let (Some(ranges), Some(sink)) = (ranges, self.open(event, 0, tracee)) else {
            return;
        };
        let is_internet = matches!(sink.kind, DescriptorKind::Tcp | DescriptorKind::Udp);
        let report = match op.message_flags(args) & MSG_ZEROCOPY != 0 && is_internet {
            true => Report::Outstanding,
            false => Report::None,
        };
        let call = MovingCall::new(event.number, event.call.name);
        if let Some(pending) = self.pending_write((op, report), call, sink, &ranges, tracee) {
            self.pending.insert(tracee.tid(), pending);
        }
    }

    /// What is about to be written, and what is known of it. None where such a call moves nothing to such a sink.
    pub(super) fn pending_write(
        &mut self,
        (op, report): (Op, Report),
        call: Rc<MovingCall>,
        sink: OpenFile,
        ranges: &[Range],
        tracee: &dyn TraceeMemory,
    ) -> Option<Pending> {
        rule::step(op, Medium::Buffer, sink.medium, report)?;
        let running = self.running.get(&tracee.pid())?;
        let program = running.program;
        let space = self.spaces.get_mut(&running.space)?;
        let extents = &mut self.extents;
        let pieces = Joiner {
            space,
            extents,
            tracee,
        }
        .pieces(ranges);
        let number = call.number;
        let queue = self.queue_of_sink(&sink);
        let sent = Sent {
            call,
            program,
            pieces,
            sink,
            op,
            report,
        };
        if let Some(queue) = queue {
            for piece in &sent.pieces {
                let way = self.way(piece, &sent);
                self.enqueue(queue, piece.length, way, number);
            }
        }
        let sent = Some(sent);
        Some(Pending {
            number,
            queue,
            sent,
        })
    }

    /// The path of a piece into its sink, and the calls that moved it there.
    fn way(&mut self, piece: &Piece, sent: &Sent) -> (PathId, Rc<Provenance>) {
        let mut from = Medium::Buffer;
        let known = |known: &join::Known| Some(Rc::clone(&known.provenance));
        let (path, before) = match &piece.from {
            join::From::InPlace(it) => (self.paths.then(it.path, Change::Joined), known(it)),
            join::From::Changed(it) => (self.paths.then(it.path, Change::Changed), known(it)),
            join::From::Copied(it) => {
                let path = self.paths.then(it.path, Change::Hop(rule::OWN_COPY));
                (self.paths.then(path, Change::Joined), known(it))
            }
            join::From::Mapped(file) => {
                from = Medium::Mapping;
                let path = self.paths.start(*file);
                let map = rule::step(Op::Map, Medium::File, Medium::Buffer, Report::None);
                (
                    map.map_or(path, |map| self.paths.then(path, Change::Hop(map))),
                    None,
                )
            }
            join::From::Memory => {
                let memory = self.memories[sent.program as usize];
                (self.paths.start(memory), None)
            }
        };
        let mut path = self.paths.then(path, Change::Program(sent.program));
        if let Some(step) = rule::step(sent.op, from, sent.sink.medium, sent.report) {
            path = self.paths.then(path, Change::Hop(step));
        }
        (path, Provenance::after(before, &sent.call))
    }

    /// A call has returned: so many of its bytes have gone.
    pub(super) fn settle(&mut self, pending: Pending, written: u64) {
        if let Some(sent) = self.settled(pending, written) {
            if sent.report != Report::Outstanding {
                self.go(sent);
            } else if !self.unreported.add(sent) {
                self.give_up_reports();
            }
        }
    }

    /// The same; what has gone is given back. None where it is in a queue, and where it is nothing.
    pub(super) fn settled(&mut self, pending: Pending, written: u64) -> Option<Sent> {
        if let Some(queue) = pending.queue {
            self.pipes.settle(queue, pending.number, written);
        }
        let mut sent = pending.sent?;
        let mut left = written;
        for piece in &mut sent.pieces {
            piece.length = piece.length.min(left);
            left -= piece.length;
            if let Some(known) = piece.from.known() {
                let extent = self.extents.get(known.id);
                if piece.length > 0 && extent.is_some_and(|read| read.length > fingerprint::WHOLE) {
                    self.note(SAMPLED);
                }
                self.extents.deliver(known.id, piece.length);
                self.extents.change(known.id, -1);
            }
        }
        self.take_kept();
        if pending.queue.is_some() {
            return None;
        }
        self.unexplained.written_bytes += left;
        sent.pieces.retain(|piece| piece.length > 0);
        (!sent.pieces.is_empty()).then_some(sent)
    }

    /// Pieces have gone to their sink.
    pub(super) fn go(&mut self, sent: Sent) {
        if sent.report == Report::Outstanding {
            self.note(UNREPORTED);
        }
        for piece in &sent.pieces {
            let (path, provenance) = self.way(piece, &sent);
            self.add(path, sent.sink.sink, piece.length, Some(&provenance));
        }
    }
}
