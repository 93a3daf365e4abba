//! What a figure shows: slots in which the places stand, and the edges between them. Slots are fixed: they are the
//! same for every method, so that sendfile is read and write with the upper storey empty.

use crate::model::{Held, How, Method, Place, Sink, Start};
use crate::syscall::{Op, Shape};

/// What stands in the upper storey, above the mode switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upper {
    /// The program's buffer, between page cache and sink.
    Buffer,
    /// The program's view of the page cache, above it.
    Mapping,
    /// The program's memory, in which everything is from the beginning: there is no source below.
    Memory,
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// Disk under the source.
    Disk,
    /// The source's pages in the page cache.
    Source,
    Buffer,
    Pipe,
    /// Socket queue, pipe, or the pages of a file sink.
    Sink,
    /// Network card, or the disk under a file sink.
    Device,
    Peer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub upper: Upper,
    /// Whether bytes come up from the disk past the page cache.
    pub direct: bool,
    pub pipe: bool,
    /// Where the bytes are at first. At a peer: the slots of the source hold a socket and a network card.
    pub start: Start,
    pub sink: Sink,
    /// Whether the program at the other end maps the program's memory.
    pub shares: bool,
    pub peer: bool,
    pub disk: bool,
    /// Whether what is below the sink is drawn: the network card, or a file sink's disk.
    pub device: bool,
}

impl Plan {
    /// What a transfer's figure shows before anything is known of its run.
    pub(crate) fn of_transfer(method: Method, sink: Sink) -> Plan {
        Plan {
            upper: match method.held() {
                Held::Nowhere => Upper::Empty,
                Held::Buffer => Upper::Buffer,
                Held::Mapping => Upper::Mapping,
                Held::Memory | Held::SharedMemory => Upper::Memory,
            },
            direct: method.bypasses_cache(),
            pipe: method.has_pipe(sink),
            sink,
            start: method.start(),
            peer: sink.has_reader() || method.receives(),
            shares: method.passes_memory(),
            disk: method.start() != Start::Memory,
            device: sink.beyond().is_some(),
        }
    }

    pub(crate) fn slots(self) -> impl Iterator<Item = Slot> {
        [
            (Slot::Source, self.upper != Upper::Memory),
            (Slot::Sink, true),
            (Slot::Buffer, self.upper != Upper::Empty),
            (Slot::Peer, self.peer),
            (Slot::Pipe, self.pipe),
            (Slot::Disk, self.disk),
            (Slot::Device, self.device),
        ]
        .into_iter()
        .filter_map(|(slot, there)| there.then_some(slot))
    }

