//! The memory of a thread that stands still, and what a call names of it.

use crate::model::{Addresses, Descriptor, DescriptorKind, StorageBytes, text_of};
use crate::syscall::Shape;

/// A thread that stands still, and can be asked.
pub trait TraceeMemory {
    /// Its thread id.
    fn tid(&self) -> i32;
    /// Its process id.
    fn pid(&self) -> i32;
    /// Reads its memory, as much as is there, up to the buffer's length: how many bytes.
    fn read(&self, address: u64, buffer: &mut [u8]) -> usize;
    /// Reads several places (at most 16) one after the other; false where one cannot be read.
    fn read_places(&self, places: &[(u64, usize)], buffer: &mut [u8]) -> bool;
    /// The addresses of a TCP or UDP socket.
    fn addresses(&self, socket: &Descriptor) -> Addresses;
    /// The addresses of all TCP and UDP sockets of its process, and whether it listens there.
    fn sockets(&self) -> Vec<(DescriptorKind, Addresses, bool)>;
    /// The number of the unix socket that is connected to the one of this number.
    fn peer_of(&self, socket: u64) -> Option<u64>;
    /// Whether a process reads what `/proc/PID/fd` shows as `pipe:[4711]` or as the path of a FIFO.
    fn reads(&self, pid: i32, shown: &str) -> bool;
    /// Whether a descriptor is open for reading alone.
    fn is_read_only(&self, fd: i32) -> bool;
    /// Whether a pipe carries packets, not a stream: what a read leaves of one is gone.
    fn carries_messages(&self, fd: i32) -> bool;
    /// The path of the directory that a descriptor names, or (`AT_FDCWD`) of the working directory.
    fn directory(&self, _fd: i32) -> Option<String> {
        None
    }
    /// How long a file is.
    fn file_size(&self, _fd: i32) -> Option<u64> {
        None
    }
    /// How many bytes of a file lie in blocks that it shares with another; none where its file system does not tell.
    fn shared_bytes(&self, _fd: i32) -> Option<u64> {
        None
    }
    /// What the process has asked of storage since it began.
    fn storage(&self) -> Option<StorageBytes> {
        None
    }
    /// The program's name.
    fn program(&self) -> String;
    /// What its process has mapped, and what of it files or shared memory stand behind.
    fn areas(&self) -> Vec<Area>;
    /// Behind which address a file ends that is mapped at another.
    fn mapped_end(&self, _address: u64) -> Option<u64> {
        None
    }
    /// The pages of a mapping that its process has touched, by their addresses; of a very large mapping those of its beginning.
    fn touched(&self, start: u64, end: u64) -> Vec<u64>;
    /// The addresses in a private mapping of a file whose pages are no longer the file's, in order: its process has stored
    /// to them, and has copies of its own.
    fn copied_on_write(&self, _start: u64, _end: u64) -> Vec<std::ops::Range<u64>> {
        Vec::new()
    }
    /// Reads from a file that it has open: at an offset, or where its next write would go. As much as is there, up to the
    /// buffer's length: how many bytes.
    fn read_file(&self, fd: i32, offset: Option<u64>, buffer: &mut [u8]) -> usize;
    /// The memory of another process, which need not stand still.
    fn of_process(&self, pid: i32) -> Option<Box<dyn TraceeMemory + '_>>;
    /// How many bytes of a mapping's pages were stored to and are not written to the disk.
    fn dirty(&self, start: u64, end: u64) -> u64;
}

/// A mapping, as /proc/PID/maps shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its first address.
    pub start: u64,
    /// The address after its last.
    pub end: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// The program may write to it.
    pub is_writable: bool,
    /// It is code, or may be.
    pub is_executable: bool,
    /// What is written to it is seen by all that map it.
    pub is_shared: bool,
    /// Device and inode, as [`crate::model::Descriptor::identity`] has them.
    pub identity: u64,
    /// The file's path, or what is shown in place of one.
    pub name: String,
}

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

/// No call moves more, whatever it asks for (`MAX_RW_COUNT`, linux/fs.h, with pages of 4 KiB).
pub(super) const MOST_BY_ONE_CALL: u64 = 0x7fff_f000;

impl Range {
    /// A program may name what goes beyond the last address: that part is no memory.
    pub(super) fn new(start: u64, length: u64) -> Range {
        let length = length.min(u64::MAX - start);
        Range { start, length }
    }
}

/// The memory that a call names, in order; none where that cannot be read. For messages also how much each holds or,
/// after the call (`returned`), how much was received into each.
pub(super) fn ranges(
    shape: Shape,
    args: &[u64; 6],
    returned: Option<u64>,
    tracee: &dyn TraceeMemory,
) -> Option<Vec<Range>> {
    let messages = messages(shape, args, returned, tracee)?;
    Some(messages.into_iter().flatten().collect())
}

