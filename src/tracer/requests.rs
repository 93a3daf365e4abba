//! Requests that programs have handed to the kernel, and what becomes of them: a [`Book`] for each queue, be it an
//! io_uring or a context of the older asynchronous I/O (io_submit(2)).

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{
    descriptors::{FdTable, Table},
    kernel::Tid,
    tracee::Tracee,
};
use crate::model::{
    CallRef, Descriptor, MemoryRange, Request, RingEventKind, Trace,
    request::{IO_DRAIN, IO_HARDLINK, IO_LINK, SKIP_SUCCESS},
};
use crate::syscall::Op;

/// Where requests are written down.
pub(super) struct RequestSink<'a> {
    pub trace: &'a mut Trace,
    /// Calls and requests that the trace no longer keeps: the oldest.
    pub dropped: (u64, u64),
    pub table: &'a mut Table,
    pub fds: &'a mut FdTable,
    /// How many requests have been numbered.
    pub made: &'a mut u64,
    /// What is seen is recorded.
    pub is_recording: bool,
    /// The call that is being made or has just returned.
    pub call: Option<CallRef>,
    pub changes: &'a mut Vec<RequestChange>,
}

/// What has become of a request.
pub(super) struct RequestChange {
    /// Its number since the recording began.
    pub number: u64,
    pub request: Request,
    /// Who handed it over.
    pub who: Tracee,
    pub kind: RingEventKind,
    /// Nothing else will.
    pub last: bool,
    /// Where its bytes are, where the kernel has chosen the memory.
    pub memory: Option<Vec<MemoryRange>>,
    /// The call that counts as having moved its bytes.
    pub call: Option<CallRef>,
}

/// A request that is about to be handed over, with what its text and its joining do not need to know.
#[derive(Clone)]
pub(super) struct Submitted {
    pub request: Request,
    pub who: Tracee,
    /// The call that hands it over; none where a thread of the kernel takes it.
    pub call: Option<CallRef>,
    /// For an operation that makes, replaces or closes a registered file: its index and 1 more, or all bits for any.
    pub file_index: u32,
    /// The registered file that it will make, where its path says what it is.
    pub file: Option<Descriptor>,
    /// Bytes that the kernel puts before the payload (recvmsg, multishot).
    pub head: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Completion {
    pub user_data: u64,
    pub result: i64,
    pub flags: u32,
}

pub(super) const CQE_MORE: u32 = 1 << 1;
pub(super) const CQE_NOTIFICATION: u32 = 1 << 3;

/// By the order of submission.
pub(super) type Serial = u64;

struct Outstanding {
    it: Submitted,
    /// Its number since the recording began; none where it was not recorded.
    number: Option<u64>,
    /// Its place among the recorded ones, with those that are no longer kept.
    place: Option<u64>,
    /// It has been told that the kernel may work on it.
    is_started: bool,
    /// The request that begins when this one has ended.
    next: Option<Serial>,
    has_result: bool,
    is_notified: bool,
}

/// The requests of a queue that are without their last completion.
#[derive(Default)]
pub(super) struct Book {
    open: BTreeMap<Serial, Outstanding>,
    /// By their user_data, oldest first.
    by_data: HashMap<u64, VecDeque<Serial>>,
    made: Serial,
    /// The last request, where it is linked to the next one.
    chain: Option<Serial>,
    /// Those that begin when all before them have ended.
    drains: Vec<Serial>,
    /// Those that post no completion when they succeed.
    silent: VecDeque<Serial>,
    /// What calls that have not returned are handing over, by thread.
    entering: HashMap<Tid, Vec<Serial>>,
}

/// So many requests that post no completion are waited for: the oldest have long succeeded.
const MOST_SILENT: usize = 4096;

impl Book {
    /// A call hands these over, as far as the kernel takes them. What it does with them others may see before the call
    /// is seen to return.
    pub fn enter(&mut self, tid: Tid, requests: Vec<Submitted>, sink: &mut RequestSink) {
        let serials = requests.into_iter().map(|it| self.add(it, sink));
        let serials = serials.collect();
        self.entering.insert(tid, serials);
        self.chain = None;
    }

    /// The call has returned: the kernel has taken so many of them.
    pub fn leave(&mut self, tid: Tid, taken: usize, sink: &mut RequestSink) {
        let asked = self.entering.remove(&tid).unwrap_or_default();
        for (place, serial) in asked.into_iter().enumerate() {
            if place < taken {
                self.record(serial, sink);
            } else if let Some(open) = self.remove(serial) {
                open.tell(RingEventKind::Withdrawn, true, None, sink);
            }
        }
    }

    /// The kernel has taken a request that no call has handed over.
    pub fn submit(&mut self, it: Submitted, sink: &mut RequestSink) {
        let serial = self.add(it, sink);
        self.record(serial, sink);
    }

