//! The ends of flows, each once, and what an open descriptor is to them.

use core::net::SocketAddr;
use std::collections::{HashMap, HashSet};

use super::queues::Queues;
use crate::copypath::rule::{self, Medium};
use crate::model::{Addresses, Descriptor, DescriptorKind, End, EndKind, FileTraits, Flow};

/// An end: index into [`Ends`].
pub(super) type EndId = u32;

/// So many connections are told apart; those after them are named by one address alone, that of the server.
const MOST_CONNECTIONS: usize = 2000;
/// So many ends of other kinds.
const MOST_OTHERS: usize = 20_000;
#[derive(Default)]
pub(super) struct Ends {
    list: Vec<End>,
    /// What was learnt of each.
    traits: Vec<FileTraits>,
    known: HashMap<End, EndId>,
    connections: usize,
    /// How many connections have an address, among those that are told apart: a server's has many.
    often: HashMap<String, u32>,
    /// Some have no name of their own.
    pub crowded: bool,
}

/// An open descriptor, as the flows see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenFile {
    pub kind: DescriptorKind,
    /// As the end that bytes come from.
    pub source: EndId,
    /// As the end that bytes go to.
    pub sink: EndId,
    pub medium: Medium,
    /// What a pipe or a socket is known by.
    pub identity: u64,
    /// Of a pipe: it can be read from, and not written to.
    pub is_read_end: bool,
    /// Of a pipe or a socket: what is written by one call is one message (a packet), not a part of a stream.
    pub is_packets: bool,
    /// Of a message queue: the priority or type of a message that is sent, or that is to be received.
    pub chosen_by: Option<i64>,
    pub traits: FileTraits,
    /// Of a socket: the queues between it and another one.
    pub queues: Queues,
    /// The process that has it.
    pub owner: i32,
    /// Of a connection: a watched process listens where it leads to.
    pub is_peer_expected: bool,
}

impl Ends {
    pub fn get(&self, id: EndId) -> &End {
        &self.list[id as usize]
    }

    pub fn traits(&self, id: EndId) -> FileTraits {
        self.traits[id as usize]
    }

    /// A file has another name. What had that name before keeps its flows.
    pub fn rename(&mut self, old: &str, new: &str) {
        let named = |name: &str| End {
            kind: EndKind::File,
            name: name.to_owned(),
        };
        if let Some(id) = self.known.remove(&named(old)) {
            self.list[id as usize] = named(new);
            self.known.insert(named(new), id);
        }
    }

    /// A file was mapped to be executed.
    pub fn is_code(&mut self, id: EndId) {
        self.traits[id as usize].code = true;
    }

    /// A read has found the end of this source.
    pub fn read_to_end(&mut self, id: EndId) {
        self.traits[id as usize].read_to_end = true;
    }

    /// Bytes of this source were read out of a pipe that is not the reader's standard input.
    pub fn captured(&mut self, id: EndId) {
        self.traits[id as usize].captured = true;
    }

    /// Bytes of this source were written on once more.
    pub fn resent(&mut self, id: EndId) {
        self.traits[id as usize].resent = true;
    }

    pub fn memory(&mut self, program: &str) -> EndId {
        self.intern(EndKind::Memory, program.to_owned())
    }

    /// Bytes of which nobody can know where this program had them from.
    pub fn unknown(&mut self, program: &str) -> EndId {
        self.intern(EndKind::Unknown, program.to_owned())
    }

    pub fn message_queue(&mut self, name: &str) -> EndId {
        self.intern(EndKind::Device, format!("message queue {name}"))
    }

    pub fn file(&mut self, path: &str) -> EndId {
        self.intern(EndKind::File, path.to_owned())
    }

