//! Writing: bytes from addresses to an end, or into a queue.

use std::rc::Rc;

use super::{
    ends::{EndId, OpenFile},
    engine::Flows,
    fingerprint,
    join::{self, Joiner, Piece},
    memory::{self, Range, TraceeMemory},
    nearby::Nearby,
    path::{Change, PathId},
    pending::{Pending, Sent},
    queues::QueueId,
    tally::{MovingCall, Provenance},
    zerocopy::UNREPORTED,
};
use crate::copypath::rule::{self, Medium, Report};
use crate::model::{DescriptorKind, SyscallEvent};
use crate::syscall::{self, MSG_ZEROCOPY, Op, Shape};

/// Said where a large read was written on.
const SAMPLED: &str = "samples: of reads of more than 256 KiB six places were compared, so a change between them is not seen";

/// Said where it cannot be told which bytes a program has copied.
const ALIKE: &str = "alike: some bytes that a program wrote resemble several that it read, all of which it had written already; where it had these from is unknown";

impl Flows {
    pub(super) fn begin_write(
        &mut self,
        (op, shape): (Op, Shape),
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) {
        let args = &event.call.args;
        let messages = memory::messages(shape, args, None, tracee);
        let (Some(messages), Some(sink)) = (messages, self.open(event, 0, tracee)) else {
            return;
        };
        let mut sink = self.with_peer(sink, op, (args, args[2]), tracee);
        if sink.is_packets
            && let Some(to) = self.destination(op, args, tracee)
        {
            sink.queues.writes = Some(to);
        }
        let is_internet = matches!(sink.kind, DescriptorKind::Tcp | DescriptorKind::Udp);
        // Without SO_ZEROCOPY the kernel ignores the flag (msg_zerocopy.rst).
        let is_heard = sink.traits.zero_copy || !sink.traits.known;
        let is_asked = op.message_flags(args) & MSG_ZEROCOPY != 0;
        let report = match is_asked && is_heard && is_internet {
            true => Report::Outstanding,
            false => Report::None,
        };
        let call = MovingCall::of(event);
        if self.hazards.lends_file(sink.identity) {
            let file = (sink.identity, args[0] as i32, offset_of(event));
            self.writes_lent_file(file, &call, &messages.concat(), tracee);
        }
        let call = (call, event.number);
        let pending = self.pending_messages(((op, report), true), call, sink, &messages, tracee);
        if let Some(pending) = pending {
            self.pending.insert(tracee.tid(), pending);
        }
    }

    /// What is about to be written as messages, and what is known of it; with what it puts in a queue is known by. None where
    /// such a call moves nothing to such a sink.
    pub(super) fn pending_messages(
        &mut self,
        ((op, report), is_carried): ((Op, Report), bool),
        (call, by): (Rc<MovingCall>, u64),
        sink: OpenFile,
        messages: &[Vec<Range>],
        tracee: &dyn TraceeMemory,
    ) -> Option<Pending> {
        rule::step(op, Medium::Buffer, sink.medium, report)?;
        let running = self.running.get(&tracee.pid())?;
        let (program, space) = (running.program, running.space);
        let ranges = messages.concat();
        let pieces = self.pieces((space, sink.identity), &ranges, None, tracee);
        let queue = self.queue_of_sink(&sink);
        if (op == Op::Vmsplice && queue.is_some()) || report == Report::Outstanding {
            self.lend_memory((&call, by), &ranges, tracee);
        }
        let sent = Sent {
            call,
            by,
            program,
            pieces,
            sink,
            op,
            report,
            // Whether a zero-copy send was a copy is known later.
            is_carried: is_carried && report != Report::Outstanding,
        };
        if let Some(queue) = queue {
            // What is not carried on keeps its place.
            let lengths = messages.iter().map(|message| memory::total(message));
            self.enqueue_pieces(queue, &sent, lengths);
        }
        let sent = Some(sent);
        Some(Pending {
            number: by,
            queue,
            sent,
            relayed: None,
        })
    }

    /// What is known of bytes at addresses that go to this sink; with `stored_in` of what was stored there, in a mapping of that file.
    pub(super) fn pieces(
        &mut self,
        (space, sink): (u32, u64),
        ranges: &[Range],
        stored_in: Option<EndId>,
        tracee: &dyn TraceeMemory,
    ) -> Vec<Piece> {
        let pieces = self.joined((space, sink), ranges, stored_in, tracee);
        let made = pieces.iter().filter(|piece| piece.is_made());
        let most = made.map(|piece| piece.length).max().unwrap_or(0);
        if most < fingerprint::LENGTH as u64 || !self.look_at_mappings(space, tracee) {
            return pieces;
        }
        self.let_go(&pieces);
        self.joined((space, sink), ranges, stored_in, tracee)
    }