    fn add(&mut self, it: Submitted, sink: &mut RequestSink) -> Serial {
        self.made += 1;
        let serial = self.made;
        let number = sink.is_recording.then(|| {
            *sink.made += 1;
            *sink.made - 1
        });
        let flags = it.request.flags;
        let before = self.chain.take();
        let before = before.and_then(|before| self.open.get_mut(&before));
        // What a splice moves is not looked at: whoever takes it from its sink may be faster than what it waits for.
        let waits = it.request.does() != Op::Splice;
        let waits = waits && (before.is_some() || flags & IO_DRAIN != 0);
        if let Some(before) = before {
            before.next = Some(serial);
        }
        if flags & (IO_LINK | IO_HARDLINK) != 0 {
            self.chain = Some(serial);
        }
        if flags & IO_DRAIN != 0 {
            self.drains.push(serial);
        }
        if flags & SKIP_SUCCESS != 0 {
            self.silent.push_back(serial);
        }
        let same = self.by_data.entry(it.request.user_data).or_default();
        same.push_back(serial);
        let open = Outstanding {
            it,
            number,
            place: None,
            is_started: false,
            next: None,
            has_result: false,
            is_notified: false,
        };
        open.tell(RingEventKind::Submitted, false, None, sink);
        self.open.insert(serial, open);
        if !waits {
            self.start(serial, sink);
        }
        if self.silent.len() > MOST_SILENT
            && let Some(oldest) = self.silent.front().copied()
        {
            self.succeeded(oldest, sink);
        }
        serial
    }

    /// Writes down a request that the kernel has taken: under its call, else under the last one.
    fn record(&mut self, serial: Serial, sink: &mut RequestSink) {
        let Some(open) = self.open.get_mut(&serial) else {
            return;
        };
        let last = sink.trace.calls.len().checked_sub(1);
        let call = match open.it.call {
            Some(call) => call.number.checked_sub(sink.dropped.0),
            None => last.map(|last| last as u64),
        };
        if let (Some(call), None, Some(_)) = (call, open.place, open.number) {
            open.it.request.call = call as u32;
            open.place = Some(sink.dropped.1 + sink.trace.requests.len() as u64);
            sink.trace.requests.push(open.it.request);
        }
    }

    /// The request that a completion is of: the oldest with its user_data, of those that are to post none when they
    /// succeed only where there is no other.
    pub fn find(&self, completion: &Completion) -> Option<Serial> {
        let notifies = completion.flags & CQE_NOTIFICATION != 0;
        let same = self.by_data.get(&completion.user_data)?.iter().copied();
        let is_it = |open: &Outstanding| match notifies {
            true => open.is_zero_copy() && !open.is_notified,
            false => !open.has_result,
        };
        let mut candidates = same.filter(|serial| self.open.get(serial).is_some_and(is_it));
        let oldest = candidates.clone().next();
        let is_silent = |serial: &Serial| self.silent.contains(serial);
        match completion.result >= 0 && oldest.is_some_and(|oldest| is_silent(&oldest)) {
            true => candidates.find(|serial| !is_silent(serial)).or(oldest),
            false => oldest,
        }
    }

    pub fn get(&self, serial: Serial) -> Option<&Submitted> {
        self.open.get(&serial).map(|open| &open.it)
    }

    /// What its descriptor was, where that was not known when it was handed over.
    pub fn name(&mut self, serial: Serial, descriptor: u32) {
        if let Some(open) = self.open.get_mut(&serial) {
            open.it.request.descriptors[0] = descriptor;
        }
    }

    /// A completion was seen.
    pub fn complete(
        &mut self,
        serial: Serial,
        completion: &Completion,
        memory: Option<Vec<MemoryRange>>,
        sink: &mut RequestSink,
    ) {
        self.record(serial, sink);
        self.start(serial, sink);
        let Some(open) = self.open.get_mut(&serial) else {
            return;
        };
        let notifies = completion.flags & CQE_NOTIFICATION != 0;
        let more = completion.flags & CQE_MORE != 0;
        // A zero-copy send has a notification beside its result: which of them comes first is not certain.
        let done = match (notifies, open.is_zero_copy()) {
            (true, _) => {
                open.is_notified = true;
                open.has_result
            }
            (false, true) => {
                open.has_result = true;
                open.is_notified || !more
            }
            (false, false) => {
                open.has_result = !more;
                !more
            }
        };
        open.write_down(completion, notifies, sink);
        let kind = match notifies {
            true => RingEventKind::Notified,
            false => RingEventKind::Completed {
                result: completion.result,
            },
        };
        open.tell(kind, done, memory, sink);
        let has_result = open.has_result;
        match done {
            true => self.end(serial, sink),
            false if has_result => self.follow(serial, sink),
            false => {}
        }
    }

