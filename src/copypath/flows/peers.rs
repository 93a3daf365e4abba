//! Datagram sockets that are not connected: each call names the peer.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{
    ends::OpenFile,
    engine::Flows,
    memory::{self, TraceeMemory},
    pending::Pending,
};
use crate::model::{DescriptorKind, SyscallEvent};
use crate::syscall::{Op, Shape};

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
/// `struct sockaddr_in` and `struct sockaddr_in6` (linux/in.h, linux/in6.h).
const ADDRESS_V4: usize = 16;
const ADDRESS_V6: usize = 28;

impl Flows {
    /// An open file, with the peer that a call names, where the socket itself has none.
    pub(super) fn with_peer(
        &mut self,
        open: OpenFile,
        op: Op,
        (args, count): (&[u64; 6], u64),
        tracee: &dyn TraceeMemory,
    ) -> OpenFile {
        let is_datagram = matches!(open.kind, DescriptorKind::Udp | DescriptorKind::Socket);
        let (Op::Send(shape) | Op::Recv(shape)) = op else {
            return open;
        };
        if !is_datagram || !self.ends.has_no_peer(&open) {
            return open;
        }
        match peer(shape, args, count, tracee) {
            Some(peer) => self.ends.towards(&open, peer),
            None => open,
        }
    }

    /// A socket that has sent for the first time has a port of its own now.
    pub(super) fn with_own_port(
        &mut self,
        pending: &mut Pending,
        event: &SyscallEvent,
        tracee: &dyn TraceeMemory,
    ) {
        let Some(sent) = &mut pending.sent else {
            return;
        };
        let Some(peer) = self.ends.peer_of_unbound(&sent.sink) else {
            return;
        };
        // Once: it may be that nobody can be asked.
        if self.asked_again.insert(event.generations[0]) {
            self.forget(event.generations[0]);
            if let Some(open) = self.open(event, 0, tracee) {
                sent.sink = self.ends.towards(&open, peer);
            }
        }
    }
}

/// The one peer that a call names; none where it names none, or several.
fn peer(
    shape: Shape,
    args: &[u64; 6],
    count: u64,
    tracee: &dyn TraceeMemory,
) -> Option<SocketAddr> {
    match shape {
        Shape::Buffer => address(args[4], tracee),
        Shape::Message => address(memory::read_word(args[1], tracee)?, tracee),
        Shape::Messages => {
            let mut peers = memory::message_places(args[1], count)
                .map(|message| address(memory::read_word(message, tracee)?, tracee));
            let first = peers.next()??;
            peers.all(|peer| peer == Some(first)).then_some(first)
        }
        _ => None,
    }
}

fn address(at: u64, tracee: &dyn TraceeMemory) -> Option<SocketAddr> {
    let mut bytes = [0; ADDRESS_V6];
    if at == 0 || tracee.read(at, &mut bytes[..ADDRESS_V4]) < ADDRESS_V4 {
        return None;
    }
    let port = u16::from_be_bytes([bytes[2], bytes[3]]);
    let ip = match u16::from_ne_bytes([bytes[0], bytes[1]]) {
        AF_INET => IpAddr::V4(Ipv4Addr::from([bytes[4], bytes[5], bytes[6], bytes[7]])),
        AF_INET6 if tracee.read(at, &mut bytes) == ADDRESS_V6 => {
            let mut ip = [0; 16];
            ip.copy_from_slice(&bytes[8..24]);
            IpAddr::V6(Ipv6Addr::from(ip))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
