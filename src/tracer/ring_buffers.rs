//! Memory that a program has provided an io_uring with: the kernel chooses of it, and its completion says which buffer
//! (`IORING_CQE_F_BUFFER`).
//!
//! A group of them is a list that requests add to (`IORING_OP_PROVIDE_BUFFERS`), or a ring of its own that the program
//! fills without any call (`IORING_REGISTER_PBUF_RING`), perhaps so that the kernel uses a buffer bit by bit
//! (`IOU_PBUF_RING_INC`).

use std::collections::HashMap;

use super::{
    kernel::Tid,
    memory::{read_array, read_words},
    requests::Completion,
    ring_memory::{Part, field},
    tracee::Tracee,
};
use crate::model::{MemoryRange, Request, request::BUFFER_SELECT};

/// `IORING_CQE_F_BUFFER`: the upper half of the flags says which buffer.
const CQE_BUFFER: u32 = 1 << 0;
/// `IORING_CQE_F_BUF_MORE`: the buffer goes on being used.
const CQE_BUFFER_MORE: u32 = 1 << 4;
/// `IORING_RECVSEND_BUNDLE` of a send or receive: the bytes may fill this buffer and those after it.
const BUNDLE: u16 = 1 << 4;
const KERNEL_MAKES_IT: u16 = 1;
const INCREMENTAL: u16 = 2;
/// Bytes of `struct io_uring_buf`.
const ENTRY: usize = 16;
/// Where the first one has the ring's tail.
const TAIL: usize = 14;
/// The kernel takes no larger ring.
const MOST_ENTRIES: u32 = 1 << 15;

/// The groups of a ring, by their number.
#[derive(Default)]
pub(super) struct Groups(HashMap<u16, Group>);

#[derive(Default)]
struct Group {
    ring: Option<BufferRing>,
    buffers: HashMap<u16, Buffer>,
}

struct BufferRing {
    memory: Part,
    entries: u32,
    is_incremental: bool,
    /// The end of the entries that were read.
    seen: u16,
    /// The buffers in the order in which they are used.
    order: Vec<u16>,
}

/// A buffer as it was provided last.
#[derive(Clone, Copy, Debug)]
struct Buffer {
    start: u64,
    length: u64,
    /// How much of it has been used.
    used: u64,
    /// The program has it back.
    is_back: bool,
    /// Its place in the ring.
    place: u32,
}

impl Groups {
    /// `IORING_OP_PROVIDE_BUFFERS`: so many buffers of a length, one after the other.
    pub fn provide(&mut self, request: &Request) {
        let group = self.0.entry(request.buffer).or_default();
        let length = u64::from(request.length);
        let count = u16::try_from(request.fd).unwrap_or(0);
        for number in 0..count {
            let id = (request.offset as u16).wrapping_add(number);
            let start = request.address.wrapping_add(length * u64::from(number));
            group.buffers.insert(id, Buffer::new(start, length, 0));
        }
    }

    /// `IORING_REGISTER_PBUF_RING` has succeeded, with the address of a `struct io_uring_buf_reg`. `ring` is a process and its
    /// descriptor of the ring, where there is one.
    pub fn register(&mut self, who: Tracee, ring: Option<(Tid, i32)>, argument: u64) {
        let Some([low, high, entries, last, ..]) = read_words::<5>(who.tid, argument) else {
            return;
        };
        let [group, flags] = [last as u16, (last >> 16) as u16];
        let entries = entries.min(MOST_ENTRIES);
        let address = u64::from(low) | u64::from(high) << 32;
        let memory = match flags & KERNEL_MAKES_IT {
            0 => Some(Part::Theirs {
                tid: who.tid,
                address,
            }),
            _ => ring.and_then(|(pid, fd)| {
                Part::of_buffers(pid, fd, group, entries as usize * ENTRY).ok()
            }),
        };
        let ring = memory.map(|memory| BufferRing {
            memory,
            entries,
            is_incremental: flags & INCREMENTAL != 0,
            seen: 0,
            order: vec![0; entries as usize],
        });
        self.0.insert(
            group,
            Group {
                ring,
                buffers: HashMap::new(),
            },
        );
        self.look();
    }

    /// `IORING_UNREGISTER_PBUF_RING`.
    pub fn unregister(&mut self, tid: Tid, argument: u64) {
        if let Some([_, _, _, last]) = read_words::<4>(tid, argument) {
            self.0.remove(&(last as u16));
        }
    }

    /// Reads what programs have put into their rings.
    pub fn look(&mut self) {
        self.0.values_mut().for_each(|group| group.look(&[]));
    }

