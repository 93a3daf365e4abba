//! A hop: payload going from one place to another, in one way, known on one basis.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

named! {
    /// Where bytes can be.
    pub enum Place {
        /// The storage device under the file system.
        Disk = "disk",
        /// The kernel's page cache. Writing to a file ends here, too.
        PageCache = "page-cache",
        /// Memory of the program: its buffer, or its mapping.
        UserBuffer = "user-buffer",
        /// A pipe's ring of page references and buffers.
        Pipe = "pipe",
        /// A socket's send queue.
        SocketQueue = "socket-queue",
        /// The network device.
        Device = "device",
        /// The program at the other end.
        Peer = "peer",
    }
}

impl Place {
    /// What it is called on the screen.
    pub fn title(self) -> String {
        self.name().replace('-', " ")
    }
}

named! {
    /// How payload goes from one place to the next.
    pub enum How {
        /// The CPU moves it.
        CpuCopy = "cpu-copy",
        /// A device moves it; the CPU only sets it up.
        Dma = "dma",
        /// The kernel notes which pages hold it; nothing moves.
        Reference = "reference",
        /// The page table points at it; nothing moves.
        Mapping = "mapping",
        /// The CPU reads it and writes it encrypted, or decrypted: a pass over each byte that is no copy of it.
        Cipher = "cipher",
        /// It cannot be known here whether the CPU moves it.
        Unknown = "unknown",
    }
}

impl How {
    /// The one of the first four that it is drawn as: what costs the CPU a pass, or may, as a copy.
    pub fn drawn(self) -> How {
        match self {
            How::Cipher | How::Unknown => How::CpuCopy,
            how => how,
        }
    }

    /// What it is called on the screen.
    pub fn title(self) -> &'static str {
        match self {
            How::CpuCopy => "CPU copy",
            How::Dma => "DMA",
            How::Reference => "page reference",
            How::Mapping => "mapping",
            How::Cipher => "encryption by the CPU",
            How::Unknown => "not known",
        }
    }
}

named! {
    /// Why a hop, or a figure, may be believed.
    pub enum Basis {
        /// ptrace saw the call.
        Observed = "observed",
        /// A counter of an untraced run, page residency, or `read_bytes`.
        Measured = "measured",
        /// The kernel said so itself (COPIED, the length that it mapped).
        Reported = "reported",
        /// The alias proof, on this kernel.
        Proven = "proven",
        /// Joined by address and content.
        Inferred = "inferred",
        /// The traced program said so.
        Told = "told",
        /// The kernel's documentation or source says so; the reference stands beside it.
        Documented = "documented",
    }
}

named! {
    /// Whose work a hop is.
    pub enum Side {
        /// The process that sends: its hops are the ones that are counted, but for a method that receives.
        Sender = "sender",
        /// The process that receives.
        Receiver = "receiver",
    }
}

impl Side {
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
    /// Whether it is a copy by the CPU that happened.
    pub fn is_cpu_copy(&self) -> bool {
        self.how == How::CpuCopy && !self.ghost
    }

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
