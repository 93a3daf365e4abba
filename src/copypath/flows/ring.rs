//! Requests of io_urings, and those of io_submit(2): as calls, but that what is written is looked at when the kernel may
//! begin, and what was read when it is seen to be done.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, Range, TraceeMemory},
    pending::{Pending, Sent},
    tally::{MovingCall, NO_CALL},
};
use crate::copypath::rule::Report;
use crate::model::{
    CallRef, DescriptorKind, Request, RingEvent, RingEventKind,
    request::{BUFFER_SELECT, VECTORIZED},
};
use crate::syscall::{MSG_WAITALL, Op, Shape};

/// Said of requests of which nothing was seen after they had been handed over.
const OUTSTANDING: &str = "outstanding: of some requests (io_uring, io_submit) it was not seen whether they were done; what they asked for is unexplained";
/// Said of those that were not to report.
const SILENT: &str = "IOSQE_CQE_SKIP_SUCCESS: how much some requests sent or received is known to the kernel alone; what they asked for is unexplained";
/// Said of commands that only a driver understands.
const PASSED_THROUGH: &str =
    "uring_cmd: commands were passed to a driver (io_uring); what they moved is not known";
/// Said of what a card writes to the program's memory.
const RECEIVED_BY_CARD: &str = "recv_zc: what arrives by IORING_OP_RECV_ZC stands in an area of the ring's that the card writes to; it is not followed there, and is unexplained";
/// Of `enum io_uring_op`: `IORING_OP_URING_CMD`, `IORING_OP_URING_CMD128`.
const COMMANDS: [u8; 2] = [46, 64];
/// So many calls are remembered, that each is counted once.
const MOST_CALLS: usize = 1000;

impl Flows {
    /// What has become of a request.
    pub fn requested(&mut self, event: &RingEvent, tracee: &dyn TraceeMemory) {
        match event.kind {
            RingEventKind::Submitted => {
                self.entering = event.call.map(|_| event.number);
                self.submitted(event, tracee);
            }
            RingEventKind::Started => {
                // By the call that hands it over: nobody can have received anything of it.
                let is_early = self.entering.take() == Some(event.number);
                if let Some(pending) = self.begun(event, None, is_early, tracee) {
                    self.asked.insert(event.number, pending);
                }
            }
            RingEventKind::Completed { result } => {
                if result < 0 && event.request.does() == Op::Splice {
                    self.splice_failed(event, result.unsigned_abs() as i32, tracee);
                }
                self.completed(event, result.max(0) as u64, tracee);
            }
            RingEventKind::Silent => self.succeeded(event, tracee),
            RingEventKind::Withdrawn => self.lose(event, 0, OUTSTANDING, tracee),
            RingEventKind::Notified => {
                let call = self.showing(event);
                self.loan_ends(by(event), &call, tracee);
                if let Some(sent) = self.unreported.requests.remove(&event.number) {
                    self.go(reported(sent, event.request));
                }
            }
            RingEventKind::Abandoned { is_lost } => self.abandoned(event, is_lost, tracee),
        }
        if event.last {
            self.named.remove(&event.number);
        }
    }

    /// A request has been handed to the kernel, which has taken a copy of the addresses that it names.
    fn submitted(&mut self, event: &RingEvent, tracee: &dyn TraceeMemory) {
        if let Some(shape @ (Shape::Vector | Shape::Message)) = shape(event.request)
            && let Some(ranges) = ranges(event.request, shape, tracee)
        {
            self.named.insert(event.number, ranges);
        }
    }

    /// The memory that a request names; none where the kernel chooses it.
    fn memory(&self, event: &RingEvent) -> Option<Vec<Range>> {
        let request = event.request;
        match shape(request)? {
            _ if request.flags & BUFFER_SELECT != 0 => None,
            Shape::Buffer => Some(vec![Range::new(request.address, request.length.into())]),
            _ => self.named.get(&event.number).cloned(),
        }
    }

    /// How many bytes a request asks for.
    fn asked_for(&self, event: &RingEvent) -> u64 {
        match self.memory(event) {
            Some(ranges) => memory::total(&ranges),
            None => event.request.length.into(),
        }
    }

