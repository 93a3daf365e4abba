//! What the kernel does to the bytes that a call moves: the only place where "copied" is decided.
//!
//! [`step`] answers by what the call is, by what stands at each end, and by what the kernel has reported. The lab's
//! [`super::CopyTracker`] and the [`super::flows`] of any program find these out each in its own way, and both ask here.
//! A test holds the answers for every combination (`tests/golden/copy_rule.txt`).

use crate::model::{
    Basis, Descriptor, DescriptorKind, How, Place, SENDFILE_TO_PIPE, Sink, Step, Storage,
    kernel_version,
};
use crate::syscall::{Op, Shape};

/// What stands at an end, as far as it decides what the kernel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// Memory of a program.
    Buffer,
    /// Memory that shows pages of a file.
    Mapping,
    /// A file by way of the page cache; a memfd, too.
    File,
    /// A file that was opened with `O_DIRECT`.
    DirectFile,
    /// A file that was opened with `O_DIRECT` on a file system that has no device, as tmpfs: its bytes are those of the page
    /// cache, and splice(2) copies them.
    BufferedDirectFile,
    /// A pipe or FIFO.
    Pipe,
    /// A socket whose peer may be on another machine.
    Socket,
    /// A TCP or UDP socket that is connected to this machine itself.
    LoopedSocket,
    /// A TCP socket whose bytes the kernel encrypts and decrypts (kTLS).
    CipherSocket,
    /// A terminal, another device, or what has no file at all.
    Device,
    /// `/dev/null`.
    Null,
    /// The program at the other end of a unix socket, which was passed a descriptor.
    Peer,
}

impl Medium {
    /// All of them.
    pub const ALL: [Medium; 12] = [
        Medium::Buffer,
        Medium::Mapping,
        Medium::File,
        Medium::DirectFile,
        Medium::BufferedDirectFile,
        Medium::Pipe,
        Medium::Socket,
        Medium::LoopedSocket,
        Medium::CipherSocket,
        Medium::Device,
        Medium::Null,
        Medium::Peer,
    ];

    /// What an open descriptor is. `is_looped`: a connection to this machine itself.
    pub(crate) fn of(descriptor: &Descriptor, is_looped: bool) -> Medium {
        use DescriptorKind::{Anonymous, Directory, File, Pipe, Socket, Tcp, Udp, Unix};
        let traits = &descriptor.traits;
        match descriptor.kind {
            // It has no pages that could be referred to, as a device has none.
            File if traits.file_system.storage() == Storage::Generated => Medium::Device,
            File if descriptor.direct => Medium::DirectFile,
            File if traits.direct_ignored => Medium::BufferedDirectFile,
            File | Directory => Medium::File,
            Anonymous if descriptor.name.starts_with("/memfd:") => Medium::File,
            Tcp if traits.tls => Medium::CipherSocket,
            Tcp | Udp if is_looped => Medium::LoopedSocket,
            Tcp | Udp | Unix | Socket => Medium::Socket,
            Pipe => Medium::Pipe,
            _ if descriptor.name == "/dev/null" => Medium::Null,
            _ => Medium::Device,
        }
    }

    /// Where its bytes are.
    pub(crate) fn place(self) -> Place {
        match self {
            Medium::Buffer => Place::UserBuffer,
            Medium::Mapping | Medium::File | Medium::BufferedDirectFile => Place::PageCache,
            Medium::DirectFile => Place::Disk,
            Medium::Pipe => Place::Pipe,
            Medium::Socket | Medium::LoopedSocket | Medium::CipherSocket => Place::SocketQueue,
            Medium::Device | Medium::Null => Place::Device,
            Medium::Peer => Place::Peer,
        }
    }

    fn is_memory(self) -> bool {
        matches!(self, Medium::Buffer | Medium::Mapping)
    }

    pub(crate) fn is_file(self) -> bool {
        use Medium::{BufferedDirectFile, DirectFile, File};
        matches!(self, File | DirectFile | BufferedDirectFile)
    }

