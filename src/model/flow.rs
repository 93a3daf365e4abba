//! What a program that was watched did with bytes: flows from where they were read to where they were written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Basis, CountedBytes, FileTraits, Hazard, Hop, How, Machine, StorageUse, Trace, grouped,
};

/// No flow: a call that moved no byte of one.
pub const NO_FLOW: u32 = u32::MAX;

named! {
    /// What stands at an end of a flow.
    pub enum EndKind {
        /// A regular file, or a memfd.
        File = "file",
        /// A TCP connection.
        Tcp = "tcp",
        /// A UDP socket.
        Udp = "udp",
        /// A unix socket.
        Unix = "unix",
        /// A pipe or FIFO.
        Pipe = "pipe",
        /// A socket of another kind: ICMP, netlink, packet, vsock.
        Socket = "socket",
        /// A terminal.
        Tty = "tty",
        /// Another device, an eventfd or its like.
        Device = "device",
        /// The program made the bytes, or kept them.
        Memory = "memory",
        /// Nobody can know where the program had the bytes from.
        Unknown = "unknown",
    }
}

/// An end of a flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct End {
    /// What it is.
    pub kind: EndKind,
    /// A path; for a connection the addresses, in the direction of the bytes: `127.0.0.1:1 > 127.0.0.1:2`; for memory
    /// and for an unknown origin the program's name.
    pub name: String,
}

impl End {
    /// In few words: a file by its last name, a connection by the address that the bytes come from or go to.
    pub fn short(&self, is_source: bool) -> String {
        match self.kind {
            EndKind::File => {
                let name = self.name.rsplit('/').next();
                name.unwrap_or(&self.name).to_owned()
            }
            EndKind::Memory => format!("memory of {}", self.name),
            EndKind::Unknown => format!("unknown origin, {}", self.name),
            EndKind::Tcp | EndKind::Udp => {
                let address = match self.name.split_once(" > ") {
                    Some((from, _)) if is_source => from,
                    Some((_, to)) => to,
                    None => &self.name,
                };
                format!("{} {address}", self.kind.name())
            }
            _ => self.name.clone(),
        }
    }
}

/// A call that was tried first, and refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// Its name.
    pub call: String,
    /// What it failed with: `EBADF`.
    pub errno: String,
    /// Why, where what is known of the ends says it.
    pub reason: Option<String>,
}

/// Bytes that went from one end to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Where they came from.
    pub from: End,
    /// Where they went.
    pub to: End,
    /// How many.
    pub bytes: u64,
    /// How many calls moved them, of all programs on the way; each call once.
    pub calls: u64,
    /// The same by name.
    pub calls_by_name: BTreeMap<String, u64>,
    /// A program changed them on the way.
    pub transformed: bool,
    /// How the reads and writes were joined: `observed` where one call or the kernel's own queue did it, `inferred`
    /// where address and content did.
    pub basis: Basis,
    /// Every hop, with its bytes.
    pub copy_path: Vec<Hop>,
    /// The programs that they passed, in order.
    pub programs: Vec<String>,
    /// Calls that would have moved them within the kernel, and were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<Fallback>,
    /// What was learnt of the source, and of the sink.
    #[serde(default)]
    pub traits: [FileTraits; 2],
}

impl Flow {
    /// Bytes that the CPU copied.
    pub fn cpu_copied_bytes(&self) -> u64 {
        let copies = self.copy_path.iter().filter(|hop| hop.is_cpu_copy());
        copies.map(|hop| hop.bytes).sum()
    }

    /// How often the CPU copied each byte, as far as that is known. 0 where none went.
    pub fn cpu_copies_per_byte(&self) -> f64 {
        match self.bytes {
            0 => 0.0,
            bytes => self.cpu_copied_bytes() as f64 / bytes as f64,
        }
    }

    /// Whether the CPU copied all of its bytes as often as it copied those of which that is known.
    pub fn has_unknown_copies(&self) -> bool {
        self.copy_path.iter().any(|hop| hop.how == How::Unknown)
    }

    /// Whether the kernel encrypted or decrypted bytes of it on the CPU.
    pub fn is_ciphered(&self) -> bool {
        self.copy_path.iter().any(|hop| hop.how == How::Cipher)
    }

    /// Whether the CPU passed over none of its bytes; none where that is not known.
    pub fn is_zero_copy(&self) -> Option<bool> {
        match (self.cpu_copied_bytes(), self.has_unknown_copies()) {
            (0, true) => None,
            (copied, _) => Some(copied == 0 && !self.is_ciphered()),
        }
    }

    /// `2.0`; `?` where it is not known, `1.0+?` where it is known of a part.
    pub fn copies_text(&self) -> String {
        let copies = self.cpu_copies_per_byte();
        match (self.has_unknown_copies(), copies) {
            (true, 0.0) => "?".to_owned(),
            (true, copies) => format!("{copies:.1}+?"),
            (false, copies) => format!("{copies:.1}"),
        }
    }

