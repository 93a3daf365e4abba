//! The lab: what each call of a recording moved, and from where to where, by [`rule::step`].

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{
    mappings::Mappings,
    rule::{self, Medium, Report},
};
use crate::model::{
    Call, Descriptor, DescriptorKind, Hop, KernelReports, Outcome, Place, Request, Side, Trace,
};
use crate::syscall::{MAP_SHARED, MSG_ZEROCOPY, Op, Ops, PROT_WRITE, Shape, TCP_ZEROCOPY_RECEIVE};

/// Goes through the calls of a recording, in order. It remembers what is needed to understand the next call, the
/// mappings, and knows of the run what no call shows; by default, nothing.
#[derive(Clone, Debug, Default)]
pub struct CopyTracker {
    ops: Ops,
    /// What of each process's memory shows files.
    mappings: HashMap<i32, Mappings<()>>,
    /// The file system shared its blocks between source and sink.
    shares_blocks: bool,
    /// What the kernel reported of sends with MSG_ZEROCOPY.
    reports: Option<Arc<KernelReports>>,
    /// Such sends so far: the kernel numbers them from 0.
    zerocopy_sends: u32,
    /// What the kernel reported of receives with TCP_ZEROCOPY_RECEIVE.
    mapped_receives: Option<Arc<Vec<u32>>>,
    /// Such receives so far.
    zerocopy_receives: usize,
    /// Bytes of memory that a message's descriptor stands for.
    passed_memory: Option<u64>,
    /// The calls are a server's: what it receives are requests, and what it sends by send(2) are heads. Neither is
    /// payload.
    serves: bool,
    /// What a sendfile(2) is on the kernel that made the calls.
    sendfile: Option<Report>,
}

impl CopyTracker {
    /// The state before the first call of a run that came to this.
    pub fn of(outcome: &Outcome) -> CopyTracker {
        CopyTracker {
            shares_blocks: outcome.bytes_moved > 0
                && outcome.shared_blocks == Some(outcome.bytes_moved),
            reports: outcome.kernel_reports.clone().map(Arc::new),
            mapped_receives: outcome.mapped_receives.clone().map(Arc::new),
            passed_memory: outcome.passed_memory,
            serves: outcome.served.is_some(),
            ..CopyTracker::default()
        }
    }

    /// The same of calls that this kernel made (`Linux 6.18.44`).
    pub fn on(self, kernel: &str) -> CopyTracker {
        let sendfile = Some(Report::of_sendfile(kernel));
        CopyTracker { sendfile, ..self }
    }

    /// Takes the next call of `trace` by its number (in order) and says what it moved, one hop after the other: a call
    /// that hands over requests of an io_uring moves what they ask for.
    pub fn hops(&mut self, trace: &Trace, number: usize) -> Vec<Hop> {
        let Some(call) = trace.calls.get(number) else {
            return Vec::new();
        };
        let own = self.hop(trace, call);
        let requests = trace.requests_of(number).iter();
        let asked = requests.filter_map(|request| of_request(trace, request));
        own.into_iter().chain(asked).collect()
    }

    /// Takes the next call of `trace` (in order) and says what it moved: nothing if it failed, moved 0 bytes, or
    /// is not known here. What its requests of an io_uring moved is left out: see [`CopyTracker::hops`].
    pub fn hop(&mut self, trace: &Trace, call: &Call) -> Option<Hop> {
        let bytes = u64::try_from(call.returned()?).ok()?;
        let op = self.ops.of(trace, call);
        let of = |which| Some(medium(trace.descriptor(call, which)?));
        match op {
            Op::Recv(Shape::Buffer) | Op::Send(Shape::Buffer) if self.serves => None,
            Op::Read(Shape::Buffer) | Op::Recv(Shape::Buffer) => {
                hop(op, (of(0)?, Medium::Buffer), Report::None, bytes)
            }
            Op::Write(Shape::Buffer) | Op::Send(Shape::Buffer) => {
                let mapped = self.mappings.get(&pid(trace, call));
                let mapped = mapped.and_then(|it| it.of(range(call.args[1], bytes)));
                let from = mapped.map_or(Medium::Buffer, |()| Medium::Mapping);
                let report = self.report(op, call);
                hop(op, (from, of(0)?), report, bytes)
            }
            // A message with a descriptor of memory: the few bytes of its own are no payload.
            Op::Send(Shape::Message) => {
                let ends = (Medium::Buffer, Medium::Peer);
                hop(op, ends, Report::MappedByPeer, self.passed_memory?)
            }
            Op::Sendfile => {
                let report = self.sendfile.unwrap_or(Report::None);
                hop(op, (of(1)?, of(0)?), report, bytes)
            }
            Op::Splice | Op::Tee => hop(op, (of(0)?, of(1)?), Report::None, bytes),
            Op::Vmsplice => hop(op, (Medium::Buffer, of(0)?), Report::None, bytes),
            Op::CopyRange => {
                let report = if self.shares_blocks {
                    Report::SharedBlocks
                } else {
                    Report::None
                };
                hop(op, (of(0)?, of(1)?), report, bytes)
            }
            Op::GetOption => {
                let bytes = self.mapped(call)?;
                hop(op, (of(0)?, Medium::Buffer), Report::None, bytes)
            }
            Op::Map => self.map(trace, call, bytes),
            Op::Unmap | Op::Remap => {
                let mappings = self.mappings.get_mut(&pid(trace, call))?;
                mappings.remove(&range(call.args[0], call.args[1]));
                None
            }
            Op::Exec => {
                self.mappings.remove(&pid(trace, call));
                None
            }
            _ => None,
        }
    }