    /// Whether splice(2) reads it into pages of the pipe's own, by copying: it has no pages, or none to refer to.
    fn is_spliced_by_copy(self) -> bool {
        use Medium::{BufferedDirectFile, Device, Null};
        matches!(self, Device | Null | BufferedDirectFile)
    }

    fn is_socket(self) -> bool {
        matches!(
            self,
            Medium::Socket | Medium::LoopedSocket | Medium::CipherSocket
        )
    }

    fn is_descriptor(self) -> bool {
        !self.is_memory() && self != Medium::Peer
    }
}

/// Whether an address (`127.0.0.1:80`, `[::1]:80`) is one of this machine itself.
pub(crate) fn is_loopback(address: &str) -> bool {
    let loopback = ["127.", "[::1]", "[::ffff:127."];
    loopback.iter().any(|prefix| address.starts_with(prefix))
}

/// What has been reported of one call, beside its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Report {
    /// Nothing, and nothing is missing.
    None,
    /// Zero-copy was asked for, and the kernel has not said what it did: not yet, or because nobody asked it to.
    Outstanding,
    /// Zero-copy was asked for, and the kernel says that it copied.
    Copied,
    /// Zero-copy was asked for, and the kernel says that it did not copy.
    NotCopied,
    /// FIEMAP shows that both files name the same blocks.
    SharedBlocks,
    /// Whether blocks are shared cannot be asked: a server or a daemon decides.
    Unknown,
    /// The receiver says that it has mapped the memory whose descriptor it was passed.
    MappedByPeer,
    /// The kernel is older than Linux 5.12: to sendfile(2), a pipe is a file to write to.
    BeforeLinux5_12,
}

impl Report {
    /// All of them.
    pub const ALL: [Report; 8] = [
        Report::None,
        Report::Outstanding,
        Report::Copied,
        Report::NotCopied,
        Report::SharedBlocks,
        Report::Unknown,
        Report::MappedByPeer,
        Report::BeforeLinux5_12,
    ];

    /// Of a sendfile(2) by a kernel (`Linux 6.18.44`).
    pub(crate) fn of_sendfile(kernel: &str) -> Report {
        match kernel_version(kernel) {
            (0, 0) => Report::None, // it does not say
            version if version < SENDFILE_TO_PIPE => Report::BeforeLinux5_12,
            _ => Report::None,
        }
    }

    /// Of a zero-copy send: what was reported, if anything was.
    pub(crate) fn of_zerocopy(copied: Option<bool>) -> Report {
        match copied {
            Some(true) => Report::Copied,
            Some(false) => Report::NotCopied,
            None => Report::Outstanding,
        }
    }
}

/// Why a file's bytes reach a socket by reference in sendfile(2): the manual page, and since Linux 6.5 the flag by which the
/// pages are handed over (kernel commit 2dc334f1a63a); before it, `sendpage` did.
const SENDFILE: &str = "sendfile(2); MSG_SPLICE_PAGES, once sendpage()";
/// Why they reach a pipe so, and why they once did not.
const SENDFILE_PIPE: &str = "sendfile(2): since Linux 5.12 to a pipe as splice(2)";
const SENDFILE_OLD_PIPE: &str = "sendfile(2): before Linux 5.12 the pipe was written to";
/// Why a file gets bytes of its own from sendfile(2).
const SENDFILE_FILE: &str =
    "sendfile(2); kernel, fs/splice.c: iter_file_splice_write() writes into the file's own pages";
/// Why a pipe holds a file's bytes by reference: the manual page's notes on what a pipe is.
const SPLICE_IN: &str = "splice(2), NOTES: a pipe holds references to pages";
/// Why references go on from a pipe to a socket (`sendpage` before Linux 6.5).
const SPLICE_OUT: &str = "splice(2); MSG_SPLICE_PAGES, once sendpage()";
/// Why a file gets bytes of its own out of a pipe.
const SPLICE_FILE: &str =
    "kernel, fs/splice.c: iter_file_splice_write() writes into the file's own pages";
