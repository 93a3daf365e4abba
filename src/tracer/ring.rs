//! One io_uring: what is handed over in it, and what becomes of that.

use super::{
    kernel::Tid,
    memory::read_words,
    requests::{Book, Completion, RequestSink, Submitted},
    ring_buffers::{Groups, head_of_messages},
    ring_files::{ANY_INDEX, Files, numbers, opened_file},
    ring_memory::{RingMemory, Submission, field},
    tracee::Tracee,
};
use crate::model::{
    CallRef, NO_DESCRIPTOR, Request,
    request::{FD_IN_FIXED, FIXED_FILE},
};
use crate::syscall::{Op, Shape, ring_op};

pub(super) struct Ring {
    /// A process and its descriptor of it, while there is one.
    pub name: Option<(Tid, i32)>,
    /// Tells rings apart, whatever they are named by; 0 where it has no descriptor.
    pub inode: u64,
    pub memory: Result<RingMemory, String>,
    /// That it cannot be read has been written down.
    pub is_noted: bool,
    pub files: Files,
    groups: Groups,
    pub book: Book,
    /// Completions that messages of other rings post here (`IORING_OP_MSG_RING`): user_data and result.
    pub messages: Vec<(u64, i64)>,
    /// Requests, and completions, that were written over before they could be read.
    lost: (u64, u64),
    /// Threads that stop when they hand something over without a call.
    watched: Vec<Tid>,
}

/// What io_uring_register(2) is asked for.
pub(super) struct Registration {
    pub op: u32,
    pub arg: u64,
    pub count: u32,
}

/// A message to another ring, named by its descriptor.
pub(super) struct Message {
    pub to: i32,
    pub completion: (u64, i64),
    /// It puts a registered file there.
    pub sends_file: bool,
}

const REGISTER_FILES: u32 = 2;
const UNREGISTER_FILES: u32 = 3;
const REGISTER_FILES_UPDATE: u32 = 6;
const REGISTER_FILES2: u32 = 13;
const REGISTER_FILES_UPDATE2: u32 = 14;
const REGISTER_PBUF_RING: u32 = 22;
const UNREGISTER_PBUF_RING: u32 = 23;
const REGISTER_RESIZE_RINGS: u32 = 33;

/// `IORING_RECV_MULTISHOT`, of receives.
const RECV_MULTISHOT: u16 = 1 << 1;
/// Of `enum io_uring_op`.
const FILES_UPDATE: u8 = 20;
const PROVIDE_BUFFERS: u8 = 31;
const MSG_RING: u8 = 40;
/// `IORING_MSG_SEND_FD`.
const SEND_FILE: u64 = 1;

impl Ring {
    pub fn new(
        name: Option<(Tid, i32)>,
        inode: u64,
        memory: Result<RingMemory, String>,
        files: Files,
    ) -> Ring {
        Ring {
            name,
            inode,
            memory,
            is_noted: false,
            files,
            groups: Groups::default(),
            book: Book::default(),
            messages: Vec::new(),
            lost: (0, 0),
            watched: Vec::new(),
        }
    }

    /// A thread of the kernel takes its requests, without any call.
    pub fn is_polled(&self) -> bool {
        self.memory.as_ref().is_ok_and(RingMemory::is_polled)
    }

    /// Whether it has to be looked at all the time.
    pub fn wants_looking(&self) -> bool {
        self.is_polled() && self.watched.is_empty()
    }

    /// Where this thread hands something over without a call, or takes a completion; none where that is not known yet.
    pub fn stores_of(&self, who: Tracee) -> Option<[u64; 2]> {
        let memory = self.memory.as_ref().ok().filter(|_| self.is_polled())?;
        memory.stores_in(who.tid, self.inode)
    }

    /// Whether a thread stops at its stores to this ring.
    pub fn is_watched(&self, tid: Tid) -> bool {
        self.watched.contains(&tid)
    }

    /// It does from now on.
    pub fn watch(&mut self, tid: Tid) {
        if !self.is_watched(tid) {
            self.watched.push(tid);
        }
    }

    pub fn watch_anew(&mut self) {
        self.watched.clear();
    }

