//! Requests of io_urings: as calls, but that what is written is looked at when the request is handed over, and what
//! was read when it is seen to be done.

use std::rc::Rc;

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, Range, TraceeMemory},
    pending::Sent,
    tally::MovingCall,
};
use crate::copypath::rule::Report;
use crate::model::{Request, RingEvent, RingEventKind};
use crate::syscall::{Op, Shape};

/// `IOSQE_BUFFER_SELECT`: the kernel chooses the memory.
const BUFFER_SELECT: u8 = 1 << 5;
/// `IOSQE_CQE_SKIP_SUCCESS`: a request that does all that it was asked for posts no completion.
const SKIP_SUCCESS: u8 = 1 << 6;

impl Flows {
    /// What has become of a request.
    pub fn requested(&mut self, event: &RingEvent, tracee: &dyn TraceeMemory) {
        let request = event.request;
        match event.kind {
            RingEventKind::Submitted => self.submitted(event, tracee),
            RingEventKind::Completed { result } => {
                self.completed(event, result.max(0) as u64, tracee);
            }
            RingEventKind::Notified => {
                if let Some(sent) = self.unreported.requests.remove(&event.number) {
                    self.go(reported(sent, request));
                }
            }
            RingEventKind::Abandoned => {
                let is_done = request.flags & SKIP_SUCCESS != 0 && request.completions == 0;
                let bytes = if is_done {
                    u64::from(request.length)
                } else {
                    0
                };
                if let Some(sent) = self.unreported.requests.remove(&event.number) {
                    self.go(sent);
                } else if let Some(pending) = self.asked.remove(&event.number) {
                    self.settle(pending, bytes);
                } else {
                    self.unexplained(request.does().moves(), bytes);
                }
            }
        }
    }

    /// A request has been handed to the kernel.
    fn submitted(&mut self, event: &RingEvent, tracee: &dyn TraceeMemory) {
        let op = event.request.does();
        let (shape, report) = match op {
            Op::Write(shape) | Op::Send(shape) => (shape, Report::None),
            Op::SendZc(shape) => (shape, Report::Outstanding),
            _ => return,
        };
        let Some(sink) = self.of_request(event, 0, tracee) else {
            return;
        };
        let Some(ranges) = ranges(event.request, shape, tracee) else {
            return;
        };
        let call = self.showing(event);
        if let Some(pending) = self.pending_write((op, report), call, sink, &ranges, tracee) {
            self.asked.insert(event.number, pending);
        }
    }

    /// A completion was seen, of so many bytes.
    fn completed(&mut self, event: &RingEvent, bytes: u64, tracee: &dyn TraceeMemory) {
        if let Some(pending) = self.asked.remove(&event.number) {
            match self.settled(pending, bytes) {
                Some(sent) if event.last => self.go(reported(sent, event.request)),
                Some(sent) => {
                    self.unreported.requests.insert(event.number, sent);
                }
                None => {}
            }
            return;
        }
        if bytes == 0 {
            return;
        }
        match event.request.does() {
            op @ (Op::Read(shape) | Op::Recv(shape)) => {
                let source = self.of_request(event, 0, tracee);
                let ranges = ranges(event.request, shape, tracee);
                let (Some(source), Some(mut ranges)) = (source, ranges) else {
                    self.unexplained.read_bytes += bytes;
                    return;
                };
                memory::cut(&mut ranges, bytes);
                let call = self.showing(event);
                let chunks = self.take(op, &source, bytes, call.number);
                self.arrive((op, &source), chunks, &ranges, &call, tracee);
            }
            op @ (Op::Splice | Op::Tee) => self.spliced(event, op, bytes, tracee),
            op => self.unexplained(op.moves(), bytes),
        }
    }

    fn spliced(&mut self, event: &RingEvent, op: Op, bytes: u64, tracee: &dyn TraceeMemory) {
        let sink = self.of_request(event, 0, tracee);
        let source = self.of_request(event, 1, tracee);
        let (Some(sink), Some(source)) = (sink, source) else {
            return self.unexplained(op.moves(), bytes);
        };
        let call = self.showing(event);
        let chunks = self.take(op, &source, bytes, call.number);
        self.pass_on(chunks, (&source, &sink), op, &call, tracee.pid());
    }

    /// The call that shows requests: all that it shows count it once.
    fn showing(&mut self, event: &RingEvent) -> Rc<MovingCall> {
        let shown_by = &event.shown_by;
        match &self.showing {
            Some(call) if call.number == shown_by.number => Rc::clone(call),
            _ => {
                let call = MovingCall::new(shown_by.number, shown_by.call.name);
                self.showing = Some(Rc::clone(&call));
                call
            }
        }
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
        let open = self.look_up(&event.shown_by, index, tracee)?;
        self.by_descriptor.insert(index, open);
        Some(open)
    }
}

/// A send with what the kernel has reported of it.
fn reported(sent: Sent, request: &Request) -> Sent {
    let report = match sent.report {
        Report::Outstanding => Report::of_zerocopy(request.copied()),
        report => report,
    };
    Sent { report, ..sent }
}

/// The memory that a request names; none where the kernel chooses it.
fn ranges(request: &Request, shape: Shape, tracee: &dyn TraceeMemory) -> Option<Vec<Range>> {
    if request.flags & BUFFER_SELECT != 0 {
        return None;
    }
    let args = [0, request.address, u64::from(request.length), 0, 0, 0];
    memory::ranges(shape, &args, None, tracee)
}
