//! By what a queue is known, and the queues between two sockets.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::model::{Addresses, DescriptorKind};

/// A pipe's number, or that of the socket that reads from it, or what stands for one.
pub(super) type QueueId = u64;

/// Tell queues of connections, and of unix sockets that are not accepted yet, from those that have an inode.
const TCP: u64 = 3 << 62;
pub(super) const WAITING: u64 = 1 << 61;
const NUMBER: u64 = WAITING - 1;

/// The queues of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Queues {
    /// That which it reads from, and that which it writes to; none where an address is not known.
    pub reads: Option<QueueId>,
    pub writes: Option<QueueId>,
}

impl Queues {
    /// Of a TCP socket.
    pub fn of(kind: DescriptorKind, addresses: &Addresses) -> Queues {
        let queue = |from: &str, to: &str| {
            let name = format!("{from} > {to}");
            Some(TCP | (FxBuildHasher.hash_one(name) & NUMBER))
        };
        match (kind, &addresses.own, &addresses.peer) {
            (DescriptorKind::Tcp, Some(own), Some(peer)) => Queues {
                reads: queue(peer, own),
                writes: queue(own, peer),
            },
            _ => Queues::default(),
        }
    }
}