/// Why a device gets its bytes by a write.
const SPLICE_DEVICE: &str = "kernel, fs/splice.c: iter_file_splice_write() calls write";
/// Why a source has its bytes copied into a pipe: a device, what the kernel makes as it is read (procfs, sysfs), and what was
/// opened with `O_DIRECT`, or is DAX, have no pages that a pipe could refer to.
const SPLICE_COPY: &str = "kernel, fs/splice.c: the source is read into pages of the pipe's own (copy_splice_read() since Linux 6.5)";
/// Why a pipe holds what has arrived on a socket by reference.
const SPLICE_RECEIVE: &str =
    "kernel, net/core/skbuff.c: skb_splice_bits() puts the queue's own pages into the pipe";
/// Why a pipe holds a program's bytes by reference.
const VMSPLICE: &str = "vmsplice(2): user pages are mapped into the pipe";
/// Why a second pipe holds them, too.
const TEE: &str = "tee(2): references are duplicated, data is not";
/// Why copy_file_range(2) copies where no block is shared.
const COPY_RANGE: &str = "copy_file_range(2), NOTES: reflinks or copies";
/// Why it did not: an instrument says so.
const SHARED: &str = "FIEMAP: the sink's blocks are the source's own";
/// Why nobody can say.
const ELSEWHERE: &str = "copy_file_range(2), NOTES: a server or a daemon may copy, or share";
/// Why a send to a kTLS socket is a pass of the CPU and no copy, whatever the call: each record is encrypted from where it
/// is into pages of the kernel.
const ENCRYPTS: &str = "kernel, net/tls/tls_sw.c: tls_push_record() encrypts into pages of its own, unless the card does";
const DECRYPTS: &str =
    "kernel, net/tls/tls_sw.c: tls_decrypt_sg(), at least one pass of the cipher";
/// Why cloned files have no byte copied.
const CLONES: &str = "ioctl_ficlonerange(2): the files share the blocks";
/// Why the receiver needs no copy of what is in shared memory: it says that it has mapped it.
const PASSED: &str = "the receiver mapped the memfd that it was passed; memfd_create(2)";
/// Why a read past the page cache is no copy of the CPU's, and a write.
const DIRECT_READ: &str = "open(2), O_DIRECT: directly to user-space buffers";
const DIRECT_WRITE: &str = "open(2), O_DIRECT: directly from user-space buffers";
const DIRECT_SPLICE: &str = "open(2), O_DIRECT; kernel, fs/splice.c: to and from the pipe's pages";
/// Why nothing is copied to /dev/null.
const DISCARDED: &str = "null(4): data written is discarded";
/// Why a send with MSG_ZEROCOPY was a copy after all, and why it was none.
const COPIED: &str = "SO_EE_CODE_ZEROCOPY_COPIED on the error queue";
const NOT_COPIED: &str = "completed on the error queue, without COPIED";
/// The same of a zero-copy send of io_uring.
const ZC_COPIED: &str = "IORING_NOTIF_USAGE_ZC_COPIED in the notification";
const ZC_NOT_COPIED: &str = "notified without IORING_NOTIF_USAGE_ZC_COPIED";
/// What is to be thought of either where the kernel says nothing.
const UNREPORTED: &str = "msg_zerocopy.rst, Transmission; no report of it was read";
const ZC_UNREPORTED: &str = "io_uring_enter(2): IORING_OP_SEND_ZC; no report was asked for";
const LOOPED: &str = "msg_zerocopy.rst, Loopback: what is looped to a socket is copied";
/// Why a zero-copy receive is none: the card's rings say where the payload is, or the kernel how much it mapped.
const RECEIVE_ZC: &str = "kernel, iou-zcrx.rst: the card writes payload to the program's memory";
const RECEIVE_MAPPED: &str = "TCP_ZEROCOPY_RECEIVE: the length that the kernel mapped";
/// Why what a program stores in a mapped file needs no copy to get there.
const STORED: &str = "mmap(2), MAP_SHARED: updates are carried through to the file";
/// Why it is thought that a program copied bytes itself.
const OWN: &str = "the same bytes were read to another address";