    /// The kernel may begin: what a request writes stands where it says, or in the memory that was chosen.
    fn begun(
        &mut self,
        event: &RingEvent,
        chosen: Option<Vec<Range>>,
        is_early: bool,
        tracee: &dyn TraceeMemory,
    ) -> Option<Pending> {
        let op = event.request.does();
        let report = match op {
            Op::Write(_) | Op::Send(_) => Report::None,
            Op::SendZc(_) => Report::Outstanding,
            Op::Splice => return self.begun_splice(event, tracee),
            _ => return None,
        };
        let ranges = chosen.or_else(|| self.memory(event))?;
        let sink = self.of_request(event, 0, tracee)?;
        let call = self.showing(event);
        let is_carried = self.sockets.is_carried(&sink, is_early);
        let call = (call, by(event));
        self.pending_messages(((op, report), is_carried), call, sink, &[ranges], tracee)
    }

    fn begun_splice(&mut self, event: &RingEvent, tracee: &dyn TraceeMemory) -> Option<Pending> {
        let sink = self.of_request(event, 0, tracee)?;
        let source = self.of_request(event, 1, tracee)?;
        let call = self.showing(event);
        let ends = (&source, &sink);
        let asked = event.request.length.into();
        self.pending_splice(Op::Splice, ends, asked, (&call, by(event)), tracee.pid())
    }

    /// A completion was seen, of so many bytes.
    fn completed(&mut self, event: &RingEvent, bytes: u64, tracee: &dyn TraceeMemory) {
        let op = event.request.does();
        let chosen = event.memory.map(|ranges| {
            let ranges = ranges.iter();
            let ranges = ranges.map(|range| Range::new(range.start, range.length));
            ranges.collect::<Vec<_>>()
        });
        let pending = self.asked.remove(&event.number);
        let pending = pending.or_else(|| match (op, bytes) {
            (Op::Splice, _) | (_, 0) => None,
            _ => self.begun(event, chosen.clone(), false, tracee),
        });
        if let Some(pending) = pending {
            match self.settled(pending, bytes) {
                Some(sent) if event.last => self.go(reported(sent, event.request)),
                Some(sent) => {
                    self.unreported.requests.insert(event.number, sent);
                }
                None => {}
            }
            return;
        }
        match op {
            Op::Read(_) | Op::Recv(_) => self.received(event, bytes, chosen, tracee),
            Op::Splice | Op::Tee => self.spliced(event, op, bytes, tracee),
            op => {
                if op == Op::RecvZc {
                    self.note(RECEIVED_BY_CARD);
                }
                let is_command = COMMANDS.contains(&event.request.op);
                if is_command && !self.is_socket(event, tracee) {
                    self.note(PASSED_THROUGH);
                }
                self.unexplained(op.moves(), bytes);
            }
        }
    }

    fn received(
        &mut self,
        event: &RingEvent,
        bytes: u64,
        chosen: Option<Vec<Range>>,
        tracee: &dyn TraceeMemory,
    ) {
        let request = event.request;
        let op = request.does();
        let flags = match op {
            Op::Recv(_) => request.op_flags.into(),
            _ => 0,
        };
        let is_chosen = chosen.is_some();
        let source = self.of_request(event, 0, tracee);
        let ranges = chosen.or_else(|| self.memory(event));
        if bytes == 0 {
            if let (RingEventKind::Completed { result: 0 }, Some(source)) = (event.kind, source) {
                self.ends.read_to_end(source.source);
            }
            return;
        }
        let (Some(source), Some(mut ranges)) = (source, ranges) else {
            self.unexplained.read_bytes += bytes;
            return self.came_unseen(tracee.pid());
        };
        // What the kernel chose is as long as what came, less what it put before that.
        if !is_chosen {
            memory::cut(&mut ranges, bytes);
        }
        let call = self.showing(event);
        let from = (&source, request.address);
        self.take_in(
            (op, flags),
            from,
            vec![ranges],
            bytes,
            (&call, by(event)),
            tracee,
        );
    }

    fn spliced(&mut self, event: &RingEvent, op: Op, bytes: u64, tracee: &dyn TraceeMemory) {
        let sink = self.of_request(event, 0, tracee);
        let source = self.of_request(event, 1, tracee);
        let (Some(sink), Some(source)) = (sink, source) else {
            return self.unexplained(op.moves(), bytes);
        };
        let call = self.showing(event);
        let chunks = self.take(op, &source, bytes, by(event));
        let how = (&call, by(event));
        self.pass_on(
            chunks,
            (&source, &sink),
            (op, Report::None),
            how,
            tracee.pid(),
        );
    }

    fn splice_failed(&mut self, event: &RingEvent, errno: i32, tracee: &dyn TraceeMemory) {
        let sink = self.of_request(event, 0, tracee);
        let source = self.of_request(event, 1, tracee);
        if let Some((source, sink)) = source.zip(sink) {
            self.request_failed(errno, (&source, &sink), tracee);
        }
    }