    /// What the kernel has reported of a send.
    fn report(&mut self, op: Op, call: &Call) -> Report {
        if op.message_flags(&call.args) & MSG_ZEROCOPY == 0 {
            return Report::None;
        }
        let Some(reports) = &self.reports else {
            return Report::Outstanding;
        };
        let number = self.zerocopy_sends;
        self.zerocopy_sends += 1;
        let runs = &reports.copied_sends;
        let next = runs.partition_point(|run| run[1] < number);
        Report::of_zerocopy(Some(runs.get(next).is_some_and(|run| run[0] <= number)))
    }

    /// How many bytes the kernel said it mapped at a receive.
    fn mapped(&mut self, call: &Call) -> Option<u64> {
        (call.args[2] == TCP_ZEROCOPY_RECEIVE).then_some(())?;
        let number = self.zerocopy_receives;
        self.zerocopy_receives += 1;
        let bytes = self.mapped_receives.as_ref()?.get(number)?;
        Some(u64::from(*bytes))
    }

    fn map(&mut self, trace: &Trace, call: &Call, start: u64) -> Option<Hop> {
        let [_, length, protection, flags, ..] = call.args;
        let (mappings, range) = (
            self.mappings.entry(pid(trace, call)).or_default(),
            range(start, length),
        );
        mappings.remove(&range);
        let file = trace.descriptor(call, 0)?;
        (file.kind == DescriptorKind::File).then_some(())?;
        // A private page that was written to is the program's own: where it is writable, nobody can tell.
        if protection & PROT_WRITE == 0 || flags & MAP_SHARED != 0 {
            mappings.insert(range, ());
        }
        let ends = (medium(file), Medium::Buffer);
        hop(Op::Map, ends, Report::None, length)
    }
}

/// The requests of a call that moved payload, in the order of their hops in [`CopyTracker::hops`].
pub fn moving_requests(trace: &Trace, call: usize) -> impl Iterator<Item = &Request> {
    let requests = trace.requests_of(call).iter();
    requests.filter(|request| of_request(trace, request).is_some())
}

/// What a request of an io_uring moved: nothing if it failed, moved 0 bytes, or is not known here.
fn of_request(trace: &Trace, request: &Request) -> Option<Hop> {
    let bytes = u64::try_from(request.returned()?).ok()?;
    let of = |which| Some(medium(trace.descriptor_of(request, which)?));
    let op = request.does();
    let (ends, report) = match op {
        Op::Read(_) | Op::Recv(_) | Op::RecvZc => ((of(0)?, Medium::Buffer), Report::None),
        Op::Write(_) | Op::Send(_) => ((Medium::Buffer, of(0)?), Report::None),
        Op::SendZc(_) => {
            let report = Report::of_zerocopy(request.copied());
            ((Medium::Buffer, of(0)?), report)
        }
        Op::Splice | Op::Tee => ((of(1)?, of(0)?), Report::None),
        _ => return None,
    };
    hop(op, ends, report, bytes)
}

/// A hop of payload. Bytes from a device or to one are none.
fn hop(op: Op, (from, to): (Medium, Medium), report: Report, bytes: u64) -> Option<Hop> {
    let step = rule::step(op, from, to, report).filter(|_| bytes > 0)?;
    let is_payload = step.from != Place::Device && step.to != Place::Device;
    is_payload.then(|| step.of(bytes, Side::Sender))
}

/// What a descriptor of a recording is.
fn medium(descriptor: &Descriptor) -> Medium {
    let address = descriptor.name.split_once(' ').map_or("", |(_, it)| it);
    Medium::of(descriptor, rule::is_loopback(address))
}

fn pid(trace: &Trace, call: &Call) -> i32 {
    trace
        .tasks
        .get(usize::from(call.task))
        .map_or(0, |task| task.pid)
}

fn range(start: u64, length: u64) -> Range<u64> {
    start..start.saturating_add(length)
}
