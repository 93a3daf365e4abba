//! The older asynchronous I/O (io_submit(2), libaio): its requests, as those of an io_uring.
//!
//! A context's id is the address of a ring in the program's memory, into which the kernel puts the completions (struct
//! aio_ring of the kernel's fs/aio.c; libaio reads it, too): io_getevents(2) need not be called.

use rustc_hash::FxHashMap;

use super::{
    kernel::{CallInfo, Tid},
    memory::{read_array, read_words},
    requests::{Book, Completion, RequestSink, Submitted},
    ring_memory::field,
    tracee::Tracee,
};
use crate::model::{NO_DESCRIPTOR, Request};
use crate::syscall::Op;

#[derive(Default)]
pub(super) struct Contexts {
    /// By process and id.
    known: FxHashMap<(Tid, u64), Context>,
    /// The calls that threads are in.
    entered: FxHashMap<Tid, Entered>,
}

#[derive(Default)]
struct Context {
    book: Book,
    /// The end of the completions that were read.
    seen: u32,
}

enum Entered {
    Submit(u64),
    Events,
    Destroy(u64),
}

/// `AIO_RING_MAGIC`.
const MAGIC: u32 = 0xa10a_10a1;
/// Bytes of `struct iocb` and `struct io_event`.
const REQUEST: usize = 64;
const EVENT: usize = 32;
/// More are not looked at in one call: it returns how many of them the kernel has taken.
const MOST: u64 = 1 << 16;

impl Contexts {
    pub fn enter(&mut self, who: Tracee, info: &CallInfo, sink: &mut RequestSink) {
        let [_, id, count, list, ..] = info.data;
        let entered = match info.does() {
            Op::AioSubmit => {
                let context = self.known.entry((who.pid, id)).or_insert_with(|| Context {
                    seen: ring(who.tid, id).map_or(0, |ring| ring.tail),
                    ..Context::default()
                });
                let requests = submissions(who, list, count, sink);
                context.book.enter(who.tid, requests, sink);
                Entered::Submit(id)
            }
            Op::AioEvents => Entered::Events,
            Op::AioDestroy => Entered::Destroy(id),
            _ => return,
        };
        self.entered.insert(who.tid, entered);
    }

    /// A call has returned: whether it is one that hands requests over or waits for them.
    pub fn leave(&mut self, who: Tracee, result: i64, sink: &mut RequestSink) -> bool {
        if self.entered.is_empty() {
            return false;
        }
        let entered = self.entered.remove(&who.tid);
        let shows = matches!(entered, Some(Entered::Submit(_) | Entered::Events));
        match entered {
            Some(Entered::Submit(id)) => {
                if let Some(context) = self.known.get_mut(&(who.pid, id)) {
                    let taken = usize::try_from(result).unwrap_or(0);
                    context.book.leave(who.tid, taken, sink);
                }
            }
            Some(Entered::Destroy(id)) if result == 0 => {
                if let Some(mut context) = self.known.remove(&(who.pid, id)) {
                    context.book.abandon(false, sink);
                }
            }
            _ => {}
        }
        shows
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.entered.is_empty()
    }

    /// Takes what stands in a process's contexts by now.
    pub fn look(&mut self, who: Tracee, sink: &mut RequestSink) {
        for ((pid, id), context) in &mut self.known {
            if *pid == who.pid {
                context.look(who.tid, *id, sink);
            }
        }
    }

    /// A process is gone, or executes another program.
    pub fn process_ended(&mut self, pid: Tid, sink: &mut RequestSink) {
        let of_it = self.known.extract_if(|(owner, _), _| *owner == pid);
        of_it.for_each(|(_, mut context)| context.book.abandon(false, sink));
    }

    pub fn thread_ended(&mut self, tid: Tid) {
        self.entered.remove(&tid);
    }

    /// The end: of what is outstanding nothing will be known.
    pub fn finish(&mut self, sink: &mut RequestSink) {
        for ((pid, id), mut context) in self.known.drain() {
            context.look(pid, id, sink);
            context.book.abandon(false, sink);
        }
    }

    /// The indices of descriptors that requests hold.
    pub fn descriptors(&mut self) -> impl Iterator<Item = &mut u32> {
        self.known
            .values_mut()
            .flat_map(|context| context.book.descriptors())
    }
}

impl Context {
    fn look(&mut self, tid: Tid, id: u64, sink: &mut RequestSink) {
        let Some(ring) = ring(tid, id) else {
            return;
        };
        while self.seen != ring.tail {
            let at = id + ring.events + u64::from(self.seen) * EVENT as u64;
            self.seen = (self.seen + 1) % ring.entries;
            let Some(event) = read_array::<EVENT>(tid, at) else {
                continue;
            };
            let completion = Completion {
                user_data: u64::from_ne_bytes(field(&event, 8)),
                result: i64::from_ne_bytes(field(&event, 16)),
                flags: 0,
            };
            if let Some(serial) = self.book.find(&completion) {
                self.book.complete(serial, &completion, None, sink);
            }
        }
    }
}

struct AioRing {
    entries: u32,
    tail: u32,
    /// Where the completions begin.
    events: u64,
}

fn ring(tid: Tid, id: u64) -> Option<AioRing> {
    let [_, entries, _, tail, magic, _, _, events] = read_words(tid, id)?;
    (magic == MAGIC && tail < entries).then_some(AioRing {
        entries,
        tail,
        events: events.into(),
    })
}

fn submissions(who: Tracee, list: u64, count: u64, sink: &mut RequestSink) -> Vec<Submitted> {
    let places = (0..count.min(MOST)).map(|place| list.wrapping_add(8 * place));
    let addresses = places.map_while(|place| read_array(who.tid, place).map(u64::from_ne_bytes));
    let read = addresses.map_while(|at| Some((at, read_array::<REQUEST>(who.tid, at)?)));
    let submitted = read.map(|(at, entry)| {
        let mut request = request(at, &entry);
        if sink.is_recording {
            let list = &mut sink.trace.descriptors;
            let open = sink.fds.open(who.tid, request.fd, sink.table, list);
            request.descriptors[0] = open.index;
        }
        Submitted {
            request,
            who,
            call: sink.call,
            file_index: 0,
            file: None,
            head: 0,
        }
    });
    submitted.collect()
}

/// A `struct iocb` of linux/aio_abi.h, whose completion names it by its address.
fn request(at: u64, entry: &[u8; REQUEST]) -> Request {
    let of_8 = |at| u64::from_ne_bytes(field(entry, at));
    let of_4 = |at| u32::from_ne_bytes(field(entry, at));
    /// IOCB_CMD_PREAD, PWRITE, FSYNC, FDSYNC, 4, POLL, NOOP, PREADV, PWRITEV, as operations of an io_uring.
    const OPERATIONS: [u8; 9] = [22, 23, 3, 3, 0, 6, 0, 1, 2];
    let op = usize::from(u16::from_ne_bytes(field(entry, 16)));
    Request {
        call: 0,
        op: OPERATIONS.get(op).copied().unwrap_or(0),
        flags: 0,
        io_priority: 0,
        op_flags: of_4(12),
        fd: of_4(20) as i32,
        fd_in: 0,
        descriptors: [NO_DESCRIPTOR; 2],
        address: of_8(24),
        offset: of_8(40),
        length: u32::try_from(of_8(32)).unwrap_or(u32::MAX),
        buffer: 0,
        user_data: at,
        result: None,
        completions: 0,
        notification: None,
        seen: 0,
    }
}
