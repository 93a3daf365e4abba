//! What a call means to the flows, and which memory it names.

use super::Process;

/// How a call names memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// An address and a length.
    Buffer,
    /// An array of `struct iovec`.
    Vector,
    /// A `struct msghdr`.
    Message,
    /// An array of `struct mmsghdr`.
    Messages,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Nothing that matters here.
    None,
    /// Brings bytes into memory.
    Read(Shape),
    /// Takes bytes out of memory.
    Write(Shape),
    /// User pages into a pipe, by reference (or, from the pipe's reading end, copied out of it).
    Vmsplice,
    Sendfile,
    Splice,
    Tee,
    CopyRange,
    Map,
    Unmap,
    Remap,
    Close,
    Pipe,
    Pair,
    /// Memory of another process.
    Foreign,
    Ioctl,
    /// A call of another table than the machine's own (32-bit, x32): what it moves is known, not from where to where.
    Narrow {
        reads: bool,
        writes: bool,
    },
    /// socketcall(2): its first argument says which call it is.
    Socketcall,
}

impl Op {
    pub fn of(name: &str) -> Op {
        match name {
            "read" | "pread64" | "recvfrom" | "recv" => Op::Read(Shape::Buffer),
            "readv" | "preadv" | "preadv2" => Op::Read(Shape::Vector),
            "recvmsg" => Op::Read(Shape::Message),
            "recvmmsg" => Op::Read(Shape::Messages),
            "write" | "pwrite64" | "sendto" | "send" => Op::Write(Shape::Buffer),
            "writev" | "pwritev" | "pwritev2" => Op::Write(Shape::Vector),
            "sendmsg" => Op::Write(Shape::Message),
            "sendmmsg" => Op::Write(Shape::Messages),
            "vmsplice" => Op::Vmsplice,
            "sendfile" | "sendfile64" => Op::Sendfile,
            "splice" => Op::Splice,
            "tee" => Op::Tee,
            "copy_file_range" => Op::CopyRange,
            "mmap" | "mmap2" => Op::Map,
            "munmap" => Op::Unmap,
            "mremap" => Op::Remap,
            "close" => Op::Close,
            "pipe" | "pipe2" => Op::Pipe,
            "socketpair" => Op::Pair,
            "process_vm_readv" | "process_vm_writev" => Op::Foreign,
            "ioctl" => Op::Ioctl,
            "32-bit_socketcall" => Op::Socketcall,
            name => match name
                .strip_prefix("32-bit_")
                .or_else(|| name.strip_prefix("x32_"))
            {
                Some(name) => Op::of(name).narrow(),
                None => Op::None,
            },
        }
    }

    /// What a call of that name moves where its arguments are not understood.
    fn narrow(self) -> Op {
        let (reads, writes) = match self {
            // These return a number of messages.
            Op::Read(Shape::Messages) | Op::Write(Shape::Messages) => (false, false),
            Op::Read(_) => (true, false),
            Op::Write(_) | Op::Vmsplice => (false, true),
            Op::Sendfile | Op::Splice | Op::Tee | Op::CopyRange => (true, true),
            _ => (false, false),
        };
        Op::Narrow { reads, writes }
    }

    /// The call that a socketcall(2) is, by its first argument (linux/net.h).
    pub fn of_socketcall(which: u64) -> Op {
        const SENDING: [u64; 3] = [9, 11, 16];
        const RECEIVING: [u64; 3] = [10, 12, 17];
        Op::Narrow {
            reads: RECEIVING.contains(&which),
            writes: SENDING.contains(&which),
        }
    }