/// Why a warm source costs no DMA, where no instrument was asked.
const WARM: &str = "read(2): what is in the page cache is not read from the disk again";

/// A copy that the program itself made, from buffer to buffer: no call does it.
pub(crate) const OWN_COPY: Step = Step {
    from: Place::UserBuffer,
    to: Place::UserBuffer,
    how: How::CpuCopy,
    basis: Basis::Inferred,
    source: Some(OWN),
};

/// What a network card would do before something is received.
pub(crate) const FROM_NETWORK: Step = Step {
    from: Place::Device,
    to: Place::SocketQueue,
    how: How::Dma,
    basis: Basis::Documented,
    source: Some("loopback has no device; on a real network card"),
};

/// What the disk does for the page cache: by what an instrument says, or for a warm source as documented.
pub(crate) fn fetch(instrument: Option<&'static str>) -> Step {
    Step {
        from: Place::Disk,
        to: Place::PageCache,
        how: How::Dma,
        basis: instrument.map_or(Basis::Documented, |_| Basis::Measured),
        source: instrument.or(Some(WARM)),
    }
}

/// What would follow behind a sink on other hardware, or later.
pub(crate) fn beyond(sink: Sink) -> Option<Step> {
    let (to, source) = sink.beyond()?;
    Some(Step {
        from: sink.place(),
        to,
        how: How::Dma,
        basis: Basis::Documented,
        source: Some(source),
    })
}

/// What the process at the other end does, as it tells itself.
pub(crate) fn by_peer(from: Place, to: Place) -> Step {
    Step {
        from,
        to,
        how: How::CpuCopy,
        basis: Basis::Told,
        source: None,
    }
}

/// What sendfile(2) does before [`step`] with a source that has no pages to refer to: it copies its bytes into a pipe of the
/// kernel's own. None where the call has one step.
pub fn step_before(op: Op, from: Medium, to: Medium) -> Option<Step> {
    let has_two =
        op == Op::Sendfile && from.is_spliced_by_copy() && to.is_descriptor() && to != Medium::Pipe;
    has_two.then(|| documented(from, Medium::Pipe, How::CpuCopy, SPLICE_COPY))
}

/// How the bytes of a call went from one end to the other; of a call with two steps, the second. None where such a call
/// moves none between such ends.
pub fn step(op: Op, from: Medium, to: Medium, report: Report) -> Option<Step> {
    if step_before(op, from, to).is_some() {
        return step(Op::Splice, Medium::Pipe, to, report);
    }
    if let Some(step) = ciphered(op, from, to) {
        return Some(step);
    }
    match op {
        Op::Read(_) | Op::Recv(_) => read(from).filter(|_| to.is_memory()),
        // The kernel keeps a message in memory of its own (ipc/msgutil.c: load_msg(), store_msg()).
        Op::QueueSend(_) => {
            (from.is_memory() && to == Medium::Device).then(|| observed(from, to, How::CpuCopy))
        }
        Op::QueueReceive(_) => ((from, to) == (Medium::Device, Medium::Buffer))
            .then(|| observed(from, to, How::CpuCopy)),
        Op::ProcessVm => {
            (from.is_memory() && to == Medium::Buffer).then(|| observed(from, to, How::CpuCopy))
        }
        Op::GetOption => (from.is_socket() && to == Medium::Buffer)
            .then(|| by((from, to), How::Mapping, Basis::Reported, RECEIVE_MAPPED)),
        Op::RecvZc => (from.is_socket() && to == Medium::Buffer)
            .then(|| documented(from, to, How::Reference, RECEIVE_ZC)),
        Op::Send(Shape::Message) if to == Medium::Peer => {
            let is_mapped = from == Medium::Buffer && report == Report::MappedByPeer;
            is_mapped.then(|| by((from, to), How::Mapping, Basis::Told, PASSED))
        }
        Op::Send(_) | Op::SendZc(_) if from.is_memory() && to.is_socket() => {
            Some(send(op, from, to, report))
        }
        Op::Write(_) | Op::Send(_) | Op::SendZc(_) => {
            (from.is_memory() && to.is_descriptor()).then(|| write(from, to))
        }
        Op::Vmsplice => vmsplice(from, to),
        Op::Sendfile => sendfile(from, to, report),
        Op::Splice => splice(from, to),
        Op::Tee => ((from, to) == (Medium::Pipe, Medium::Pipe))
            .then(|| documented(from, to, How::Reference, TEE)),
        Op::CopyRange => (from.is_file() && to.is_file()).then(|| copy_range(report)),
        Op::Map => map(from, to),
        Op::Ioctl => (from.is_file() && to.is_file())
            .then(|| documented(Medium::File, Medium::File, How::Reference, CLONES)),
        _ => None,
    }
}