    /// Nothing more will be seen. `is_lost`: completions have been missed.
    pub fn abandon(&mut self, is_lost: bool, sink: &mut RequestSink) {
        while let Some(serial) = self.silent.front().copied() {
            self.succeeded(serial, sink);
        }
        self.drains.clear();
        let open: Vec<_> = self.open.keys().copied().collect();
        open.into_iter()
            .for_each(|serial| self.record(serial, sink));
        for (_, open) in std::mem::take(&mut self.open) {
            let is_lost = is_lost && !open.has_result;
            open.tell(RingEventKind::Abandoned { is_lost }, true, None, sink);
        }
        *self = Book::default();
    }

    /// The indices of descriptors that are held.
    pub fn descriptors(&mut self) -> impl Iterator<Item = &mut u32> {
        let open = self.open.values_mut();
        open.flat_map(|open| &mut open.it.request.descriptors)
    }

    /// The kernel may work on it from now on.
    fn start(&mut self, serial: Serial, sink: &mut RequestSink) {
        if let Some(open) = self.open.get_mut(&serial)
            && !open.is_started
        {
            open.is_started = true;
            open.tell(RingEventKind::Started, false, None, sink);
        }
    }

    /// It posts no completion, because it did all that it was asked for.
    fn succeeded(&mut self, serial: Serial, sink: &mut RequestSink) {
        self.start(serial, sink);
        let Some(open) = self.open.get_mut(&serial) else {
            self.silent.retain(|it| *it != serial);
            return;
        };
        open.has_result = true;
        open.tell(RingEventKind::Silent, true, None, sink);
        self.end(serial, sink);
    }

    fn end(&mut self, serial: Serial, sink: &mut RequestSink) {
        self.follow(serial, sink);
        self.remove(serial);
    }

    fn remove(&mut self, serial: Serial) -> Option<Outstanding> {
        let open = self.open.remove(&serial)?;
        if open.it.request.flags & SKIP_SUCCESS != 0 {
            self.silent.retain(|it| *it != serial);
        }
        if open.it.request.flags & IO_DRAIN != 0 {
            self.drains.retain(|it| *it != serial);
        }
        if self.chain == Some(serial) {
            self.chain = None;
        }
        let data = open.it.request.user_data;
        if let Some(same) = self.by_data.get_mut(&data) {
            same.retain(|it| *it != serial);
            if same.is_empty() {
                self.by_data.remove(&data);
            }
        }
        Some(open)
    }

    /// A request has ended: those that it was linked to have, too, and those that wait for it begin.
    fn follow(&mut self, serial: Serial, sink: &mut RequestSink) {
        let before = self.silent.iter().copied().find(|silent| {
            self.open
                .get(silent)
                .is_some_and(|open| open.next == Some(serial))
        });
        if let Some(before) = before {
            self.succeeded(before, sink);
        }
        if let Some(next) = self.open.get(&serial).and_then(|open| open.next) {
            self.start(next, sink);
        }
        let ended = |(it, open): (&Serial, &Outstanding)| *it == serial || open.has_result;
        let (ready, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.drains)
            .into_iter()
            .partition(|drain| self.open.range(..*drain).all(ended));
        self.drains = waiting;
        ready.into_iter().for_each(|drain| self.start(drain, sink));
    }
}

impl Outstanding {
    fn is_zero_copy(&self) -> bool {
        matches!(self.it.request.does(), Op::SendZc(_))
    }

    fn tell(
        &self,
        kind: RingEventKind,
        last: bool,
        memory: Option<Vec<MemoryRange>>,
        sink: &mut RequestSink,
    ) {
        let Some(number) = self.number else {
            return;
        };
        sink.changes.push(RequestChange {
            number,
            request: self.it.request,
            who: self.it.who,
            kind,
            last,
            memory,
            // Without a call of its own none has moved it.
            call: self.it.call.and(sink.call).or(self.it.call),
        });
    }

    /// Writes a completion to the request, and to the trace where that still has it.
    fn write_down(&mut self, completion: &Completion, notifies: bool, sink: &mut RequestSink) {
        let last = sink.trace.calls.len().saturating_sub(1) as u64;
        let call = sink
            .call
            .and_then(|call| call.number.checked_sub(sink.dropped.0));
        let seen = call.unwrap_or(last) as u32;
        let kept = self.place.and_then(|place| {
            let place = place.checked_sub(sink.dropped.1)?;
            sink.trace.requests.get_mut(place as usize)
        });
        let descriptors = self.it.request.descriptors;
        for request in [&mut self.it.request].into_iter().chain(kept) {
            request.descriptors = descriptors;
            request.seen = seen;
            if notifies {
                request.notification = Some(completion.result as u32);
                continue;
            }
            request.completions += 1;
            request.result = Some(match request.result {
                Some(before) if before >= 0 && completion.result >= 0 => before + completion.result,
                Some(before) if before > 0 => before,
                _ => completion.result,
            });
        }
    }
}
