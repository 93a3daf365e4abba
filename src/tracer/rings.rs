//! Requests of io_urings: read from the rings, because ptrace sees no more of them than io_uring_enter(2).
//!
//! A ring's memory is shared between its program and the kernel, and whoever has the descriptor may map it, too. So
//! the tracer takes a duplicate of the descriptor (pidfd_getfd, Linux 5.6), maps it read-only, and gives the duplicate
//! back at once. At the entry of io_uring_enter it reads what the program has put into the submission queue, at its
//! exit what the kernel has put into the completion queue. The mapping goes when the program closes the ring: it would
//! keep the ring alive.
//!
//! [`Rings`] belongs to one process. It has to see that process's calls from the first one on, recorded or not:
//! rings, registered files and registered ring descriptors are followed from the calls that make them.

use std::collections::{HashMap, VecDeque};

use super::{
    descriptors::{FdTable, Table, look_up},
    kernel::{CallInfo, Tid},
    memory::read_words,
    ring_memory::{Completion, RingMemory, Submission, field},
    tracee::Tracee,
};
use crate::model::{
    Descriptor, NO_DESCRIPTOR, Request, RingEventKind, Trace, Unread,
    request::{FD_IN_FIXED, FIXED_FILE},
};
use crate::syscall::{Op, ring_op};

/// Where requests are written down.
pub(super) struct RequestSink<'a> {
    pub trace: &'a mut Trace,
    pub table: &'a mut Table,
    pub fds: &'a mut FdTable,
    /// The call that is being made, by its place in the trace. None: it is not recorded, nor are its requests.
    pub call: Option<u32>,
    pub changes: &'a mut Vec<RequestChange>,
}

/// What has become of a request.
pub(super) struct RequestChange {
    /// Its place in the trace.
    pub index: usize,
    pub kind: RingEventKind,
    /// Nothing else will.
    pub last: bool,
}

#[derive(Default)]
pub(super) struct Rings {
    rings: HashMap<u32, Ring>,
    made: u32,
    by_fd: HashMap<i32, u32>,
    /// By a thread's index of a registered ring descriptor.
    by_index: HashMap<(Tid, u32), u32>,
    /// The calls that threads are in.
    entered: HashMap<Tid, Entered>,
}

struct Ring {
    fd: i32,
    memory: Result<RingMemory, String>,
    /// That it cannot be read has been written down.
    is_noted: bool,
    files: Vec<Option<Descriptor>>,
    /// Requests without their last completion, by user_data, oldest first.
    open: HashMap<u64, VecDeque<Outstanding>>,
}

struct Outstanding {
    /// Its place in the trace; none where it was not recorded.
    index: Option<usize>,
    /// It has a notification beside its result: which of them comes first is not certain.
    zero_copy: bool,
    has_result: bool,
    is_notified: bool,
}

enum Entered {
    Setup {
        params: u64,
    },
    Enter {
        ring: u32,
        requests: Vec<Request>,
    },
    Register(u32, Registration),
    /// io_uring_register(2) with the descriptors of rings.
    RegisterRings(Registration),
}

/// What io_uring_register(2) is asked for.
struct Registration {
    op: u32,
    arg: u64,
    count: u32,
}

const ENTER_REGISTERED_RING: u32 = 1 << 4;
const REGISTER_USE_REGISTERED_RING: u32 = 1 << 31;
const REGISTER_FILES: u32 = 2;
const UNREGISTER_FILES: u32 = 3;
const REGISTER_FILES_UPDATE: u32 = 6;
const REGISTER_FILES2: u32 = 13;
const REGISTER_FILES_UPDATE2: u32 = 14;
const REGISTER_RING_FDS: u32 = 20;
const UNREGISTER_RING_FDS: u32 = 21;
const REGISTER_RESIZE_RINGS: u32 = 33;
/// No ring has more registered files (`IORING_MAX_FIXED_FILES`).
const MOST_FILES: u32 = 1 << 20;

const CQE_MORE: u32 = 1 << 1;
const CQE_NOTIFICATION: u32 = 1 << 3;

impl Rings {
    pub fn enter(&mut self, who: Tracee, info: &CallInfo, sink: &mut RequestSink) {
        let [_, first, second, _, fourth, ..] = info.data;
        let entered = match info.does() {
            Op::RingSetup => Entered::Setup { params: second },
            Op::RingEnter => {
                let registered = fourth as u32 & ENTER_REGISTERED_RING != 0;
                let Some(ring) = self.find(who, first, registered, sink) else {
                    return;
                };
                let requests = self.submissions(ring, who, second as u32, sink);
                Entered::Enter { ring, requests }
            }
            Op::RingRegister => match self.registering(who, first, info, sink) {
                Some(entered) => entered,
                None => return,
            },
            Op::Close => return self.close(first as i32, sink),
            Op::Dup2 => return self.close(second as i32, sink),
            Op::CloseRange => {
                let closed = |fd: &i32| (first..=second).contains(&(*fd as u64));
                let gone: Vec<_> = self.by_fd.keys().copied().filter(closed).collect();
                return gone.into_iter().for_each(|fd| self.close(fd, sink));
            }
            _ => return,
        };
        self.entered.insert(who.tid, entered);
    }