    /// The memory that a completion is of, whose request lets the kernel choose it: none where that is not known. The
    /// completions are those that are seen now, from this one on.
    pub fn chosen(
        &mut self,
        request: &Request,
        head: u64,
        completions: &[Completion],
    ) -> Option<Vec<MemoryRange>> {
        let completion = completions.first()?;
        let is_chosen = request.flags & BUFFER_SELECT != 0 && completion.flags & CQE_BUFFER != 0;
        let bytes = u64::try_from(completion.result)
            .ok()
            .filter(|_| is_chosen)?;
        let group = self.0.get_mut(&request.buffer)?;
        let id = (completion.flags >> 16) as u16;
        if group.buffers.get(&id).is_none_or(|buffer| buffer.is_back) {
            group.look(completions);
        }
        let is_bundle = request.io_priority & BUNDLE != 0 && group.ring.is_some();
        let goes_on = completion.flags & CQE_BUFFER_MORE != 0;
        let mut ranges = match is_bundle {
            true => group.bundle(id, bytes, goes_on),
            false => vec![group.buffers.get_mut(&id)?.take(bytes, goes_on)],
        };
        if let Some(first) = ranges.first_mut() {
            let head = head.min(first.length);
            first.start += head;
            first.length -= head;
        }
        Some(ranges)
    }
}

impl Group {
    /// Reads the new entries. The kernel moves the beginning of one that it uses bit by bit: the completions that come
    /// say how far it has.
    fn look(&mut self, completions: &[Completion]) {
        let Some(ring) = &mut self.ring else {
            return;
        };
        let mut tail = [0; 2];
        if ring.entries == 0 || !ring.memory.read(TAIL, &mut tail) {
            return;
        }
        let tail = u16::from_ne_bytes(tail);
        let new = u32::from(tail.wrapping_sub(ring.seen)).min(ring.entries);
        for number in (1..=new).rev() {
            let place = u32::from(tail.wrapping_sub(number as u16)) & (ring.entries - 1);
            let mut entry = [0; ENTRY];
            if !ring.memory.read(place as usize * ENTRY, &mut entry) {
                continue;
            }
            let id = u16::from_ne_bytes(field(&entry, 12));
            let of_it = |it: &&Completion| {
                it.flags & CQE_BUFFER != 0 && (it.flags >> 16) as u16 == id && it.result > 0
            };
            let used: i64 = match ring.is_incremental {
                true => completions
                    .iter()
                    .filter(of_it)
                    .filter(|it| it.flags & CQE_BUFFER_MORE != 0)
                    .map(|it| it.result)
                    .sum(),
                false => 0,
            };
            let start = u64::from_ne_bytes(field(&entry, 0)).wrapping_sub(used as u64);
            let length = u64::from(u32::from_ne_bytes(field(&entry, 8))) + used as u64;
            ring.order[place as usize] = id;
            self.buffers.insert(id, Buffer::new(start, length, place));
        }
        ring.seen = tail;
    }

    /// Bytes in this buffer and those after it.
    fn bundle(&mut self, first: u16, mut bytes: u64, goes_on: bool) -> Vec<MemoryRange> {
        let mut ranges = Vec::new();
        let Some(ring) = &self.ring else {
            return ranges;
        };
        let mut id = first;
        while bytes > 0
            && ranges.len() < ring.entries as usize
            && let Some(buffer) = self.buffers.get_mut(&id)
        {
            let part = bytes.min(buffer.length - buffer.used.min(buffer.length));
            bytes -= part;
            let next = (buffer.place + 1) & (ring.entries - 1);
            ranges.push(buffer.take(part, goes_on && bytes == 0));
            id = ring.order[next as usize];
        }
        ranges
    }
}

impl Buffer {
    fn new(start: u64, length: u64, place: u32) -> Buffer {
        Buffer {
            start,
            length,
            used: 0,
            is_back: false,
            place,
        }
    }

    fn take(&mut self, bytes: u64, goes_on: bool) -> MemoryRange {
        let start = self.start.wrapping_add(self.used);
        let length = bytes.min(self.length.saturating_sub(self.used));
        match goes_on {
            true => self.used += length,
            false => {
                *self = Buffer {
                    used: 0,
                    is_back: true,
                    ..*self
                }
            }
        }
        MemoryRange { start, length }
    }
}

/// Bytes that the kernel puts before the payload of a recvmsg request with many completions: `struct
/// io_uring_recvmsg_out`, and room for the address and the control data that the message asks for.
pub(super) fn head_of_messages(tid: Tid, message: u64) -> u64 {
    const OUT: u64 = 16;
    let names = read_array(tid, message + 8).map_or(0, u32::from_ne_bytes);
    let control = read_array(tid, message + 40).map_or(0, usize::from_ne_bytes);
    OUT + u64::from(names) + control as u64
}
