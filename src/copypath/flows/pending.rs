//! Writes that are not settled: those of calls that last, and zero-copy sends of which the kernel has not reported what
//! became of them.

use std::{collections::BTreeMap, rc::Rc};

use rustc_hash::FxHashMap;

use super::{ends::OpenFile, join::Piece, queues::QueueId, tally::MovingCall};
use crate::copypath::rule::Report;
use crate::syscall::Op;

/// A call that is being made, and has begun to move bytes.
pub(super) struct Pending {
    pub number: u64,
    /// The queue that has all that is asked for already: its reader may be faster than the report of the return.
    pub queue: Option<QueueId>,
    /// None of a call between descriptors, whose bytes are in the queue.
    pub sent: Option<Sent>,
    /// A call from queue to queue.
    pub relayed: Option<Relayed>,
}

/// What a call takes out of a queue to put it in another one.
pub(super) struct Relayed {
    pub op: Op,
    pub source: OpenFile,
    pub sink: OpenFile,
    pub call: Rc<MovingCall>,
    pub pid: i32,
    /// How much stood in the first when it began, and stands in the second since.
    pub known: u64,
}

/// What a call writes, from memory.
pub(super) struct Sent {
    pub call: Rc<MovingCall>,
    /// What it has put in a queue is known by this.
    pub by: u64,
    pub program: u32,
    pub pieces: Vec<Piece>,
    pub sink: OpenFile,
    pub op: Op,
    pub report: Report,
    /// It goes on to who reads from the queue; else it ends at the sink.
    pub is_carried: bool,
}

/// Zero-copy sends that have returned, and of which the kernel has not reported whether it copied them. A descriptor that
/// is closed changes nothing: another one may be open on the same socket, and read the reports.
#[derive(Default)]
pub(super) struct Unreported {
    /// By the socket, and its number of the send.
    sends: BTreeMap<(u64, u32), Sent>,
    /// The number of each socket's next send: the kernel numbers them from 0.
    next: FxHashMap<u64, u32>,
    /// Requests of rings, by number, until their notification.
    pub requests: FxHashMap<u64, Sent>,
}

impl Unreported {
    /// The next send of a socket. False: there are too many. (A program need not ask.)
    pub fn add(&mut self, sent: Sent) -> bool {
        const MOST: usize = 1 << 16;
        let socket = sent.sink.identity;
        let next = self.next.entry(socket).or_default();
        self.sends.insert((socket, *next), sent);
        *next = next.wrapping_add(1);
        self.sends.len() <= MOST
    }

    /// The sends of a socket that a report is of, by their numbers.
    pub fn take(&mut self, socket: u64, first: u32, last: u32) -> Vec<Sent> {
        let of_report = (socket, first)..=(socket, last.max(first));
        let numbers: Vec<_> = self.sends.range(of_report).map(|(it, _)| *it).collect();
        let sent = numbers.iter().filter_map(|it| self.sends.remove(it));
        sent.collect()
    }

    /// All of them. The sockets' counts go on.
    pub fn take_all(&mut self) -> Vec<Sent> {
        let of_sockets = std::mem::take(&mut self.sends).into_values();
        let of_rings = std::mem::take(&mut self.requests).into_values();
        of_sockets.chain(of_rings).collect()
    }
}