/// The same, message by message, where the call names several.
pub(super) fn messages(
    shape: Shape,
    args: &[u64; 6],
    returned: Option<u64>,
    tracee: &dyn TraceeMemory,
) -> Option<Vec<Vec<Range>>> {
    let one = match shape {
        Shape::Buffer => vec![Range::new(args[1], args[2])],
        Shape::Vector => vectors(args[1], args[2], tracee)?,
        Shape::Message => message(args[1], tracee)?,
        Shape::Messages => {
            let count = returned.unwrap_or(args[2]).min(MOST_VECTORS as u64);
            let all = (0..count).map(|number| {
                let at = args[1].saturating_add(number * MESSAGES as u64);
                let mut parts = message(at, tracee)?;
                let length = match returned {
                    Some(_) => received(at, tracee)?,
                    None => MOST_BY_ONE_CALL,
                };
                cut(&mut parts, length);
                Some(parts)
            });
            return all.collect();
        }
        Shape::Provided => return None,
    };
    let mut one = one;
    cut(&mut one, MOST_BY_ONE_CALL);
    Some(vec![one])
}

/// How many bytes ranges hold.
pub(super) fn total(ranges: &[Range]) -> u64 {
    ranges.iter().map(|range| range.length).sum()
}

fn read<const LENGTH: usize>(at: u64, tracee: &dyn TraceeMemory) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    (tracee.read(at, &mut bytes) == LENGTH).then_some(bytes)
}

/// Cuts ranges to so many bytes in all.
pub(super) fn cut(ranges: &mut Vec<Range>, mut bytes: u64) {
    for range in ranges.iter_mut() {
        range.length = range.length.min(bytes);
        bytes -= range.length;
    }
    ranges.retain(|range| range.length > 0);
}

/// Where a message's destination stands, and how long it is (`msg_name`).
pub(super) fn address_of_message(at: u64, tracee: &dyn TraceeMemory) -> Option<(u64, u64)> {
    let head = read::<MESSAGE>(at, tracee)?;
    let length = word(&head, 1) & 0xffff_ffff;
    Some((word(&head, 0), length))
}

fn message(at: u64, tracee: &dyn TraceeMemory) -> Option<Vec<Range>> {
    let head = read::<MESSAGE>(at, tracee)?;
    vectors(word(&head, 2), word(&head, 3), tracee)
}

/// How many bytes the first messages of an array held that the kernel took.
pub(super) fn of_messages(at: u64, messages: u64, tracee: &dyn TraceeMemory) -> u64 {
    let messages = 0..messages.min(MOST_VECTORS as u64);
    messages
        .filter_map(|number| received(at.saturating_add(number * MESSAGES as u64), tracee))
        .sum()
}

/// A path; none where none ends there.
pub(super) fn path(at: u64, tracee: &dyn TraceeMemory) -> Option<String> {
    let mut bytes = [0; 4096]; // PATH_MAX
    let read = tracee.read(at, &mut bytes);
    let end = bytes[..read].iter().position(|byte| *byte == 0)?;
    Some(text_of(&bytes[..end]))
}

/// Where the messages of an array stand.
pub(super) fn message_places(at: u64, count: u64) -> impl Iterator<Item = u64> {
    let numbers = 0..count.min(MOST_VECTORS as u64);
    numbers.map(move |number| at.saturating_add(number * MESSAGES as u64))
}

/// `msg_len` of a `struct mmsghdr`.
fn received(at: u64, tracee: &dyn TraceeMemory) -> Option<u64> {
    let length = u32::from_ne_bytes(read(at.saturating_add(MESSAGE as u64), tracee)?);
    Some(u64::from(length))
}

pub(super) fn vectors(at: u64, count: u64, tracee: &dyn TraceeMemory) -> Option<Vec<Range>> {
    let count = usize::try_from(count).ok()?.min(MOST_VECTORS);
    let mut bytes = vec![0; count * 2 * WORD];
    (tracee.read(at, &mut bytes) == bytes.len()).then_some(())?;
    let range = |number: usize| Range::new(word(&bytes, 2 * number), word(&bytes, 2 * number + 1));
    Some((0..count).map(range).collect())
}

/// A number of the machine's width.
pub(super) fn read_word(at: u64, tracee: &dyn TraceeMemory) -> Option<u64> {
    read::<WORD>(at, tracee).map(|bytes| word(&bytes, 0))
}

fn word(bytes: &[u8], number: usize) -> u64 {
    let mut word = [0; WORD];
    word.copy_from_slice(&bytes[number * WORD..][..WORD]);
    usize::from_ne_bytes(word) as u64
}

/// What the kernel reports on a socket's error queue of sends with MSG_ZEROCOPY: the first and the last of them, by
/// number, and whether it copied them after all (`struct sock_extended_err`, linux/errqueue.h).
pub(super) fn zerocopy_reports(at: u64, tracee: &dyn TraceeMemory) -> Vec<(u32, u32, bool)> {
    const ORIGIN_ZEROCOPY: u8 = 5;
    const COPIED: u8 = 1;
    let Some(head) = read::<MESSAGE>(at, tracee) else {
        return Vec::new();
    };
    let length = word(&head, 5).min(1024) as usize;
    let mut control = vec![0; length];
    if tracee.read(word(&head, 4), &mut control) != length {
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
