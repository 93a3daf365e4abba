//! A hop: payload going from one place to another, in one way, known on one basis.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Where bytes can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The storage device under the file system.
    Disk,
    /// The kernel's page cache. Writing to a file ends here, too.
    PageCache,
    /// Memory of the program: its buffer, or its mapping.
    UserBuffer,
    /// A pipe's ring of page references and buffers.
    Pipe,
    /// A socket's send queue.
    SocketQueue,
    /// The network device.
    Device,
    /// The program at the other end.
    Peer,
}

impl Place {
    /// Every place.
    pub const ALL: [Place; 7] = [
        Place::Disk,
        Place::PageCache,
        Place::UserBuffer,
        Place::Pipe,
        Place::SocketQueue,
        Place::Device,
        Place::Peer,
    ];

    /// Its name in JSON and lessons.
    pub fn name(self) -> &'static str {
        match self {
            Place::Disk => "disk",
            Place::PageCache => "page-cache",
            Place::UserBuffer => "user-buffer",
            Place::Pipe => "pipe",
            Place::SocketQueue => "socket-queue",
            Place::Device => "device",
            Place::Peer => "peer",
        }
    }

    /// What it is called on the screen.
    pub fn title(self) -> String {
        self.name().replace('-', " ")
    }
}

/// How payload goes from one place to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// The CPU moves it.
    CpuCopy,
    /// A device moves it; the CPU only sets it up.
    Dma,
    /// The kernel notes which pages hold it; nothing moves.
    Reference,
    /// The page table points at it; nothing moves.
    Mapping,
}

impl How {
    /// Every way.
    pub const ALL: [How; 4] = [How::CpuCopy, How::Dma, How::Reference, How::Mapping];

    /// Its name in JSON and lessons.
    pub fn name(self) -> &'static str {
        match self {
            How::CpuCopy => "cpu-copy",
            How::Dma => "dma",
            How::Reference => "reference",
            How::Mapping => "mapping",
        }
    }

    /// What it is called on the screen.
    pub fn title(self) -> &'static str {
        match self {
            How::CpuCopy => "CPU copy",
            How::Dma => "DMA",
            How::Reference => "page reference",
            How::Mapping => "mapping",
        }
    }
}

/// Why a hop, or a figure, may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// ptrace saw the call.
    Observed,
    /// A counter of an untraced run, page residency, or `read_bytes`.
    Measured,
    /// The kernel said so itself (COPIED).
    Reported,
    /// The alias proof, on this kernel.
    Proven,
    /// Joined by address and content.
    Inferred,
    /// The traced program said so.
    Told,
    /// The kernel's documentation or source says so; the reference stands beside it.
    Documented,
}

impl Basis {
    /// Its name in JSON and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Observed => "observed",
            Basis::Measured => "measured",
            Basis::Reported => "reported",
            Basis::Proven => "proven",
            Basis::Inferred => "inferred",
            Basis::Told => "told",
            Basis::Documented => "documented",
        }
    }
}

/// Whose work a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The process that sends: its hops are the ones that are counted, but for a method that receives.
    Sender,
    /// The process that receives.
    Receiver,
}

impl Side {
    /// `sender` or `receiver`.
    pub fn name(self) -> &'static str {
        match self {
            Side::Sender => "sender",
            Side::Receiver => "receiver",
        }
    }

    /// The one at the other end.
    pub fn other(self) -> Side {
        match self {
            Side::Sender => Side::Receiver,
            Side::Receiver => Side::Sender,
        }
    }
}

/// From one place to another in one way: what a figure or a card draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrow {
    /// Where it starts.
    pub from: Place,
    /// Where it ends.
    pub to: Place,
    /// How it is drawn.
    pub how: How,
}

/// The same of payload that really went, and why this may be believed: what `copypath::rule` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Where it came from.
    pub from: Place,
    /// Where it went.
    pub to: Place,
    /// How.
    pub how: How,
    /// Why this may be believed.
    pub basis: Basis,
    /// The reference of a documented hop, or the instrument of a measured one.
    pub source: Option<&'static str>,
}

impl Step {
    /// So many bytes of it.
    pub fn of(self, bytes: u64, side: Side) -> Hop {
        Hop {
            from: self.from,
            to: self.to,
            how: self.how,
            bytes,
            basis: self.basis,
            source: self.source.map(Cow::Borrowed),
            side,
            ghost: false,
        }
    }
}

/// Payload that went from one place to another: a [`Step`] with its bytes, or a ghost of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hop {
    /// Where it came from.
    pub from: Place,
    /// Where it went.
    pub to: Place,
    /// How.
    pub how: How,
    /// How much, in bytes.
    pub bytes: u64,
    /// Why this may be believed.
    pub basis: Basis,
    /// The reference of a documented hop, or the instrument of a measured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Cow<'static, str>>,
    /// Whose work it is.
    pub side: Side,
    /// It would happen elsewhere (a real network card, a cold cache) and did not happen here. Counts nowhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ghost: bool,
}

impl Hop {
    /// Adds a hop to others: its bytes to those of one that differs in nothing else, if there is one.
    pub fn add_to(self, hops: &mut Vec<Hop>) {
        let kind = |hop: &Hop| (hop.from, hop.to, hop.how, hop.basis, hop.side, hop.ghost);
        let same = |hop: &&mut Hop| kind(hop) == kind(&self) && hop.source == self.source;
        match hops.iter_mut().find(same) {
            Some(hop) => hop.bytes += self.bytes,
            None => hops.push(self),
        }
    }
}
