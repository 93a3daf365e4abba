//! Which sockets watched processes have: who listens where, and who is at the other end.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ends::OpenFile, queues::QueueId};
use crate::model::DescriptorKind;

/// What is known of sockets.
#[derive(Default)]
pub(super) struct Sockets {
    /// Queues between TCP sockets that watched processes have at their reading ends.
    pub readers: FxHashSet<QueueId>,
    /// The process that last wrote to such a queue.
    writers: FxHashMap<QueueId, i32>,
    /// TCP addresses and names of unix sockets at which watched processes listen.
    pub listeners: FxHashSet<String>,
    /// The unix datagram sockets that have a name.
    pub bound: FxHashMap<String, u64>,
    /// The unix sockets that watched programs have.
    pub unix: FxHashSet<u64>,
    /// Queues of TCP into which a ring has put something that may have been received before it was seen.
    late: FxHashSet<QueueId>,
    /// Threads that are in connect(2): a connection may be there before it has returned.
    pub connecting: FxHashSet<i32>,
}

/// The same port at every address.
fn anywhere(address: &str) -> Option<[String; 2]> {
    let (_, port) = address.rsplit_once(':')?;
    Some([format!("0.0.0.0:{port}"), format!("[::]:{port}")])
}

impl Sockets {
    /// Whether a watched process listens at an address or a name.
    pub fn is_listening(&self, address: &str) -> bool {
        let own = std::iter::once(address.to_owned());
        let mut all = own.chain(anywhere(address).into_iter().flatten());
        all.any(|address| self.listeners.contains(&address))
    }

    /// The queue that a socket reads from, where a watched process has written to it.
    pub fn read_from(&self, open: &OpenFile) -> Option<QueueId> {
        let reads = open.queues.reads?;
        match open.kind {
            DescriptorKind::Tcp => self.writers.contains_key(&reads).then_some(reads),
            _ => Some(reads),
        }
    }

    /// The queue that a socket writes to, where a watched process will read from it, or may: that one may not have
    /// accepted the connection yet.
    pub fn written_to(&mut self, open: &OpenFile) -> Option<QueueId> {
        let writes = open.queues.writes?;
        if open.kind == DescriptorKind::Tcp {
            let may_come = open.is_peer_expected || !self.connecting.is_empty();
            (may_come || self.readers.contains(&writes)).then_some(())?;
            self.writers.insert(writes, open.owner);
        }
        Some(writes)
    }

    /// Whether what a ring sends goes on to its receiver: with `is_early`, nobody can have received it yet.
    pub fn is_carried(&mut self, sink: &OpenFile, is_early: bool) -> bool {
        let Some(queue) = sink
            .queues
            .writes
            .filter(|_| sink.kind == DescriptorKind::Tcp)
        else {
            return sink.kind != DescriptorKind::Tcp;
        };
        if !is_early {
            self.late.insert(queue);
        }
        !self.late.contains(&queue)
    }

    /// Whether what a socket receives was sent by its own process.
    pub fn is_own(&self, open: &OpenFile) -> bool {
        let writer = open.queues.reads.and_then(|reads| self.writers.get(&reads));
        open.kind == DescriptorKind::Tcp && writer == Some(&open.owner)
    }
}
