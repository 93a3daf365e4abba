//! Sockets between watched programs: what one sends stands in a queue until the other receives it, and the flow goes on.
//!
//! The two ends of a TCP connection are known by their addresses, which mirror each other; those of a unix socket by
//! their numbers, or by the name that one of them is bound to. Where the other end is not watched, bytes end at the
//! socket; so do those that a process sends to itself by TCP, and datagrams of UDP, which may be lost.

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, TraceeMemory},
    queues::{QueueId, Queues, WAITING},
};
use crate::model::{DescriptorKind, SyscallEvent};
use crate::syscall::{Op, Shape};

/// connect(2) of a socket that does not block.
const EINPROGRESS: i32 = 115;
/// `AF_UNIX`.
const UNIX: u16 = 1;

impl Flows {
    /// bind(2), connect(2) or listen(2) has returned.
    pub(super) fn addressed(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        self.sockets.connecting.remove(&tracee.tid());
        let is_done = event.call.result == 0 || event.call.errno() == Some(EINPROGRESS);
        let Some(socket) = event.trace.descriptor(event.call, 0).filter(|_| is_done) else {
            return;
        };
        let [_, address, length, ..] = event.call.args;
        let is_internet = matches!(socket.kind, DescriptorKind::Tcp | DescriptorKind::Udp);
        match event.trace.name(event.call) {
            "listen" if is_internet => {
                let own = tracee.addresses(socket).own;
                self.sockets.listeners.extend(own);
            }
            "listen" => {
                self.sockets.listeners.insert(socket.name.clone());
            }
            "bind" if socket.kind == DescriptorKind::Unix => {
                if let Some(name) = unix_name(address, length, tracee) {
                    self.sockets.bound.insert(name, socket.identity);
                }
            }
            "connect" if is_internet => {
                let addresses = tracee.addresses(socket);
                let queues = Queues::of(socket.kind, &addresses);
                let readers = &mut self.sockets.readers;
                let is_known = |reads: &QueueId| !readers.insert(*reads);
                let before = queues.reads.filter(is_known);
                // The same addresses were another connection's.
                let queues = [before, queues.writes.filter(|_| before.is_some())];
                queues
                    .into_iter()
                    .flatten()
                    .for_each(|queue| self.give_up_queue(queue));
            }
            "connect" => {
                self.sockets.unix.insert(socket.identity);
            }
            _ => {}
        }
    }

    /// Nobody will read what stands in a queue.
    fn give_up_queue(&mut self, queue: QueueId) {
        for chunk in self.pipes.take(queue, u64::MAX) {
            self.stays(queue, &chunk);
        }
    }

    /// accept(2) has returned a connection.
    pub(super) fn accepted(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        self.open(event, 1, tracee);
    }

    /// The sockets that a process had before it was watched.
    pub(super) fn know_sockets(&mut self, tracee: &dyn TraceeMemory) {
        for (kind, addresses, is_listening) in tracee.sockets() {
            let queues = Queues::of(kind, &addresses);
            match addresses.own {
                Some(own) if is_listening => self.sockets.listeners.extend([own]),
                _ => self.sockets.readers.extend(queues.reads),
            }
        }
    }

    /// What a socket is to the other watched programs.
    pub(super) fn met(&mut self, open: &mut OpenFile, name: &str, tracee: &dyn TraceeMemory) {
        match open.kind {
            DescriptorKind::Unix if !self.pipes.is_paired(open.identity) => {
                self.sockets.unix.insert(open.identity);
                let peer = tracee.peer_of(open.identity);
                let is_watched = |peer: &u64| {
                    self.sockets.unix.contains(peer) || !self.sockets.connecting.is_empty()
                };
                let is_bound = self.sockets.bound.values().any(|it| *it == open.identity);
                open.queues.reads = is_bound.then_some(open.identity);
                if let Some(peer) = peer.filter(is_watched) {
                    self.pipes.made(open.identity, peer);
                    self.pipes.rename(WAITING | peer, open.identity);
                    self.pipes.rename(WAITING | open.identity, peer);
                } else if open.is_packets {
                    let name = name.strip_prefix("unix ").unwrap_or_default();
                    let bound = self.sockets.bound.get(name).copied();
                    open.queues.writes = bound.filter(|bound| *bound != open.identity);
                } else if peer.is_some() {
                    // Somebody who is not watched.
                } else if self.sockets.is_listening(name) {
                    open.queues.writes = Some(WAITING | open.identity);
                }
            }
            DescriptorKind::Tcp => {
                let peer = self.ends.get(open.source).name.split_once(" > ");
                let peer = peer.map(|(peer, _)| peer.to_owned());
                open.is_peer_expected = peer.is_some_and(|peer| self.sockets.is_listening(&peer));
            }
            _ => {}
        }
        self.sockets.readers.extend(open.queues.reads);
    }

    /// The queue that a datagram goes to which is sent to an address.
    pub(super) fn destination(
        &self,
        op: Op,
        args: &[u64; 6],
        tracee: &dyn TraceeMemory,
    ) -> Option<QueueId> {
        let Op::Send(shape) = op else {
            return None;
        };
        let (at, length) = match shape {
            Shape::Buffer => (args[4], args[5]),
            _ => memory::address_of_message(args[1], tracee)?,
        };
        self.sockets
            .bound
            .get(&unix_name(at, length, tracee)?)
            .copied()
    }
}

/// The name of a unix socket in a `struct sockaddr_un`.
fn unix_name(at: u64, length: u64, tracee: &dyn TraceeMemory) -> Option<String> {
    let mut bytes = [0; 110];
    let length = (length as usize).min(bytes.len());
    let read = if at == 0 {
        0
    } else {
        tracee.read(at, &mut bytes[..length])
    };
    let bytes = bytes.get(..read).filter(|bytes| bytes.len() > 2)?;
    (u16::from_ne_bytes([bytes[0], bytes[1]]) == UNIX).then_some(())?;
    let (mark, name) = match bytes[2] {
        0 => ("@", &bytes[3..]),
        _ => ("", bytes[2..].split(|byte| *byte == 0).next()?),
    };
    Some(format!("{mark}{}", String::from_utf8_lossy(name)))
}