    /// The argument with the flags of send(2) and recv(2), where there is one.
    pub fn message_flags(name: &str, args: &[u64; 6]) -> u64 {
        match name {
            "recvfrom" | "recv" | "sendto" | "send" | "recvmmsg" | "sendmmsg" => args[3],
            "recvmsg" | "sendmsg" => args[2],
            _ => 0,
        }
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub start: u64,
    pub length: u64,
}

const WORD: usize = size_of::<usize>();
/// More are not taken by the kernel either (`UIO_MAXIOV`).
const MOST_VECTORS: usize = 1024;
/// `struct msghdr`, and `struct mmsghdr` with the length after it.
const MESSAGE: usize = 7 * WORD;
const MESSAGES: usize = 8 * WORD;

/// The memory that a call names, in order; none where that cannot be read. For messages also how much each holds or,
/// after the call (`returned`), how much was received into each.
pub(super) fn ranges(
    shape: Shape,
    args: &[u64; 6],
    returned: Option<u64>,
    process: &dyn Process,
) -> Option<Vec<Range>> {
    match shape {
        Shape::Buffer => Some(vec![Range {
            start: args[1],
            length: args[2],
        }]),
        Shape::Vector => vectors(args[1], args[2], process),
        Shape::Message => message(args[1], process),
        Shape::Messages => {
            let count = returned.unwrap_or(args[2]).min(MOST_VECTORS as u64);
            let mut all = Vec::new();
            for number in 0..count {
                let at = args[1] + number * MESSAGES as u64;
                let mut parts = message(at, process)?;
                if returned.is_some() {
                    cut(&mut parts, received(at, process)?);
                }
                all.extend(parts);
            }
            Some(all)
        }
    }
}

/// Cuts ranges to so many bytes in all.
pub(super) fn cut(ranges: &mut Vec<Range>, mut bytes: u64) {
    for range in ranges.iter_mut() {
        range.length = range.length.min(bytes);
        bytes -= range.length;
    }
    ranges.retain(|range| range.length > 0);
}

fn message(at: u64, process: &dyn Process) -> Option<Vec<Range>> {
    let mut head = [0; MESSAGE];
    (process.read(at, &mut head) == MESSAGE).then_some(())?;
    vectors(word(&head, 2), word(&head, 3), process)
}

/// `msg_len` of a `struct mmsghdr`.
fn received(at: u64, process: &dyn Process) -> Option<u64> {
    let mut length = [0; 4];
    let read = process.read(at + MESSAGE as u64, &mut length);
    (read == 4).then(|| u64::from(u32::from_ne_bytes(length)))
}

fn vectors(at: u64, count: u64, process: &dyn Process) -> Option<Vec<Range>> {
    let count = usize::try_from(count).ok()?.min(MOST_VECTORS);
    let mut bytes = vec![0; count * 2 * WORD];
    (process.read(at, &mut bytes) == bytes.len()).then_some(())?;
    let range = |number: usize| Range {
        start: word(&bytes, 2 * number),
        length: word(&bytes, 2 * number + 1),
    };
    Some((0..count).map(range).collect())
}

fn word(bytes: &[u8], number: usize) -> u64 {
    let mut word = [0; WORD];
    word.copy_from_slice(&bytes[number * WORD..][..WORD]);
    usize::from_ne_bytes(word) as u64
}

/// What the kernel reports on a socket's error queue of sends with MSG_ZEROCOPY: the first and the last of them, by
/// number, and whether it copied them after all (`struct sock_extended_err`, linux/errqueue.h).
pub(super) fn zerocopy_reports(at: u64, process: &dyn Process) -> Vec<(u32, u32, bool)> {
    const ORIGIN_ZEROCOPY: u8 = 5;
    const COPIED: u8 = 1;
    let mut head = [0; MESSAGE];
    if process.read(at, &mut head) != MESSAGE {
        return Vec::new();
    }
    let length = word(&head, 5).min(1024) as usize;
    let mut control = vec![0; length];
    if process.read(word(&head, 4), &mut control) != length {
        return Vec::new();
    }
    let mut reports = Vec::new();
    let mut rest = &control[..];
    let data = WORD + 8; // struct cmsghdr: a length and two ints
    while rest.len() >= data + 16 {
        let length = word(rest, 0) as usize;
        let number =
            |at: usize| u32::from_ne_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
        if rest[data + 4] == ORIGIN_ZEROCOPY {
            reports.push((
                number(data + 8),
                number(data + 12),
                rest[data + 6] & COPIED != 0,
            ));
        }
        let next = length.max(data).next_multiple_of(WORD);
        rest = rest.get(next..).unwrap_or_default();
    }
    reports
}