    pub fn leave(&mut self, who: Tracee, result: i64, sink: &mut RequestSink) {
        if self.entered.is_empty() {
            return;
        }
        match self.entered.remove(&who.tid) {
            Some(Entered::Setup { params }) if result >= 0 => {
                let memory = RingMemory::open(who.pid, who.tid, result as i32, params);
                let ring = self.add(result as i32, memory);
                self.note_unread(ring, who, sink);
            }
            Some(Entered::Enter { ring, requests }) => {
                let taken = usize::try_from(result).unwrap_or(0);
                if let Some(ring) = self.rings.get_mut(&ring) {
                    requests
                        .into_iter()
                        .take(taken)
                        .for_each(|request| ring.submitted(request, sink));
                    ring.complete(sink);
                }
            }
            Some(Entered::Register(ring, what)) if result >= 0 => {
                if let Some(ring) = self.rings.get_mut(&ring) {
                    ring.registered(who, &what);
                }
            }
            // The kernel has written the indices to the list.
            Some(Entered::RegisterRings(what)) => {
                let count = what.count.min(result.max(0) as u32);
                for [index, fd] in ring_updates(who.tid, what.arg, count) {
                    if let Some(ring) = self.by_fd.get(&(fd as i32)) {
                        self.by_index.insert((who.tid, index), *ring);
                    }
                }
            }
            _ => {}
        }
    }

    /// The indices of descriptors that requests hold which are being handed over.
    pub fn descriptors(&mut self) -> impl Iterator<Item = &mut u32> {
        let requests = self.entered.values_mut().flat_map(|entered| match entered {
            Entered::Enter { requests, .. } => requests.as_mut_slice(),
            _ => &mut [],
        });
        requests.flat_map(|request| &mut request.descriptors)
    }

    /// The end: takes the completions that no call has shown; of what is outstanding then nothing will be known.
    pub fn finish(&mut self, sink: &mut RequestSink) {
        for ring in self.rings.values_mut() {
            ring.complete(sink);
            ring.abandon(sink);
        }
    }

    /// The recording begins here: what is outstanding is not in it, rings that cannot be read are to be named.
    pub fn begin(&mut self, who: Tracee, sink: &mut RequestSink) {
        for ring in self.rings.values_mut() {
            ring.abandon(sink);
            ring.is_noted = false;
        }
        let rings: Vec<_> = self.rings.keys().copied().collect();
        rings
            .into_iter()
            .for_each(|ring| self.note_unread(ring, who, sink));
    }

    fn add(&mut self, fd: i32, memory: Result<RingMemory, String>) -> u32 {
        let ring = Ring {
            fd,
            memory,
            is_noted: false,
            files: Vec::new(),
            open: HashMap::new(),
        };
        self.made += 1;
        self.rings.insert(self.made, ring);
        self.by_fd.insert(fd, self.made);
        self.made
    }

    /// The ring that a call names. One that is not known was there before the tracing.
    fn find(
        &mut self,
        who: Tracee,
        name: u64,
        by_index: bool,
        sink: &mut RequestSink,
    ) -> Option<u32> {
        let ring = match by_index {
            true => self.by_index.get(&(who.tid, name as u32)).copied()?,
            false => match self.by_fd.get(&(name as i32)) {
                Some(ring) => *ring,
                None => {
                    let fd = name as i32;
                    look_up(who.pid, fd).filter(|it| it.name == "io_uring")?;
                    let why = "it was made before the tracing began, or by another process";
                    self.add(fd, Err(why.to_owned()))
                }
            },
        };
        self.note_unread(ring, who, sink);
        Some(ring)
    }

    fn note_unread(&mut self, ring: u32, who: Tracee, sink: &mut RequestSink) {
        let Some(ring) = self.rings.get_mut(&ring) else {
            return;
        };
        if let (Err(reason), false, Some(_)) = (&ring.memory, ring.is_noted, sink.call) {
            ring.is_noted = true;
            sink.trace.unread.push(Unread {
                fd: ring.fd,
                pid: who.pid,
                reason: reason.clone(),
            });
        }
    }

    fn submissions(
        &self,
        ring: u32,
        who: Tracee,
        at_most: u32,
        sink: &mut RequestSink,
    ) -> Vec<Request> {
        let Some(ring) = self.rings.get(&ring) else {
            return Vec::new();
        };
        let Ok(memory) = &ring.memory else {
            return Vec::new();
        };
        let submissions = memory.submissions(at_most);
        let requests = submissions.iter().map(request);
        requests
            .map(|request| ring.with_descriptors(request, who, sink))
            .collect()
    }