    /// A request that succeeded without a completion. The kernel counts a short read or write as a failure, a short send
    /// or receive only with `MSG_WAITALL` (io_uring/rw.c, net.c).
    fn succeeded(&mut self, event: &RingEvent, tracee: &dyn TraceeMemory) {
        let request = event.request;
        let asked = self.asked_for(event);
        match request.does() {
            Op::Send(_) | Op::Recv(_) if u64::from(request.op_flags) & MSG_WAITALL == 0 => {
                self.lose(event, asked, SILENT, tracee);
            }
            _ => self.completed(event, asked, tracee),
        }
    }

    /// Of a request nothing more will be seen. What waits for a peer has moved nothing; a file does not let wait long.
    fn abandoned(&mut self, event: &RingEvent, is_lost: bool, tracee: &dyn TraceeMemory) {
        if let Some(sent) = self.unreported.requests.remove(&event.number) {
            return self.go(sent);
        }
        let moves = event.request.does().moves();
        if event.request.completions > 0 || !(moves.reads || moves.writes) {
            return;
        }
        let is_file = |open: OpenFile| open.medium.is_file();
        let is_done = is_lost || self.of_request(event, 0, tracee).is_some_and(is_file);
        let asked = if is_done { self.asked_for(event) } else { 0 };
        self.lose(event, asked, OUTSTANDING, tracee);
    }

    /// A request is given up, of which so many bytes may have moved.
    fn lose(&mut self, event: &RingEvent, bytes: u64, note: &str, tracee: &dyn TraceeMemory) {
        if let Some(pending) = self.asked.remove(&event.number) {
            self.settle(pending, 0);
        }
        if bytes > 0 {
            let moves = event.request.does().moves();
            self.note(note);
            self.unexplained(moves, bytes);
            if moves.reads {
                self.came_unseen(tracee.pid());
            }
        }
    }

    /// The call that has moved the bytes of requests: all that it has moved count it once.
    fn showing(&mut self, event: &RingEvent) -> Rc<MovingCall> {
        let call = event.call.unwrap_or(CallRef {
            number: NO_CALL,
            name: 0,
            pid: 0,
            start_ns: 0,
        });
        if self.showing.len() > MOST_CALLS {
            self.showing.retain(|_, call| Rc::strong_count(call) > 1);
        }
        let shown_by = self.showing.entry(call.number);
        Rc::clone(shown_by.or_insert_with(|| MovingCall::new(call)))
    }

    /// The open file that a request names.
    fn of_request(
        &mut self,
        event: &RingEvent,
        which: usize,
        tracee: &dyn TraceeMemory,
    ) -> Option<OpenFile> {
        let index = event.request.descriptors[which];
        if let Some(open) = self.by_descriptor.get(&index) {
            return Some(*open);
        }
        let open = self.look_up(event.trace, index, tracee)?;
        self.by_descriptor.insert(index, open);
        Some(open)
    }

    fn is_socket(&mut self, event: &RingEvent, tracee: &dyn TraceeMemory) -> bool {
        use DescriptorKind::{Tcp, Udp, Unix};
        let open = self.of_request(event, 0, tracee);
        open.is_some_and(|open| matches!(open.kind, Tcp | Udp | Unix))
    }
}

/// What a request has put in a queue is known by this.
fn by(event: &RingEvent) -> u64 {
    /// Calls are known by their numbers.
    const REQUEST: u64 = 1 << 62;
    REQUEST | event.number
}

/// A send with what the kernel has reported of it.
fn reported(sent: Sent, request: &Request) -> Sent {
    let report = match sent.report {
        Report::Outstanding => Report::of_zerocopy(request.copied()),
        report => report,
    };
    Sent { report, ..sent }
}

/// How a request names the memory of its payload; none where it has none.
fn shape(request: &Request) -> Option<Shape> {
    match request.does() {
        Op::Send(Shape::Buffer) | Op::SendZc(Shape::Buffer)
            if request.io_priority & VECTORIZED != 0 =>
        {
            Some(Shape::Vector)
        }
        Op::Read(shape)
        | Op::Recv(shape)
        | Op::Write(shape)
        | Op::Send(shape)
        | Op::SendZc(shape) => Some(shape),
        _ => None,
    }
}

/// The memory that a request names, as it stands there.
fn ranges(request: &Request, shape: Shape, tracee: &dyn TraceeMemory) -> Option<Vec<Range>> {
    let args = [0, request.address, u64::from(request.length), 0, 0, 0];
    memory::ranges(shape, &args, None, tracee)
}