    fn joined(
        &mut self,
        (space, sink): (u32, u64),
        ranges: &[Range],
        stored_in: Option<EndId>,
        tracee: &dyn TraceeMemory,
    ) -> Vec<Piece> {
        let Some(space) = self.spaces.get_mut(&space) else {
            return Vec::new();
        };
        let (objects, extents) = (&self.objects, &mut self.extents);
        let mut joiner = Joiner {
            space,
            sink,
            objects,
            extents,
            tracee: Nearby::of(tracee, ranges),
            stored_in,
            is_ambiguous: false,
        };
        let pieces = joiner.pieces(ranges);
        if joiner.is_ambiguous {
            self.note(ALIKE);
        }
        pieces
    }

    /// The extents of pieces are no longer held by these.
    pub(super) fn let_go(&mut self, pieces: &[Piece]) {
        for known in pieces.iter().filter_map(|piece| piece.from.known()) {
            self.extents.change(known.id, -1);
        }
        self.take_kept();
    }

    /// Puts what is about to be written in a queue: as a stream, or as messages of these lengths.
    fn enqueue_pieces(&mut self, queue: QueueId, sent: &Sent, messages: impl Iterator<Item = u64>) {
        // fs/pipe.c, pipe_write(): in packet mode each page is a packet of its own.
        let most = match sent.sink.kind {
            DescriptorKind::Pipe => 4096,
            _ => u64::MAX,
        };
        let mut packets = messages.flat_map(|length| {
            let firsts = (0..length).step_by(usize::try_from(most).unwrap_or(usize::MAX));
            firsts.map(move |first| most.min(length - first))
        });
        let mut packet = (0, None);
        for piece in &sent.pieces {
            let way = match sent.is_carried {
                false => (self.paths.start(sent.sink.sink), None),
                true => {
                    let (path, provenance) = self.way(piece, sent);
                    (path, Some(provenance))
                }
            };
            let mut left = piece.length;
            while left > 0 {
                if packet.0 == 0 && sent.sink.is_packets {
                    packet = (
                        packets.next().unwrap_or(left),
                        Some(self.pipes.message(sent.sink.chosen_by)),
                    );
                }
                let length = match packet.1 {
                    Some(_) => left.min(packet.0),
                    None => left,
                };
                packet.0 -= if packet.1.is_some() { length } else { 0 };
                left -= length;
                let way = (way.0, way.1.clone());
                self.enqueue(queue, (length, packet.1), way, sent.by);
            }
        }
    }

    /// The path of a piece into its sink, and the calls that moved it there.
    fn way(&mut self, piece: &Piece, sent: &Sent) -> (PathId, Rc<Provenance>) {
        let (path, before, from) = self.origin(piece, sent.program);
        let path = match rule::step(sent.op, from, sent.sink.medium, sent.report) {
            Some(step) => self.paths.then(path, Change::Hop(step)),
            None => path,
        };
        (path, Provenance::after(before, &sent.call))
    }

    /// The path of a piece into the program that writes it, the calls that moved it there, and what it stands in.
    pub(super) fn origin(
        &mut self,
        piece: &Piece,
        program: u32,
    ) -> (PathId, Option<Rc<Provenance>>, Medium) {
        let mut from = Medium::Buffer;
        let known = |known: &join::Known| known.provenance.clone();
        let (path, before) = match &piece.from {
            join::From::InPlace(it) => (self.paths.then(it.path, Change::Joined), known(it)),
            join::From::Changed(it) => (self.paths.then(it.path, Change::Changed), known(it)),
            join::From::Copied(it) => {
                let path = self.paths.then(it.path, Change::Hop(rule::OWN_COPY));
                (self.paths.then(path, Change::Joined), known(it))
            }
            join::From::Mapped(file) => {
                from = Medium::Mapping;
                (self.mapped(*file), None)
            }
            join::From::Memory => {
                let memory = self.memories[program as usize];
                (self.paths.start(memory), None)
            }
            join::From::Unknown => {
                let unknown = self.ends.unknown(&self.programs[program as usize]);
                (self.paths.start(unknown), None)
            }
        };
        let path = self.paths.then(path, Change::Program(program));
        (path, before, from)
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
        self.hazards.settle(pending.number, written);
        if let Some(relayed) = pending.relayed {
            self.relay(relayed, pending.number, written);
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
                if self
                    .extents
                    .deliver(known.id, piece.length, sent.sink.identity)
                {
                    self.ends.resent(self.paths.get(known.path).origin);
                }
                self.extents.change(known.id, -1);
            }
        }
        self.take_kept();
        if pending.queue.is_some() && sent.is_carried {
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
        self.count_zero_copy(&sent);
        for piece in &sent.pieces {
            let (path, provenance) = self.way(piece, &sent);
            self.add(path, sent.sink.sink, piece.length, Some(&provenance));
        }
    }
}

/// Where in its file a call writes, if it says so itself.
fn offset_of(event: &SyscallEvent) -> Option<u64> {
    let row = syscall::by_name(event.trace.name(event.call))?;
    let mut args = row.args.iter();
    let place = args.position(|(name, _)| *name == "offset")?;
    Some(event.call.args[place])
}