    /// What was tried first: `copy_file_range: EBADF (the sink is opened with O_APPEND), then 385 read, 384 write`. None where
    /// nothing was.
    pub fn fallbacks_text(&self) -> Option<String> {
        let tried = self.fallbacks.iter().map(|it| {
            let reason = it.reason.as_ref().map(|reason| format!(" ({reason})"));
            format!("{}: {}{}", it.call, it.errno, reason.unwrap_or_default())
        });
        let calls = self.calls_by_name.iter();
        let calls = calls.map(|(name, count)| format!("{} {name}", grouped(*count)));
        (!self.fallbacks.is_empty()).then(|| {
            let (tried, calls): (Vec<_>, Vec<_>) = (tried.collect(), calls.collect());
            format!("{}, then {}", tried.join(", "), calls.join(", "))
        })
    }

    /// Whether both ends are known to be outside of the program.
    pub fn passes_through(&self) -> bool {
        let is_outside = |end: &End| !matches!(end.kind, EndKind::Memory | EndKind::Unknown);
        is_outside(&self.from) && is_outside(&self.to)
    }
}

/// Sends that asked the kernel not to copy, of one socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZeroCopySends {
    /// Where they went.
    pub to: End,
    /// How many asked, and how many bytes they took.
    pub asked: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of how many nothing came of it: the socket had no `SO_ZEROCOPY`.
    pub ignored: u64,
    /// Of how many the kernel has reported what became of them.
    pub reported: u64,
    /// How many of these it copied after all.
    pub copied: u64,
    /// The connection is one of this machine with itself.
    pub loopback: bool,
}

/// Bytes that are in no flow, because how they went cannot be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexplained {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub written_bytes: u64,
}

/// How often a call returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// In all.
    pub calls: u64,
    /// With an error.
    pub errors: u64,
    /// Bytes that it returned; 0 where it does not return bytes.
    pub bytes: u64,
}

/// Calls that moved bytes of the same flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedCalls {
    /// Indices into [`TraceReport::flows`], two at least.
    pub flows: Vec<u32>,
    /// The name of the call.
    pub call: String,
    /// How many.
    pub calls: u64,
}

/// How a watched program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// It exited with this code; 0 also where it was left running.
    Code(i32),
    /// A signal killed it: `SIGSEGV`.
    Signal(String),
}

impl Default for Exit {
    fn default() -> Exit {
        Exit::Code(0)
    }
}

/// Everything that came of watching a program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceReport {
    /// The command; of a process that was attached to, its command line.
    pub command: Vec<String>,
    /// How it ended.
    pub exit: Exit,
    /// Where it was watched.
    pub machine: Machine,
    /// How many processes.
    pub processes: u64,
    /// How many threads.
    pub threads: u64,
    /// The calls that returned, by name, counted as `strace -c` counts them.
    pub calls_by_name: BTreeMap<String, Counted>,
    /// The flows, the largest first.
    pub flows: Vec<Flow>,
    /// What is in no flow.
    pub unexplained: Unexplained,
    /// What must be known to read this rightly.
    pub notes: Vec<String>,
    /// Bytes that were changed while the kernel still referred to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hazards: Vec<Hazard>,
    /// What programs did with storage, beside their flows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<StorageUse>,
    /// What became of zero-copy sends, by socket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zero_copy: Vec<ZeroCopySends>,
    /// Calls that moved bytes of several flows, each of which counts them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_calls: Vec<SharedCalls>,
    /// What the kernel's own functions moved for its processes; none where nobody asked, or it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<CountedBytes>,
    /// The calls that were kept.
    pub trace: Trace,
    /// For each of them, the last flow of which it moved bytes: an index into `flows`, or [`NO_FLOW`]. The last calls may
    /// be left out: they moved none.
    #[serde(skip)]
    pub flow_of: Vec<u32>,
    /// The other flows of calls that moved bytes of several: call and flow, in order.
    #[serde(skip)]
    pub also_of: Vec<(u32, u32)>,
}

impl TraceReport {
    /// How many calls returned.
    pub fn syscalls(&self) -> u64 {
        self.calls_by_name
            .values()
            .map(|counted| counted.calls)
            .sum()
    }

    /// Bytes that the kernel copied in all flows together, by the rule: without what the programs copied themselves.
    pub fn kernel_copied_bytes(&self) -> u64 {
        let hops = self.flows.iter().flat_map(|flow| &flow.copy_path);
        let of_kernel = hops.filter(|hop| hop.is_cpu_copy() && hop.basis != Basis::Inferred);
        of_kernel.map(|hop| hop.bytes).sum()
    }

    /// How often the CPU copied each byte of the flows that pass through: those with both ends outside of the
    /// program. None where there are none.
    pub fn cpu_copies_per_byte(&self) -> Option<f64> {
        let through = self.flows.iter().filter(|flow| flow.passes_through());
        let (bytes, copied) = through.fold((0, 0), |(bytes, copied), flow| {
            (bytes + flow.bytes, copied + flow.cpu_copied_bytes())
        });
        (bytes > 0).then(|| copied as f64 / bytes as f64)
    }
}

/// A socket's addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Its own.
    pub own: Option<String>,
    /// The one that it is connected to.
    pub peer: Option<String>,
}