    fn registering(
        &mut self,
        who: Tracee,
        name: u64,
        info: &CallInfo,
        sink: &mut RequestSink,
    ) -> Option<Entered> {
        let [_, _, op, arg, count, ..] = info.data;
        let by_index = op as u32 & REGISTER_USE_REGISTERED_RING != 0;
        let what = Registration {
            op: op as u32 & !REGISTER_USE_REGISTERED_RING,
            arg,
            count: count as u32,
        };
        match what.op {
            UNREGISTER_RING_FDS => {
                for [index, _] in ring_updates(who.tid, arg, what.count) {
                    self.by_index.remove(&(who.tid, index));
                }
                None
            }
            REGISTER_RING_FDS => Some(Entered::RegisterRings(what)),
            _ => {
                let ring = self.find(who, name, by_index, sink)?;
                Some(Entered::Register(ring, what))
            }
        }
    }

    /// A descriptor is about to be closed. Were a ring's memory still mapped then, the ring would live on.
    fn close(&mut self, fd: i32, sink: &mut RequestSink) {
        let Some(id) = self.by_fd.remove(&fd) else {
            return;
        };
        if !self.by_index.values().any(|ring| *ring == id)
            && let Some(mut ring) = self.rings.remove(&id)
        {
            ring.complete(sink);
            ring.abandon(sink);
        }
    }
}

impl Ring {
    fn with_descriptors(&self, request: Request, who: Tracee, sink: &mut RequestSink) -> Request {
        if sink.call.is_none() {
            return request;
        }
        let mut of = |fd: i32, fixed: bool| {
            let RequestSink {
                trace, table, fds, ..
            } = sink;
            let list = &mut trace.descriptors;
            match fixed {
                false => fds.open(who.pid, fd, table, list).index,
                true => {
                    let file = usize::try_from(fd).ok().and_then(|fd| self.files.get(fd));
                    match file {
                        Some(Some(file)) => table.open(file.clone(), list).index,
                        _ => NO_DESCRIPTOR,
                    }
                }
            }
        };
        let own = of(request.fd, request.flags & FIXED_FILE != 0);
        let from = match takes_from_another(request.does()) {
            true => of(request.fd_in, request.op_flags & FD_IN_FIXED != 0),
            false => NO_DESCRIPTOR,
        };
        Request {
            descriptors: [own, from],
            ..request
        }
    }

    fn submitted(&mut self, request: Request, sink: &mut RequestSink) {
        let index = sink.call.map(|call| {
            let index = sink.trace.requests.len();
            sink.trace.requests.push(Request { call, ..request });
            sink.changes.push(RequestChange {
                index,
                kind: RingEventKind::Submitted,
                last: false,
            });
            index
        });
        let same = self.open.entry(request.user_data).or_default();
        same.push_back(Outstanding {
            index,
            zero_copy: matches!(request.does(), Op::SendZc(_)),
            has_result: false,
            is_notified: false,
        });
    }

    /// Joins the new completions with their requests.
    fn complete(&mut self, sink: &mut RequestSink) {
        let Ok(memory) = &mut self.memory else {
            return;
        };
        for completion in memory.completions() {
            let Some(same) = self.open.get_mut(&completion.user_data) else {
                continue;
            };
            let notifies = completion.flags & CQE_NOTIFICATION != 0;
            let more = completion.flags & CQE_MORE != 0;
            let place = same.iter().position(|open| match notifies {
                true => open.zero_copy && !open.is_notified,
                false => !open.has_result,
            });
            let Some(place) = place else {
                continue;
            };
            let open = &mut same[place];
            let index = open.index;
            let done = match (notifies, open.zero_copy) {
                (true, _) => {
                    open.is_notified = true;
                    open.has_result
                }
                (false, true) => {
                    open.has_result = true;
                    open.is_notified || !more
                }
                (false, false) => !more,
            };
            if done {
                same.remove(place);
            }
            if same.is_empty() {
                self.open.remove(&completion.user_data);
            }
            if let Some(index) = index {
                write_down(sink, index, &completion, notifies);
                let kind = match notifies {
                    true => RingEventKind::Notified,
                    false => RingEventKind::Completed {
                        result: completion.result,
                    },
                };
                let last = done;
                sink.changes.push(RequestChange { index, kind, last });
            }
        }
    }

    /// What is outstanding is looked at no more.
    fn abandon(&mut self, sink: &mut RequestSink) {
        let open = self.open.values_mut().flatten();
        let places = open.filter_map(|open| open.index.take());
        sink.changes.extend(places.map(|index| RequestChange {
            index,
            kind: RingEventKind::Abandoned,
            last: true,
        }));
    }

