//! A recording: one run of a transfer (or, later, of any program) as plain data that replays anywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cache, Method, Sink, Size, Trace};

/// What to transfer, how, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TransferSpec {
    /// The method.
    pub method: Method,
    /// What it writes to.
    pub to: Sink,
    /// How many bytes.
    pub size: Size,
    /// How many at most a call.
    pub chunk: Size,
    /// Whether the source is in the page cache.
    #[serde(default)]
    pub cache: Cache,
    /// How much the pipe on the way (the method's own, or a sink that is one) is to hold; none: as the system makes
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipe_size: Option<Size>,
}

impl TransferSpec {
    /// The usual one of a method: 1 MiB, 64 KiB chunks, warm, to its first sink.
    pub fn of(method: Method) -> TransferSpec {
        TransferSpec {
            method,
            to: method.sinks()[0],
            size: Size(Size::MIB),
            chunk: Size(64 * Size::KIB),
            cache: Cache::Warm,
            pipe_size: None,
        }
    }
}

/// The machine that a recording was made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `Linux 6.18.4`.
    pub kernel: String,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// Online CPUs.
    pub cpus: u32,
    /// Page size in bytes.
    pub page_size: u64,
}

/// Counters of the untraced run, of the sending process, over the transfer alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Wall time, nanoseconds.
    pub wall_ns: u64,
    /// CPU time, nanoseconds: exact (`CLOCK_THREAD_CPUTIME_ID`).
    pub cpu_ns: u64,
    /// User part, nanoseconds; none where the run is too short for the tick to mean something.
    pub user_ns: Option<u64>,
    /// System part, likewise.
    pub system_ns: Option<u64>,
    /// The task waited.
    pub voluntary_context_switches: u64,
    /// The task was preempted.
    pub involuntary_context_switches: u64,
    /// Faults that needed no I/O, in user mode and inside calls alike.
    pub minor_faults: u64,
    /// Faults that waited for I/O.
    pub major_faults: u64,
    /// How far the process's resident memory rose above what it was before the method got what it needs, in bytes:
    /// buffers and mappings with the pages that were touched. None where the kernel does not tell.
    #[serde(default)]
    pub peak_memory_bytes: Option<u64>,
    /// Bytes really fetched from storage (`read_bytes` of `/proc/self/io`); none where it cannot be read.
    #[serde(default)]
    pub read_bytes: Option<u64>,
}

/// How much of a file was in the page cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residency {
    /// Pages in the cache.
    pub resident: u64,
    /// Pages of the file.
    pub pages: u64,
}

/// What the kernel itself reported of sends with `MSG_ZEROCOPY`, on the socket's error queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelReports {
    /// Sends that were reported as completed.
    pub completions: u64,
    /// Those of them that the kernel had to copy (`SO_EE_CODE_ZEROCOPY_COPIED`).
    pub copied: u64,
    /// Which ones: the first and the last of each run of them, by number from 0.
    pub copied_sends: Vec<[u32; 2]>,
}

/// Bytes that functions of the kernel moved for one process, counted at those functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedBytes {
    /// Copied by the CPU.
    pub cpu_copied_bytes: u64,
    /// Handed on by reference, each byte once, by however many functions it passes.
    pub reference_bytes: u64,
    /// Encrypted or decrypted by the CPU.
    pub cipher_bytes: u64,
    /// What each function counted. A reference may pass several.
    pub by_function: BTreeMap<String, u64>,
}

/// What the kernel's own functions moved in a run of its own, between the markers around the transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedCopies {
    /// Of the process that makes the transfer.
    #[serde(flatten)]
    pub own: CountedBytes,
    /// Of the process at the other end, until its end.
    pub peer: CountedBytes,
    /// What the kernel mapped in the counted run, for a method that maps what arrives. It differs from run to run, and the
    /// rest was received by a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped_bytes: Option<u64>,
}