    /// A call is about to hand over at most so many requests: the messages among them.
    pub fn enter(&mut self, who: Tracee, at_most: u32, sink: &mut RequestSink) -> Vec<Message> {
        self.groups.look();
        if self.is_polled() {
            return Vec::new();
        }
        let Ok(memory) = &self.memory else {
            return Vec::new();
        };
        let submissions = memory.submissions(at_most);
        let messages = submissions.iter().filter_map(Message::of).collect();
        let call = sink.call;
        let requests: Vec<_> = submissions
            .iter()
            .map(|it| self.submitted(it, who, call, sink))
            .collect();
        self.book.enter(who.tid, requests, sink);
        messages
    }

    /// Takes what stands in the ring by now.
    pub fn look(&mut self, who: Tracee, sink: &mut RequestSink) {
        let Ok(memory) = &mut self.memory else {
            return;
        };
        if memory.is_polled() {
            let (submissions, lost) = memory.polled();
            self.lost.0 += u64::from(lost);
            if !submissions.is_empty() {
                self.groups.look();
            }
            for submission in submissions {
                let it = self.submitted(&submission, who, None, sink);
                self.book.submit(it, sink);
            }
        }
        let Ok(memory) = &mut self.memory else {
            return;
        };
        let (completions, lost) = memory.completions();
        self.lost.1 += u64::from(lost);
        for place in 0..completions.len() {
            self.completed(&completions[place..], sink);
        }
    }

    /// Nothing more will be seen of it: what was missed, in one sentence.
    pub fn finish(&mut self, who: Tracee, sink: &mut RequestSink) -> Option<String> {
        self.look(who, sink);
        self.book.abandon(self.lost.1 > 0, sink);
        match std::mem::take(&mut self.lost) {
            (0, 0) => None,
            (0, completions) => Some(format!(
                "{completions} completions were written over before they could be read"
            )),
            (requests, _) => Some(format!(
                "SQPOLL: {requests} requests were taken, without any call, before they could be read"
            )),
        }
    }

    /// What an entry of the submission queue asks for.
    fn submitted(
        &mut self,
        submission: &Submission,
        who: Tracee,
        call: Option<CallRef>,
        sink: &mut RequestSink,
    ) -> Submitted {
        let request = request(submission);
        let does = request.does();
        let is_of_messages =
            does == Op::Recv(Shape::Message) && request.io_priority & RECV_MULTISHOT != 0;
        let mut it = Submitted {
            request,
            who,
            call,
            file_index: match does {
                Op::Open | Op::NewDescriptor | Op::Accept | Op::Close | Op::Pipe => {
                    u32::from_ne_bytes(field(submission, 44))
                }
                _ => 0,
            },
            file: None,
            head: match is_of_messages {
                true => head_of_messages(who.tid, request.address),
                false => 0,
            },
        };
        it.file = opened_file(who, &it);
        if sink.is_recording {
            let own = self.named(request.fd, request.flags & FIXED_FILE != 0, who, sink);
            let from = match takes_from_another(does) {
                true => self.named(
                    request.fd_in,
                    request.op_flags & FD_IN_FIXED != 0,
                    who,
                    sink,
                ),
                false => NO_DESCRIPTOR,
            };
            it.request.descriptors = [own, from];
        }
        match (does, request.op) {
            (Op::Open | Op::NewDescriptor | Op::Accept, _)
                if it.file_index != 0 && it.file_index != ANY_INDEX =>
            {
                self.files.expect(it.file_index - 1, it.file.clone());
            }
            (_, FILES_UPDATE) if request.offset != u64::from(ANY_INDEX) => {
                let first = request.offset as u32;
                self.files
                    .update(who, first, request.address, request.length);
            }
            (_, PROVIDE_BUFFERS) => self.groups.provide(&request),
            _ => {}
        }
        it
    }

    /// The place in the trace of a descriptor or registered file.
    fn named(&mut self, fd: i32, is_fixed: bool, who: Tracee, sink: &mut RequestSink) -> u32 {
        let list = &mut sink.trace.descriptors;
        match is_fixed {
            false => sink.fds.open(who.tid, fd, sink.table, list).index,
            true => match self.files.get(fd, self.name) {
                Some(file) => sink.table.open(file, list).index,
                None => NO_DESCRIPTOR,
            },
        }
    }