/// To and from a socket whose bytes the kernel encrypts.
fn ciphered(op: Op, from: Medium, to: Medium) -> Option<Step> {
    match (op, from, to) {
        (Op::Write(_) | Op::Send(_), _, Medium::CipherSocket) if from.is_memory() => {
            Some(documented(from, to, How::Cipher, ENCRYPTS))
        }
        (Op::Sendfile, _, Medium::CipherSocket) if from.is_descriptor() => {
            Some(documented(from, to, How::Cipher, ENCRYPTS))
        }
        (Op::Splice, Medium::Pipe, Medium::CipherSocket) => {
            Some(documented(from, to, How::Cipher, ENCRYPTS))
        }
        (Op::Read(_) | Op::Recv(_), Medium::CipherSocket, Medium::Buffer)
        | (Op::Splice, Medium::CipherSocket, Medium::Pipe) => {
            Some(documented(from, to, How::Cipher, DECRYPTS))
        }
        _ => None,
    }
}

/// Into a buffer, out of what is read. (What a shared mapping shows is a buffer here: the file gets it from there.)
fn read(from: Medium) -> Option<Step> {
    let to = Medium::Buffer;
    match from {
        Medium::DirectFile => Some(documented(from, to, How::Dma, DIRECT_READ)),
        _ if from.is_descriptor() => Some(observed(from, to, How::CpuCopy)),
        _ => None,
    }
}

/// Out of a buffer or a mapping, into what is written to.
fn write(from: Medium, to: Medium) -> Step {
    match to {
        Medium::Null => documented(from, to, How::Reference, DISCARDED),
        Medium::DirectFile => documented(from, to, How::Dma, DIRECT_WRITE),
        _ => observed(from, to, How::CpuCopy),
    }
}

/// A send. Where it asks the kernel not to copy, only the kernel's own report says whether it did.
fn send(op: Op, from: Medium, to: Medium, report: Report) -> Step {
    let [copied, not_copied, unreported] = match op {
        Op::SendZc(_) => [ZC_COPIED, ZC_NOT_COPIED, ZC_UNREPORTED],
        _ => [COPIED, NOT_COPIED, UNREPORTED],
    };
    match report {
        Report::Copied => by((from, to), How::CpuCopy, Basis::Reported, copied),
        Report::NotCopied => by((from, to), How::Reference, Basis::Reported, not_copied),
        Report::Outstanding if to == Medium::LoopedSocket => {
            documented(from, to, How::CpuCopy, LOOPED)
        }
        Report::Outstanding => documented(from, to, How::Reference, unreported),
        _ => write(from, to),
    }
}

fn vmsplice(from: Medium, to: Medium) -> Option<Step> {
    match (from, to) {
        (Medium::Buffer | Medium::Mapping, Medium::Pipe) => {
            Some(documented(from, to, How::Reference, VMSPLICE))
        }
        (Medium::Pipe, Medium::Buffer) => Some(observed(from, to, How::CpuCopy)),
        _ => None,
    }
}