    pub(crate) fn name(self, slot: Slot) -> &'static str {
        match (slot, self.sink) {
            (Slot::Disk, _) if self.start == Start::Tcp => "NIC",
            (Slot::Source, _) if self.start == Start::Tcp => "socket queue",
            (Slot::Disk, _) => "disk",
            (Slot::Source, _) => "page cache",
            (Slot::Buffer, _) if self.upper == Upper::Mapping => "your mapping",
            (Slot::Buffer, _) if self.upper == Upper::Memory => "your memory",
            (Slot::Buffer, _) => "your buffer",
            (Slot::Pipe, _) => "pipe",
            // Only tee has a pipe before a pipe.
            (Slot::Sink, Sink::Pipe) if self.pipe => "two pipes",
            (Slot::Peer, Sink::Pipe) if self.pipe => "two readers",
            (Slot::Sink, sink) => match sink.place() {
                Place::SocketQueue => "socket queue",
                Place::Pipe => "pipe",
                _ => "file, page cache",
            },
            (Slot::Device, Sink::File) => "disk",
            (Slot::Device, _) => "NIC",
            (Slot::Peer, _) => "peer",
        }
    }

    /// [`Edge::of`] in a figure that may have a pipe between source and sink, or a socket as its source.
    pub(crate) fn edge(self, from: Place, to: Place, how: How) -> Option<(Edge, bool)> {
        match (from, to) {
            (Place::PageCache | Place::UserBuffer, Place::Pipe) if self.pipe => {
                Some((Edge::Fill, false))
            }
            (Place::SocketQueue, Place::UserBuffer) if self.start == Start::Tcp => {
                Some((Edge::Read, false))
            }
            // A private mapping, before and after its first store.
            (Place::PageCache, Place::UserBuffer) if self.upper == Upper::Buffer => {
                Some((Edge::Read, false))
            }
            (Place::SocketQueue, Place::Pipe) if self.start == Start::Tcp => {
                Some((Edge::Fill, false))
            }
            (Place::Device, Place::SocketQueue) if self.start == Start::Tcp => {
                Some((Edge::Fetch, false))
            }
            (Place::Device, Place::UserBuffer) if self.start == Start::Tcp => {
                Some((Edge::Direct, false))
            }
            _ => Edge::of(from, to, how),
        }
    }

    /// The edge of a call, whether or not it moves anything: a read that returned 0 is still the call of the read edge.
    pub(super) fn edge_of_op(self, op: Op) -> Option<Edge> {
        Some(match op {
            Op::Read(Shape::Buffer) | Op::Recv(Shape::Buffer) => Edge::Read,
            Op::Write(Shape::Buffer) | Op::Send(Shape::Buffer) => Edge::Write,
            // The report of a send.
            Op::Recv(Shape::Message) => Edge::Write,
            Op::Sendfile | Op::CopyRange => Edge::Across,
            Op::Splice | Op::Vmsplice if self.pipe => Edge::Fill,
            Op::Vmsplice => Edge::Write,
            Op::Splice => Edge::Across,
            _ => return None,
        })
    }

    /// How many cells an edge has at 120x36. None where this figure has no such edge, or nothing travels along it.
    pub(super) fn steps(self, edge: Edge) -> Option<u32> {
        Some(match (edge, self.upper) {
            (Edge::Fetch, _) if self.disk && !self.direct => 3,
            (Edge::Read, Upper::Buffer) => 15,
            (Edge::Direct, Upper::Buffer) if self.direct => 18,
            (Edge::Write, Upper::Buffer) => 19,
            (Edge::Write, Upper::Memory) if !self.pipe && !self.shares => 19,
            (Edge::Write, Upper::Mapping) => 27,
            (Edge::Across, Upper::Mapping) => 11,
            (Edge::Across, Upper::Empty) if !self.pipe => 31,
            (Edge::Fill | Edge::Drain, Upper::Memory | Upper::Empty) if self.pipe => 4,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Disk to page cache.
    Fetch,
    /// Disk to buffer, past the page cache.
    Direct,
    /// Page cache to buffer.
    Read,
    /// Buffer to sink.
    Write,
    /// Page cache to sink, inside the kernel.
    Across,
    /// Page cache to the pipe on the way.
    Fill,
    /// The pipe on the way to the sink.
    Drain,
    /// Page cache seen through the mapping.
    View,
    /// Sink to device, or to a file sink's disk.
    Out,
    /// Sink to peer; or, where the bytes start at a peer, from it to the source's socket.
    Receive,
    /// The program's memory seen by the peer, too.
    Share,
}

impl Edge {
    pub(super) const COUNT: usize = Edge::Share as usize + 1;

    /// The edge that a hop goes along, and whether backwards. None where no figure has such an edge.
    pub(crate) fn of(from: Place, to: Place, how: How) -> Option<(Edge, bool)> {
        use Place::*;
        let queue = |place| matches!(place, SocketQueue | Pipe);
        Some(match (from, to) {
            (PageCache, UserBuffer) if how == How::Mapping => (Edge::View, false),
            (Disk, PageCache) => (Edge::Fetch, false),
            (Disk | Device, UserBuffer) => (Edge::Direct, false),
            (PageCache, UserBuffer) => (Edge::Read, false),
            (UserBuffer, PageCache) => (Edge::Write, false),
            (UserBuffer, to) if queue(to) => (Edge::Write, false),
            (from, UserBuffer) if queue(from) => (Edge::Write, true),
            (PageCache, PageCache) => (Edge::Across, false),
            (PageCache, to) if queue(to) => (Edge::Across, false),
            (PageCache, Disk) => (Edge::Out, false),
            (from, Device) if queue(from) => (Edge::Out, false),
            (Device, to) if queue(to) => (Edge::Out, true),
            (from, Peer) if queue(from) => (Edge::Receive, false),
            (UserBuffer, Peer) => (Edge::Share, false),
            (Pipe, SocketQueue | Pipe | PageCache) => (Edge::Drain, false),
            _ => return None,
        })
    }

    /// The edges by which bytes leave the source.
    pub(super) fn takes(self) -> bool {
        matches!(self, Edge::Read | Edge::Across | Edge::Fill)
    }

    /// The edges by which bytes reach the sink.
    pub(super) fn hands(self) -> bool {
        matches!(self, Edge::Write | Edge::Across | Edge::Drain)
    }
}