    /// io_uring_register(2) has succeeded.
    fn registered(&mut self, who: Tracee, what: &Registration) {
        let (arg, count) = (what.arg, what.count.min(MOST_FILES));
        match what.op {
            REGISTER_FILES => self.files = files(who, arg, count),
            // struct io_uring_rsrc_register: how many, flags, reserved, where.
            REGISTER_FILES2 => {
                if let Some([count, _, _, _, low, high]) = read_words(who.tid, arg) {
                    self.files = files(who, long(low, high), count.min(MOST_FILES));
                }
            }
            UNREGISTER_FILES => self.files.clear(),
            // struct io_uring_rsrc_update: from where on, reserved, where.
            REGISTER_FILES_UPDATE => self.update_files(who, arg, count),
            REGISTER_FILES_UPDATE2 => {
                let nr = read_words::<7>(who.tid, arg).map_or(0, |words| words[6]);
                self.update_files(who, arg, nr.min(MOST_FILES));
            }
            REGISTER_RESIZE_RINGS => {
                self.memory = Err("it was resized while it was used".to_owned());
            }
            _ => {}
        }
    }

    fn update_files(&mut self, who: Tracee, arg: u64, count: u32) {
        const SKIP: i32 = -2;
        let Some([first, _, low, high]) = read_words(who.tid, arg) else {
            return;
        };
        let new = numbers(who.tid, long(low, high), count);
        for (file, fd) in self.files.iter_mut().skip(first as usize).zip(new) {
            if fd != SKIP {
                *file = look_up(who.pid, fd);
            }
        }
    }
}

/// What a submission asks for. `call` and what its descriptors were is left open.
fn request(submission: &Submission) -> Request {
    let of_8 = |at| u64::from_ne_bytes(field(submission, at));
    let of_4 = |at| u32::from_ne_bytes(field(submission, at));
    let of_2 = |at| u16::from_ne_bytes(field(submission, at));
    let [op, flags, ..] = *submission;
    Request {
        call: 0,
        op,
        flags,
        io_priority: of_2(2),
        op_flags: of_4(28),
        fd: of_4(4) as i32,
        fd_in: match takes_from_another(ring_op(op)) {
            true => of_4(44) as i32,
            false => 0,
        },
        descriptors: [NO_DESCRIPTOR; 2],
        address: of_8(16),
        offset: of_8(8),
        length: of_4(24),
        buffer: of_2(40),
        user_data: of_8(32),
        result: None,
        completions: 0,
        notification: None,
        seen: 0,
    }
}

fn takes_from_another(op: Op) -> bool {
    matches!(op, Op::Splice | Op::Tee)
}

fn write_down(sink: &mut RequestSink, index: usize, completion: &Completion, notifies: bool) {
    let last = sink.trace.calls.len().saturating_sub(1) as u32;
    let Some(request) = sink.trace.requests.get_mut(index) else {
        return;
    };
    request.seen = sink.call.unwrap_or(last);
    if notifies {
        request.notification = Some(completion.result as u32);
        return;
    }
    let result = i64::from(completion.result);
    request.completions += 1;
    request.result = Some(match request.result {
        Some(before) if before >= 0 && result >= 0 => before + result,
        Some(before) if before > 0 => before,
        _ => result,
    });
    // What these numbers mean from now on is another thing.
    match request.does() {
        Op::Close | Op::Address => sink.fds.forget(request.fd),
        Op::Open | Op::NewDescriptor | Op::Accept | Op::Dup if result >= 0 => {
            sink.fds.forget(result as i32)
        }
        _ => {}
    }
}

/// What a list of descriptors names; -1 is none.
fn files(who: Tracee, list: u64, count: u32) -> Vec<Option<Descriptor>> {
    let numbers = numbers(who.tid, list, count);
    numbers.map(|fd| look_up(who.pid, fd)).collect()
}

fn numbers(tid: Tid, list: u64, count: u32) -> impl Iterator<Item = i32> {
    (0..u64::from(count.min(MOST_FILES)))
        .map_while(move |place| read_words::<1>(tid, list + 4 * place))
        .map(|[number]| number as i32)
}

/// Pairs of index and descriptor: `struct io_uring_rsrc_update` (offset, reserved, data in 8 bytes).
fn ring_updates(tid: Tid, list: u64, count: u32) -> impl Iterator<Item = [u32; 2]> {
    (0..u64::from(count.min(MOST_FILES)))
        .map_while(move |place| read_words::<4>(tid, list + 16 * place))
        .map(|[index, _, low, high]| [index, long(low, high) as u32])
}

/// Eight bytes from two times four, as they lie in memory.
fn long(first: u32, second: u32) -> u64 {
    let [a, b] = [first, second].map(u32::to_ne_bytes);
    u64::from_ne_bytes([a, b].concat().try_into().expect("8 bytes"))
}