    /// The first of these completions is joined with its request.
    fn completed(&mut self, completions: &[Completion], sink: &mut RequestSink) {
        let Some(completion) = completions.first() else {
            return;
        };
        let message = (completion.user_data, completion.result);
        if let Some(place) = self.messages.iter().position(|it| *it == message) {
            self.messages.swap_remove(place);
            return;
        }
        let Some(serial) = self.book.find(completion) else {
            return;
        };
        let Some(it) = self.book.get(serial).cloned() else {
            return;
        };
        let memory = self.groups.chosen(&it.request, it.head, completions);
        let is_fixed = it.request.flags & FIXED_FILE != 0;
        if is_fixed && it.request.descriptors[0] == NO_DESCRIPTOR && sink.is_recording {
            // It was made after this request had been handed over.
            let own = self.named(it.request.fd, true, it.who, sink);
            self.book.name(serial, own);
        }
        self.book.complete(serial, completion, memory, sink);
        if completion.result >= 0 {
            self.changed(&it, completion.result, sink);
        }
    }

    /// What numbers of descriptors and of registered files mean from now on.
    fn changed(&mut self, it: &Submitted, result: i64, sink: &mut RequestSink) {
        let Submitted { request, .. } = it;
        match (request.does(), it.file_index) {
            (Op::Close, 0) => sink.fds.forget(request.fd),
            (Op::Close, index) => self.files.remove(index - 1),
            (Op::Address, _) if request.flags & FIXED_FILE == 0 => sink.fds.forget(request.fd),
            (Op::Open | Op::NewDescriptor | Op::Accept | Op::Dup, 0) => {
                sink.fds.forget(result as i32);
            }
            (Op::Open | Op::NewDescriptor | Op::Accept, ANY_INDEX) => {
                self.files.put(result as u32, it.file.clone());
            }
            (Op::Open | Op::NewDescriptor | Op::Accept, index) => {
                self.files.put(index - 1, it.file.clone());
            }
            (Op::Pipe, 0) => {
                let pair = numbers(it.who.tid, request.address, 2);
                pair.for_each(|fd| sink.fds.forget(fd));
            }
            (Op::Pipe, _) => self.files.forget(),
            _ if request.op == FILES_UPDATE && request.offset == u64::from(ANY_INDEX) => {
                self.files.forget();
            }
            _ => {}
        }
    }

    /// io_uring_register(2) has succeeded.
    pub fn registered(&mut self, who: Tracee, what: &Registration) {
        let (arg, count) = (what.arg, what.count);
        match what.op {
            REGISTER_FILES => self.files.register(who, arg, count),
            // struct io_uring_rsrc_register: how many, flags, reserved, where.
            REGISTER_FILES2 => {
                if let Some([count, _, _, _, low, high]) = read_words(who.tid, arg) {
                    self.files.register(who, long(low, high), count);
                }
            }
            UNREGISTER_FILES => self.files.unregister(),
            REGISTER_FILES_UPDATE => self.update_files(who, arg, count),
            REGISTER_FILES_UPDATE2 => {
                let count = read_words::<7>(who.tid, arg).map_or(0, |words| words[6]);
                self.update_files(who, arg, count);
            }
            REGISTER_PBUF_RING => self.groups.register(who, self.name, arg),
            UNREGISTER_PBUF_RING => self.groups.unregister(who.tid, arg),
            REGISTER_RESIZE_RINGS => {
                if let (Ok(memory), Some((_, fd))) = (&self.memory, self.name) {
                    self.memory = memory.resized(who.tid, fd, arg);
                }
            }
            _ => {}
        }
    }

    /// `struct io_uring_rsrc_update`: from where on, reserved, where.
    fn update_files(&mut self, who: Tracee, arg: u64, count: u32) {
        if let Some([first, _, low, high]) = read_words(who.tid, arg) {
            self.files.update(who, first, long(low, high), count);
        }
    }
}

impl Message {
    pub fn of(submission: &Submission) -> Option<Message> {
        let it = request(submission);
        let is_message = it.op == MSG_RING && it.flags & FIXED_FILE == 0;
        is_message.then_some(Message {
            to: it.fd,
            completion: (it.offset, i64::from(it.length as i32)),
            sends_file: it.address == SEND_FILE,
        })
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

/// Eight bytes from two times four, as they lie in memory.
pub(super) fn long(first: u32, second: u32) -> u64 {
    let [a, b] = [first, second].map(u32::to_ne_bytes);
    u64::from_ne_bytes([a, b].concat().try_into().expect("8 bytes"))
}