    pub fn open(&mut self, descriptor: &Descriptor, addresses: &Addresses) -> OpenFile {
        let (source, sink) = match descriptor.kind {
            DescriptorKind::Tcp => self.connection(EndKind::Tcp, addresses),
            DescriptorKind::Udp => self.connection(EndKind::Udp, addresses),
            _ => {
                let (kind, name) = named(descriptor);
                let end = self.intern(kind, name);
                (end, end)
            }
        };
        for end in [source, sink] {
            let known = &mut self.traits[end as usize];
            *known = known.and(descriptor.traits);
        }
        OpenFile {
            kind: descriptor.kind,
            source,
            sink,
            medium: Medium::of(descriptor, is_looped(addresses)),
            identity: descriptor.identity,
            is_read_end: false,
            is_packets: false,
            chosen_by: None,
            traits: descriptor.traits,
            queues: Queues::of(descriptor.kind, addresses),
            owner: 0,
            is_peer_expected: false,
        }
    }

    /// Whether a socket is named by its own address alone.
    pub fn has_no_peer(&self, open: &OpenFile) -> bool {
        let name = &self.get(open.sink).name;
        match open.kind {
            DescriptorKind::Udp => name.ends_with(" > *"),
            _ => name.starts_with("raw ip") || ["icmp", "icmp6"].contains(&name.as_str()),
        }
    }

    /// The peer that a datagram goes to, where the socket that sends it has no port of its own yet.
    pub fn peer_of_unbound(&self, open: &OpenFile) -> Option<SocketAddr> {
        let peer = self.get(open.sink).name.strip_prefix("* > ")?;
        (open.kind == DescriptorKind::Udp).then(|| peer.parse().ok())?
    }

    /// A socket without a peer, for a call that names one.
    pub fn towards(&mut self, open: &OpenFile, peer: SocketAddr) -> OpenFile {
        let name = self.get(open.sink).name.clone();
        let (source, sink) = match open.kind {
            DescriptorKind::Udp => {
                let own = name.split_once(" > ").map(|(own, _)| own);
                let addresses = Addresses {
                    own: own.filter(|own| *own != "*").map(|own| seen_by(own, peer)),
                    peer: Some(peer.to_string()),
                };
                self.connection(EndKind::Udp, &addresses)
            }
            _ => {
                let end = self.intern(EndKind::Socket, format!("{name} {}", peer.ip()));
                (end, end)
            }
        };
        for end in [source, sink] {
            let known = &mut self.traits[end as usize];
            *known = known.and(open.traits);
        }
        let is_own = rule::is_loopback(&peer.to_string());
        OpenFile {
            source,
            sink,
            medium: match open.medium {
                Medium::Socket if is_own => Medium::LoopedSocket,
                medium => medium,
            },
            ..*open
        }
    }

    /// A connection has the addresses in the direction of the bytes.
    fn connection(&mut self, kind: EndKind, addresses: &Addresses) -> (EndId, EndId) {
        let unknown = "*".to_owned();
        let mut own = addresses.own.as_ref().unwrap_or(&unknown);
        let mut peer = addresses.peer.as_ref().unwrap_or(&unknown);
        let to = format!("{own} > {peer}");
        let known = self.known.contains_key(&End { kind, name: to });
        if !known && self.connections >= MOST_CONNECTIONS {
            match self.often.get(own) < self.often.get(peer) {
                true => own = &unknown,
                false => peer = &unknown,
            }
            self.crowded = true;
        } else if !known {
            self.connections += 1;
            for address in [own, peer] {
                *self.often.entry(address.clone()).or_default() += 1;
            }
        }
        let sink = self.intern(kind, format!("{own} > {peer}"));
        let source = self.intern(kind, format!("{peer} > {own}"));
        (source, sink)
    }

    fn intern(&mut self, kind: EndKind, name: String) -> EndId {
        let mut end = End { kind, name };
        if let Some(known) = self.known.get(&end) {
            return *known;
        }
        if self.list.len() >= MOST_OTHERS + 2 * MOST_CONNECTIONS {
            end.name = "(others)".to_owned();
            self.crowded = true;
            if let Some(known) = self.known.get(&end) {
                return *known;
            }
        }
        let id = self.list.len() as EndId;
        self.list.push(end.clone());
        self.traits.push(FileTraits::default());
        self.known.insert(end, id);
        id
    }
}