/// What the calls of a server moved besides the bodies of its answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// Answers: heads that were sent.
    pub answers: u64,
    /// Bytes of requests, copied out of sockets' queues.
    pub request_bytes: u64,
    /// Bytes of heads, copied into sockets' queues.
    pub head_bytes: u64,
}

/// What came of the transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Bytes that the sender's calls moved.
    pub bytes_moved: u64,
    /// The receiver's checksum equals the source's. None where no traced run could be made.
    pub verified: Option<bool>,
    /// Bytes that the receiver counted, in the traced run (else in the measured one).
    pub received: u64,
    /// The source in the page cache just before the traced run (else before the measured one).
    pub residency_before: Option<Residency>,
    /// And just after it.
    pub residency_after: Option<Residency>,
    /// The file system that the source is on, as `ext4`, `tmpfs`.
    #[serde(default)]
    pub file_system: String,
    /// How far the disk of a source that was cold is read ahead, in KiB, where a disk tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_ahead_kb: Option<u64>,
    /// Bytes that the second receiver counted, where there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also_received: Option<u64>,
    /// What the kernel reported of its zero-copy sends, where the method asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_reports: Option<KernelReports>,
    /// Bytes that the kernel said it mapped, a number for each call with `TCP_ZEROCOPY_RECEIVE` that did not fail, where
    /// the method makes such calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped_receives: Option<Vec<u32>>,
    /// Bytes of memory that the receiver can use since it was passed a descriptor of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_memory: Option<u64>,
    /// How many bytes of pages the pipe on the way can hold (`F_GETPIPE_SZ`), where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipe_size: Option<u64>,
    /// Bytes of a file sink whose blocks on the disk are the source's own (FIEMAP), where the file system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_blocks: Option<u64>,
    /// The recording is of a server: the bytes above are those of the bodies that it sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<Served>,
}

/// Something that this machine does not allow, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// `ptrace`, `cold-cache`, `cachestat`, ...
    pub instrument: String,
    /// Why not, in one sentence.
    pub reason: String,
}

impl Unavailable {
    pub(crate) fn new(instrument: &str, reason: String) -> Unavailable {
        Unavailable {
            instrument: instrument.to_owned(),
            reason,
        }
    }

    /// Adds it to others: each reason once, however often it is met.
    pub(crate) fn add_to(self, others: &mut Vec<Unavailable>) {
        if !others.contains(&self) {
            others.push(self);
        }
    }
}

/// Where a recording comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Made just now, on this machine.
    #[default]
    Live,
    /// Compiled into the program, made elsewhere: must be marked as such wherever it is shown.
    Shipped,
    /// Loaded from a file.
    Loaded,
}

/// One run, as plain data. [`Recording::trace`] and [`Recording::measured`] come from two different runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Where it comes from.
    #[serde(skip)]
    pub origin: Origin,
    /// What was transferred.
    pub spec: TransferSpec,
    /// Where it was made.
    pub machine: Machine,
    /// What came of it.
    pub outcome: Outcome,
    /// Counters of the untraced run.
    pub measured: Option<Measured>,
    /// What the kernel's own functions counted; none where nobody asked, or it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<CountedCopies>,
    /// What was refused.
    pub unavailable: Vec<Unavailable>,
    /// The calls of the traced run; none where ptrace is refused.
    pub trace: Option<Trace>,
}

impl Recording {
    /// Nothing yet, of a transfer that is made now.
    pub(crate) fn of(spec: TransferSpec, machine: Machine) -> Recording {
        Recording {
            origin: Origin::Live,
            spec,
            machine,
            outcome: Outcome::default(),
            measured: None,
            counted: None,
            unavailable: Vec::new(),
            trace: None,
        }
    }
}

/// `Linux 6.18.4` as (6, 18); (0, 0) where it does not say.
pub(crate) fn kernel_version(kernel: &str) -> (u32, u32) {
    let mut numbers = kernel
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_a_version() {
        assert_eq!(kernel_version("Linux 6.18.44-fc-v595"), (6, 18));
        assert_eq!(kernel_version("Linux"), (0, 0));
    }
}
