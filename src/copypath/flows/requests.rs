//! Requests of io_urings: as calls, but that what is written is looked at when the request is handed over, and what
//! was read when it is seen to be done.

use std::rc::Rc;

use super::{
    Flows, Manner, Moment, Process,
    calls::{self, Range},
    ends::Open,
    tally::Mark,
};
use crate::model::{Addresses, DescriptorKind, Request};
use crate::syscall::{Op, Shape};

/// `IOSQE_BUFFER_SELECT`: the kernel chooses the memory.
const BUFFER_SELECT: u8 = 1 << 5;

impl Flows {
    /// A request has been handed to the kernel.
    pub fn submitted(
        &mut self,
        request: &Request,
        number: u64,
        moment: &Moment,
        process: &dyn Process,
    ) {
        let (Op::Write(shape) | Op::Send(shape) | Op::SendZc(shape)) = request.does() else {
            return;
        };
        let Some(sink) = self.of_request(request, 0, moment, process) else {
            return;
        };
        let Some(ranges) = memory(request, shape, process) else {
            return;
        };
        let mark = self.showing(moment);
        let manner = match (request.copied(), request.notification) {
            (Some(true), _) => Manner::Copied,
            _ if matches!(request.does(), Op::SendZc(_)) => Manner::NotCopied,
            _ => Manner::Copy,
        };
        if let Some(pending) = self.pending_write(mark, sink, &ranges, process, manner) {
            self.asked.insert(number, pending);
        }
    }

    /// A request is seen to be done.
    pub fn completed(
        &mut self,
        request: &Request,
        number: u64,
        moment: &Moment,
        process: &dyn Process,
    ) {
        let asked = self.asked.remove(&number);
        let bytes = request.returned().unwrap_or(0) as u64;
        if let Some(mut pending) = asked {
            if request.copied() == Some(true) {
                pending.manner = Manner::Copied;
            }
            return self.settle(pending, bytes);
        }
        if bytes == 0 {
            return;
        }
        match request.does() {
            Op::Read(shape) | Op::Recv(shape) => {
                let source = self.of_request(request, 0, moment, process);
                let ranges = memory(request, shape, process);
                let (Some(source), Some(mut ranges)) = (source, ranges) else {
                    self.unexplained.read_bytes += bytes;
                    return;
                };
                calls::cut(&mut ranges, bytes);
                let mark = self.showing(moment);
                let chunks = self.take(&source, bytes, mark.number);
                self.arrive(&source, chunks, &ranges, &mark, process);
            }
            op @ (Op::Splice | Op::Tee) => self.spliced(request, op, bytes, moment, process),
            op => self.unexplained(op.moves(), bytes),
        }
    }

    fn spliced(
        &mut self,
        request: &Request,
        op: Op,
        bytes: u64,
        moment: &Moment,
        process: &dyn Process,
    ) {
        let sink = self.of_request(request, 0, moment, process);
        let source = self.of_request(request, 1, moment, process);
        let (Some(sink), Some(source)) = (sink, source) else {
            self.unexplained.read_bytes += bytes;
            self.unexplained.written_bytes += bytes;
            return;
        };
        let mark = self.showing(moment);
        let queue = self.queue_of_source(&source).filter(|_| op == Op::Tee);
        let chunks = match queue {
            Some(queue) => self.pipes.look(queue, bytes),
            None => self.take(&source, bytes, mark.number),
        };
        self.pass_on(chunks, (&source, &sink), op, &mark, process);
    }

    /// The call that shows requests: all that it shows count it once.
    fn showing(&mut self, moment: &Moment) -> Rc<Mark> {
        match &self.showing {
            Some(mark) if mark.number == moment.number => Rc::clone(mark),
            _ => {
                let mark = Mark::new(moment.number, moment.call.name);
                self.showing = Some(Rc::clone(&mark));
                mark
            }
        }
    }

    /// The open descriptor that a request names.
    fn of_request(
        &mut self,
        request: &Request,
        which: usize,
        moment: &Moment,
        process: &dyn Process,
    ) -> Option<Open> {
        let index = request.descriptors[which];
        if let Some(open) = self.by_descriptor.get(&index) {
            return Some(*open);
        }
        let descriptor = moment.trace.descriptors.get(index as usize)?;
        let addresses = match descriptor.kind {
            DescriptorKind::Tcp | DescriptorKind::Udp => process.addresses(descriptor.fd),
            _ => Addresses::default(),
        };
        let open = self.ends.open(descriptor, &addresses);
        self.by_descriptor.insert(index, open);
        Some(open)
    }
}

/// The memory that a request names; none where the kernel chooses it.
fn memory(request: &Request, shape: Shape, process: &dyn Process) -> Option<Vec<Range>> {
    if request.flags & BUFFER_SELECT != 0 {
        return None;
    }
    let args = [0, request.address, u64::from(request.length), 0, 0, 0];
    calls::ranges(shape, &args, None, process)
}