/// What a descriptor is called that is no connection.
fn named(descriptor: &Descriptor) -> (EndKind, String) {
    let name = descriptor.name.clone();
    match descriptor.kind {
        DescriptorKind::File | DescriptorKind::Directory => (EndKind::File, name),
        DescriptorKind::Anonymous if name.starts_with("/memfd:") => (EndKind::File, name),
        DescriptorKind::Pipe => (EndKind::Pipe, pipe_name(descriptor)),
        DescriptorKind::Tty => (EndKind::Tty, name),
        DescriptorKind::Unknown => (EndKind::Unknown, name),
        DescriptorKind::Socket => (EndKind::Socket, name),
        DescriptorKind::Unix => {
            let path = name.strip_prefix("unix ").map(str::to_owned);
            let unnamed = || format!("unix:[{}]", descriptor.identity);
            (EndKind::Unix, path.unwrap_or_else(unnamed))
        }
        _ => (EndKind::Device, name),
    }
}

/// As `/proc/PID/fd` shows it: `pipe:[4711]`, or the path of a FIFO.
pub(super) fn pipe_name(descriptor: &Descriptor) -> String {
    match descriptor.name.as_str() {
        "pipe" => format!("pipe:[{}]", descriptor.identity),
        path => path.to_owned(),
    }
}

/// An own address as a peer sees it: a socket that is bound to no address sends to loopback from there.
fn seen_by(own: &str, peer: SocketAddr) -> String {
    let own_address: Option<SocketAddr> = own.parse().ok();
    match own_address {
        Some(address) if address.ip().is_unspecified() && peer.ip().is_loopback() => {
            SocketAddr::new(peer.ip(), address.port()).to_string()
        }
        _ => own.to_owned(),
    }
}

/// Whether what is sent comes back to this machine: to a loopback address, or to the sender's own.
fn is_looped(addresses: &Addresses) -> bool {
    let Some(peer) = &addresses.peer else {
        return false;
    };
    let (host, _) = peer.rsplit_once(':').unwrap_or((peer, ""));
    let own = addresses
        .own
        .as_deref()
        .and_then(|own| own.rsplit_once(':'));
    rule::is_loopback(peer) || own.is_some_and(|(own, _)| own == host)
}

/// Whether datagrams go both to and from a socket of a traced program.
pub(super) fn carry_datagrams(flows: &[Flow]) -> bool {
    let to = |end: &End| {
        let (_, to) = end.name.split_once(" > ")?;
        let (host, port) = to.rsplit_once(':')?;
        (end.kind == EndKind::Udp).then(|| (host.to_owned(), port.to_owned()))
    };
    let sent: HashSet<_> = flows.iter().filter_map(|flow| to(&flow.to)).collect();
    let mut received = flows.iter().filter_map(|flow| to(&flow.from));
    received.any(|(host, port)| match host.as_str() {
        "0.0.0.0" | "[::]" => sent.iter().any(|(_, other)| *other == port),
        _ => sent.contains(&(host, port)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_connections_the_servers_address_is_left() {
        let mut ends = Ends::default();
        let addresses = |own: &str, peer: String| Addresses {
            own: Some(own.to_owned()),
            peer: Some(peer),
        };
        for port in 0..20_000 {
            let accepted = addresses("server:80", format!("client:{port}"));
            ends.connection(EndKind::Tcp, &accepted);
            let connected = addresses(&format!("own:{port}"), "upstream:9".to_owned());
            let (source, sink) = ends.connection(EndKind::Tcp, &connected);
            if ends.crowded {
                assert_eq!(ends.get(source).name, "upstream:9 > *");
                assert_eq!(ends.get(sink).name, "* > upstream:9");
            }
        }
        assert!(ends.crowded);
        let (source, _) =
            ends.connection(EndKind::Tcp, &addresses("server:80", "late:1".to_owned()));
        assert_eq!(ends.get(source).name, "* > server:80");
        assert!(ends.list.len() <= 2 * MOST_CONNECTIONS + 4);
    }
}
