//! Message queues of POSIX and System V, and the memory of another process: what needs no descriptor of a file or socket.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, Range, TraceeMemory},
    path::Change,
    pipes::Chunk,
    queues::Queues,
    tally::MovingCall,
};
use crate::copypath::rule::{self, Medium, Report};
use crate::model::{DescriptorKind, FileTraits, SyscallEvent};
use crate::syscall::{Op, Queue, Shape, TCP_ZEROCOPY_RECEIVE};

/// Said where a process that is not watched took part.
const PROCESS_VM: &str = "process_vm: bytes copied from or to the memory of a process that is not followed are in no flow";
/// Tells System V queues, which have a number of their own, from what has an inode.
const SYSTEM_V: u64 = 1 << 62;
/// `SOL_TCP`, the level of its socket options.
const SOL_TCP: u64 = 6;
/// `long mtype`, before the text of a System V message.
const TYPE: u64 = size_of::<usize>() as u64;

impl Flows {
    /// A message is about to be sent.
    pub(super) fn begin_message(
        &mut self,
        queue: Queue,
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(sink) = self.message_queue(queue, event, tracee) else {
            return;
        };
        let text = [vec![text(queue, event, event.call.args[2])]];
        let call = (MovingCall::of(event), event.number);
        let how = ((Op::QueueSend(queue), Report::None), true);
        if let Some(pending) = self.pending_messages(how, call, sink, &text, tracee) {
            self.pending.insert(tracee.tid(), pending);
        }
    }

    /// A message has been received, of so many bytes.
    pub(super) fn received_message(
        &mut self,
        queue: Queue,
        event: &SyscallEvent,
        bytes: u64,
        tracee: &dyn TraceeMemory,
    ) {
        let op = Op::QueueReceive(queue);
        let Some(source) = self.message_queue(queue, event, tracee) else {
            return self.unexplained(op.moves(), bytes);
        };
        let chunks = self.take(op, &source, bytes, event.number);
        let call = MovingCall::of(event);
        let text = [text(queue, event, bytes)];
        self.bring((op, &source), chunks, &text, &call, None, tracee);
    }

    /// The queue that a call names, and what the message is chosen by: its type, or its priority.
    fn message_queue(
        &mut self,
        queue: Queue,
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) -> Option<OpenFile> {
        let args = &event.call.args;
        let (name, identity, chosen_by) = match queue {
            Queue::Posix => {
                let open = self.open(event, 0, tracee)?;
                let name = self.ends.get(open.source).name.clone();
                let priority = match event.call.returned() {
                    Some(_) => i64::MAX, // the highest that is there
                    None => args[3] as i64,
                };
                (name, open.identity, priority)
            }
            Queue::SystemV => {
                let kind = memory::read_word(args[1], tracee)?;
                (
                    format!("[{}]", args[0] as i32),
                    SYSTEM_V | args[0],
                    kind as i64,
                )
            }
        };
        let end = self.ends.message_queue(&name);
        self.pipes.message_queues.insert(identity);
        Some(OpenFile {
            kind: DescriptorKind::Unknown,
            source: end,
            sink: end,
            medium: Medium::Device,
            identity,
            is_read_end: false,
            is_packets: true,
            traits: FileTraits::default(),
            chosen_by: Some(chosen_by),
            queues: Queues::default(),
            owner: 0,
            is_peer_expected: false,
        })
    }

    /// `TCP_ZEROCOPY_RECEIVE` (linux/tcp.h, `struct tcp_zerocopy_receive`): pages of the queue are mapped, and the rest is
    /// copied to a buffer, where there is one.
    pub(super) fn receive_mapped(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        let [_, level, name, at, length, ..] = event.call.args;
        if (level, name) != (SOL_TCP, TCP_ZEROCOPY_RECEIVE) {
            return;
        }
        let mut fields = [0; 40];
        let known = memory::read_word(length, tracee).unwrap_or(0) as u32;
        let there = fields.len().min(known as usize);
        tracee.read(at, &mut fields[..there]);
        let number = |at: usize| fields[at..at + 4].try_into().map_or(0, u32::from_ne_bytes);
        let address = |at: usize| u64::from(number(at)) | u64::from(number(at + 4)) << 32;
        let copied = u32::try_from(number(32) as i32).unwrap_or(0);
        let received = [
            (Op::GetOption, address(0), number(8)),
            (Op::Recv(Shape::Buffer), address(24), copied),
        ];
        let call = MovingCall::of(event);
        for (op, start, length) in received {
            let length = u64::from(length);
            let Some(source) = self.open(event, 0, tracee).filter(|_| length > 0) else {
                continue;
            };
            let chunks = self.take(Op::Recv(Shape::Buffer), &source, length, event.number);
            let range = [Range::new(start, length)];
            self.bring((op, &source), chunks, &range, &call, None, tracee);
        }
    }

    /// process_vm_readv(2) or process_vm_writev(2) has copied bytes from the memory of one process to that of another.
    pub(super) fn copy_memory(
        &mut self,
        event: &SyscallEvent,
        bytes: u64,
        tracee: &dyn TraceeMemory,
    ) {
        let args = &event.call.args;
        let other = tracee.of_process(args[0] as i32);
        let other = other.filter(|other| self.running.contains_key(&other.pid()));
        let ranges = |at: usize| {
            let mut ranges = memory::vectors(args[at], args[at + 1], tracee)?;
            memory::cut(&mut ranges, bytes);
            Some(ranges)
        };
        let (Some(other), Some(own), Some(remote)) = (other, ranges(1), ranges(3)) else {
            self.note(PROCESS_VM);
            self.came_unseen(tracee.pid());
            return self.unexplained(Op::ProcessVm.moves(), bytes);
        };
        let call = MovingCall::of(event);
        match event.trace.name(event.call) {
            "process_vm_readv" => self.between((&*other, &remote), (tracee, &own), &call),
            _ => self.between((tracee, &own), (&*other, &remote), &call),
        }
    }

    /// Bytes went from addresses of one process to addresses of another.
    fn between(
        &mut self,
        (from, source): (&dyn TraceeMemory, &[Range]),
        (to, sink): (&dyn TraceeMemory, &[Range]),
        call: &Rc<MovingCall>,
    ) {
        let running = |pid: i32| self.running.get(&pid).map(|it| (it.space, it.program));
        let (Some((space, program)), Some(_)) = (running(from.pid()), running(to.pid())) else {
            return;
        };
        let other = u64::from(to.pid().unsigned_abs());
        let pieces = self.pieces((space, other), source, None, from);
        let step = rule::step(Op::ProcessVm, Medium::Buffer, Medium::Buffer, Report::None);
        let chunks = pieces.iter().map(|piece| {
            let (path, before, _) = self.origin(piece, program);
            let path = step.map_or(path, |step| self.paths.then(path, Change::Hop(step)));
            if let Some(known) = piece.from.known() {
                self.extents.deliver(known.id, piece.length, other);
            }
            Chunk {
                length: piece.length,
                path,
                provenance: before,
                by: call.number,
                message: None,
            }
        });
        let chunks = chunks.collect();
        self.let_go(&pieces);
        self.lay_out(chunks, sink, call, None, to);
    }
}

/// The memory of a message's text.
fn text(queue: Queue, event: &SyscallEvent, length: u64) -> Range {
    let head = if queue == Queue::SystemV { TYPE } else { 0 };
    Range::new(event.call.args[1].saturating_add(head), length)
}
