//! Writes that are not settled: those of calls that last, and zero-copy sends of which the kernel has not reported what
//! became of them.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{ends::OpenFile, join::Piece, pipes::QueueId, tally::MovingCall};
use crate::copypath::rule::Report;
use crate::syscall::Op;

/// A call that is being made, and has begun to move bytes.
pub(super) struct Pending {
    /// Its number.
    pub number: u64,
    /// The queue that has all that is asked for already: its reader may be faster than the report of the return.
    pub queue: Option<QueueId>,
    /// None of a call between descriptors, whose bytes are in the queue.
    pub sent: Option<Sent>,
}

/// What a call writes, from memory.
pub(super) struct Sent {
    pub call: Rc<MovingCall>,
    pub program: u32,
    pub pieces: Vec<Piece>,
    pub sink: OpenFile,
    pub op: Op,
    pub report: Report,
}

/// Sends with MSG_ZEROCOPY of one socket. The kernel numbers them.
#[derive(Default)]
struct Sends {
    next: u32,
    waiting: FxHashMap<u32, Sent>,
}

/// Zero-copy sends that have returned, and of which the kernel has not reported whether it copied them.
#[derive(Default)]
pub(super) struct Unreported {
    sockets: FxHashMap<u64, Sends>,
    requests: FxHashMap<u64, Sent>,
}

impl Unreported {
    /// The next send of a socket. False: there are too many. (A program need not ask.)
    pub fn add(&mut self, sent: Sent) -> bool {
        const MOST: usize = 10_000;
        let sends = self.sockets.entry(sent.sink.identity).or_default();
        sends.waiting.insert(sends.next, sent);
        sends.next = sends.next.wrapping_add(1);
        sends.waiting.len() <= MOST
    }

    /// The sends of a socket that a report is of, by their numbers.
    pub fn take(&mut self, socket: u64, first: u32, last: u32) -> Vec<Sent> {
        let Some(sends) = self.sockets.get_mut(&socket) else {
            return Vec::new();
        };
        let mut numbers: Vec<u32> = sends.waiting.keys().copied().collect();
        numbers.retain(|number| (first..=last).contains(number));
        let sent = numbers.iter().filter_map(|it| sends.waiting.remove(it));
        sent.collect()
    }

    /// All sends of a socket that is closed: another one may have its number.
    pub fn closed(&mut self, socket: u64) -> Vec<Sent> {
        let sends = self.sockets.remove(&socket).unwrap_or_default();
        sends.waiting.into_values().collect()
    }

    /// A request of a ring, until its notification.
    pub fn add_request(&mut self, number: u64, sent: Sent) {
        self.requests.insert(number, sent);
    }

    pub fn take_request(&mut self, number: u64) -> Option<Sent> {
        self.requests.remove(&number)
    }

    /// All of them. The sockets' counts go on.
    pub fn take_all(&mut self) -> Vec<Sent> {
        let sends = self.sockets.values_mut();
        let of_sockets = sends.flat_map(|sends| std::mem::take(&mut sends.waiting).into_values());
        let of_rings = std::mem::take(&mut self.requests).into_values();
        of_sockets.chain(of_rings).collect()
    }
}