/// As two splices with a pipe of the kernel's own between them; of a source with pages, that pipe is not worth a word.
fn sendfile(from: Medium, to: Medium, report: Report) -> Option<Step> {
    let is_old = report == Report::BeforeLinux5_12;
    (from.is_descriptor() && to.is_descriptor()).then(|| match (from, to) {
        (_, Medium::Null) => documented(from, to, How::Reference, DISCARDED),
        (_, Medium::Pipe) if is_old => documented(from, to, How::CpuCopy, SENDFILE_OLD_PIPE),
        (_, Medium::Pipe) if from.is_spliced_by_copy() => {
            documented(from, to, How::CpuCopy, SPLICE_COPY)
        }
        (_, Medium::Device) => documented(from, to, How::CpuCopy, SPLICE_DEVICE),
        (_, Medium::DirectFile) => documented(from, to, How::Dma, DIRECT_SPLICE),
        (_, to) if to.is_file() => documented(from, to, How::CpuCopy, SENDFILE_FILE),
        (Medium::DirectFile, _) => documented(from, to, How::Dma, DIRECT_SPLICE),
        (_, Medium::Pipe) => documented(from, to, How::Reference, SENDFILE_PIPE),
        _ => documented(from, to, How::Reference, SENDFILE),
    })
}

/// Into a pipe or out of it, by reference where the other end can hold references.
fn splice(from: Medium, to: Medium) -> Option<Step> {
    let (how, source) = match (from, to) {
        (Medium::Pipe, Medium::Null) => (How::Reference, DISCARDED),
        (Medium::Pipe, Medium::Device) => (How::CpuCopy, SPLICE_DEVICE),
        (from, Medium::Pipe) if from.is_spliced_by_copy() => (How::CpuCopy, SPLICE_COPY),
        (Medium::Pipe, Medium::DirectFile) | (Medium::DirectFile, Medium::Pipe) => {
            (How::Dma, DIRECT_SPLICE)
        }
        (Medium::Pipe, to) if to.is_file() => (How::CpuCopy, SPLICE_FILE),
        (Medium::File | Medium::Pipe, Medium::Pipe) => (How::Reference, SPLICE_IN),
        (Medium::Pipe, to) if to.is_socket() => (How::Reference, SPLICE_OUT),
        (from, Medium::Pipe) if from.is_socket() => (How::Reference, SPLICE_RECEIVE),
        _ => return None,
    };
    Some(documented(from, to, how, source))
}

/// A file's pages are shown to a program, or what it stores there is the file's.
fn map(from: Medium, to: Medium) -> Option<Step> {
    match (from, to) {
        _ if from.is_file() && to == Medium::Buffer => {
            Some(observed(Medium::File, to, How::Mapping))
        }
        _ if from.is_memory() && to.is_file() => {
            Some(documented(from, Medium::File, How::Mapping, STORED))
        }
        _ => None,
    }
}

fn copy_range(report: Report) -> Step {
    let files = (Medium::File, Medium::File);
    match report {
        Report::SharedBlocks => by(files, How::Reference, Basis::Measured, SHARED),
        Report::Unknown => by(files, How::Unknown, Basis::Documented, ELSEWHERE),
        _ => by(files, How::CpuCopy, Basis::Documented, COPY_RANGE),
    }
}

/// ptrace saw it, and that is enough to know.
fn observed(from: Medium, to: Medium, how: How) -> Step {
    Step {
        from: from.place(),
        to: to.place(),
        how,
        basis: Basis::Observed,
        source: None,
    }
}

fn documented(from: Medium, to: Medium, how: How, source: &'static str) -> Step {
    by((from, to), how, Basis::Documented, source)
}

fn by((from, to): (Medium, Medium), how: How, basis: Basis, source: &'static str) -> Step {
    Step {
        basis,
        source: Some(source),
        ..observed(from, to, how)
    }
}
