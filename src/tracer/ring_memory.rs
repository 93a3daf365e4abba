//! The memory of an io_uring, as linux/io_uring.h lays it out.

use std::{
    fs,
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd},
    ptr::NonNull,
    sync::atomic::{AtomicU32, Ordering},
};

use nix::sys::{
    memfd::{MFdFlags, memfd_create},
    mman::{MapFlags, ProtFlags, mmap, munmap},
};

use super::{duplicate::duplicate, kernel::Tid, memory, proc, requests::Completion};

const SETUP_SQPOLL: u32 = 1 << 1;
const SETUP_SQE128: u32 = 1 << 10;
const SETUP_CQE32: u32 = 1 << 11;
const SETUP_NO_MMAP: u32 = 1 << 14;
const SETUP_NO_SQARRAY: u32 = 1 << 16;
const SETUP_CQE_MIXED: u32 = 1 << 18;
const SETUP_SQE_MIXED: u32 = 1 << 19;
const SETUP_SQ_REWIND: u32 = 1 << 20;
/// Every flag of io_uring_setup(2) up to `IORING_SETUP_SQ_REWIND`: one beyond them may change the layout.
const SETUP_KNOWN: u32 = (1 << 21) - 1;

/// `IORING_CQE_F_SKIP`: it fills the queue's end, where a large one had no room.
const CQE_SKIP: u32 = 1 << 5;
/// `IORING_CQE_F_32`: it has the room of two.
const CQE_32: u32 = 1 << 15;
/// `IORING_OP_NOP128`, `IORING_OP_URING_CMD128`: they have the room of two.
const LARGE_OPS: [u8; 2] = [63, 64];

/// More than any kernel gives (Linux 6.18: 32768 and 65536): the program may have changed what the kernel wrote.
const MOST_ENTRIES: u32 = 1 << 17;

const OFF_RINGS: i64 = 0;
const OFF_COMPLETIONS: i64 = 0x800_0000;
const OFF_SQES: i64 = 0x1000_0000;
const OFF_BUFFERS: i64 = 0x8000_0000;

const PAGE: usize = 4096;
/// Bytes of `struct io_uring_params`.
pub(crate) const PARAMS: usize = 120;
/// Bytes of `struct io_uring_sqe` and `struct io_uring_cqe`, of which larger ones are the beginning.
const SQE: usize = 64;
const CQE: usize = 16;

/// Where what is: what io_uring_setup(2) wrote into its `struct io_uring_params`.
#[derive(Clone, Copy, Debug)]
struct Layout {
    flags: u32,
    sq_entries: u32,
    cq_entries: u32,
    sq_head: usize,
    sq_tail: usize,
    /// The order in which submission entries are handed over; none: one after the other.
    sq_array: Option<usize>,
    cq_head: usize,
    cq_tail: usize,
    cqes: usize,
    /// Where a program that brought its own memory has it.
    own: [u64; 2],
}

impl Layout {
    fn of(bytes: &[u8; PARAMS]) -> Layout {
        let word = |at| u32::from_ne_bytes(field(bytes, at));
        let long = |at| u64::from_ne_bytes(field(bytes, at));
        let flags = word(8);
        Layout {
            flags,
            sq_entries: word(0),
            cq_entries: word(4),
            sq_head: word(40) as usize,
            sq_tail: word(44) as usize,
            sq_array: (flags & SETUP_NO_SQARRAY == 0).then_some(word(64) as usize),
            cq_head: word(80) as usize,
            cq_tail: word(84) as usize,
            cqes: word(100) as usize,
            own: [long(112), long(72)],
        }
    }

    /// That of a ring that was made before anybody looked, by what its memory, its mappings in the process and
    /// `/proc/PID/fdinfo` say.
    fn found(tid: Tid, fd: i32, inode: u64) -> Option<Layout> {
        let ring = duplicate(tid, fd).ok()?;
        let head = Map::new(ring.as_fd(), OFF_RINGS, PAGE).ok()?;
        let info = proc::read(tid, &format!("fdinfo/{fd}"));
        let is_polled = proc::field(&info, "SqThread:").is_some_and(|thread| thread != "-1");
        let mapped = |offset: i64| {
            let range = proc::mapped(tid, inode, offset as u64)?;
            Some((range.end - range.start) as usize)
        };
        let fits = |it: &Layout| {
            let fits = |offset, size| mapped(offset).is_none_or(|there| there == in_pages(size));
            fits(OFF_SQES, it.sqes_size()) && fits(OFF_RINGS, it.rings_size())
        };
        let plain = Layout::plain(&head, if is_polled { SETUP_SQPOLL } else { 0 })?;
        let ways = (0..8u32).map(|way| {
            let [array, cqe, sqe] = [1, 2, 4].map(|bit| way & bit != 0);
            let flags = [
                (array, SETUP_NO_SQARRAY),
                (cqe, SETUP_CQE32),
                (sqe, SETUP_SQE128),
            ];
            let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
            plain.with(flags.fold(0, |all, (_, flag)| all | flag))
        });
        Some(ways.into_iter().find(fits).unwrap_or(plain.with(0)))
    }

    /// `struct io_rings` of the kernel's io_uring_types.h: heads, tails, masks, numbers of entries, which stood in cache
    /// lines of their own once (before Linux 5.18).
    fn plain(head: &Map, flags: u32) -> Option<Layout> {
        [(4, 64), (64, 64), (128, 128)]
            .into_iter()
            .find_map(|(step, line): (usize, usize)| {
                let word = |number: usize| head.word(4 * step + 4 * number);
                let [sq_mask, cq_mask, sq_entries, cq_entries] =
                    [word(0)?, word(1)?, word(2)?, word(3)?];
                let masks = [sq_entries, cq_entries].map(|entries| entries.wrapping_sub(1));
                (masks == [sq_mask, cq_mask] && sq_entries > 0 && cq_entries > 0).then_some(
                    Layout {
                        flags,
                        sq_entries,
                        cq_entries,
                        sq_head: 0,
                        sq_tail: step,
                        sq_array: None,
                        cq_head: 2 * step,
                        cq_tail: 3 * step,
                        cqes: (4 * step + 32).next_multiple_of(line),
                        own: [0; 2],
                    },
                )
            })
    }

    /// The same, set up with these flags besides: the array of indices stands behind the completions.
    fn with(&self, flags: u32) -> Layout {
        const LINE: usize = 64;
        let flags = self.flags | flags;
        let bare = Layout {
            flags,
            sq_array: None,
            ..*self
        };
        let array =
            (flags & SETUP_NO_SQARRAY == 0).then(|| bare.rings_size().next_multiple_of(LINE));
        Layout {
            sq_array: array,
            ..bare
        }
    }

    /// Why this ring cannot be read.
    fn refusal(&self) -> Option<String> {
        let entries = [self.sq_entries, self.cq_entries];
        if entries
            .iter()
            .any(|count| !count.is_power_of_two() || *count > MOST_ENTRIES)
        {
            return Some(format!(
                "no ring has {} and {} entries",
                entries[0], entries[1]
            ));
        }
        let unknown = self.flags & !SETUP_KNOWN;
        (unknown != 0)
            .then(|| format!("it was set up with flags that are not known here: {unknown:#x}"))
    }

    fn sqe_size(&self) -> usize {
        SQE << usize::from(self.flags & SETUP_SQE128 != 0)
    }

    fn cqe_size(&self) -> usize {
        CQE << usize::from(self.flags & SETUP_CQE32 != 0)
    }

    fn sqes_size(&self) -> usize {
        self.sq_entries as usize * self.sqe_size()
    }

    /// Bytes of both queues, without the submission entries.
    fn rings_size(&self) -> usize {
        let completions = self.cqes + self.cq_entries as usize * self.cqe_size();
        let array = self
            .sq_array
            .map_or(0, |at| at + self.sq_entries as usize * 4);
        completions.max(array)
    }
}

/// A ring of another process, opened for reading.
pub(super) struct RingMemory {
    layout: Layout,
    rings: Part,
    sqes: Part,
    /// The end of the completions that were read.
    seen: u32,
    /// The end of the submissions that were read, where a thread of the kernel takes them (SQPOLL).
    taken: u32,
}

/// One submission: what all `struct io_uring_sqe` begin with.
pub(super) type Submission = [u8; SQE];

impl RingMemory {
    /// Opens the ring that io_uring_setup(2) has just made, by the address of its parameters.
    ///
    /// # Errors
    /// Why its requests cannot be read, in one sentence.
    pub fn open(tid: Tid, fd: i32, params: u64) -> Result<RingMemory, String> {
        let params = memory::read_array(tid, params);
        let layout = Layout::of(&params.ok_or("the parameters of io_uring_setup are unreadable")?);
        RingMemory::with(layout, tid, fd)
    }

    /// Opens a ring that was there before, by the number of its inode.
    ///
    /// # Errors
    /// Why its requests cannot be read, in one sentence.
    pub fn found(tid: Tid, fd: i32, inode: u64) -> Result<RingMemory, String> {
        let layout = Layout::found(tid, fd, inode);
        let layout =
            layout.ok_or("it was there before, and its memory does not say how it is laid out")?;
        let ring = RingMemory::with(layout, tid, fd)?;
        // Without the array of indices there is nothing but zeros.
        let unused = |at: usize| {
            (0..layout.sq_entries).all(|place| ring.rings.word(at + 4 * place as usize) == Some(0))
        };
        if layout.sq_array.is_some_and(unused) && layout.sq_entries > 1 && ring.taken > 1 {
            let layout = Layout {
                sq_array: None,
                ..layout
            };
            return Ok(RingMemory { layout, ..ring });
        }
        Ok(ring)
    }

    fn with(layout: Layout, tid: Tid, fd: i32) -> Result<RingMemory, String> {
        if let Some(refusal) = layout.refusal() {
            return Err(refusal);
        }
        let sizes = [layout.rings_size(), layout.sqes_size()];
        let [rings, sqes] = match layout.flags & SETUP_NO_MMAP {
            0 => mapped(tid, fd, sizes)
                .map_err(|error| format!("its memory cannot be mapped: {error}"))?,
            _ => layout.own.map(|address| Part::Theirs { tid, address }),
        };
        let word = |at| rings.word(at).ok_or("its memory is unreadable");
        let (seen, taken) = (word(layout.cq_tail)?, word(layout.sq_head)?);
        Ok(RingMemory {
            layout,
            rings,
            sqes,
            seen,
            taken,
        })
    }

    /// The same ring, with queues of other sizes: what they hold has been carried over.
    pub fn resized(&self, tid: Tid, fd: i32, params: u64) -> Result<RingMemory, String> {
        let params = memory::read_array(tid, params);
        let new = Layout::of(&params.ok_or("the parameters of its new size are unreadable")?);
        // The kernel does not say where the array of indices is (Linux 6.18), nor with which flags the ring was set up.
        let layout = Layout { flags: 0, ..new }.with(self.layout.flags);
        let seen = self.seen;
        Ok(RingMemory {
            seen,
            ..RingMemory::with(layout, tid, fd)?
        })
    }

    /// Whether a thread of the kernel takes the requests, without any call.
    pub fn is_polled(&self) -> bool {
        self.layout.flags & SETUP_SQPOLL != 0
    }

    /// Where a process stores the end of what it hands over, and of what it has taken, once it has mapped the ring.
    pub fn stores_in(&self, pid: Tid, inode: u64) -> Option<[u64; 2]> {
        let Layout {
            sq_tail, cq_head, ..
        } = self.layout;
        let mapped = |offset: i64| Some(proc::mapped(pid, inode, offset as u64)?.start);
        let queues = match self.layout.flags & SETUP_NO_MMAP {
            0 => mapped(OFF_RINGS)?,
            _ => self.layout.own[0],
        };
        // Some map the completions once more, as was needed before Linux 5.4.
        let completions = mapped(OFF_COMPLETIONS).unwrap_or(queues);
        Some([queues + sq_tail as u64, completions + cq_head as u64])
    }

    /// What was handed over since the last time without a call, and how much of it was written over before it could be
    /// read.
    pub fn polled(&mut self) -> (Vec<Submission>, u32) {
        let Some(tail) = self.rings.word(self.layout.sq_tail) else {
            return (Vec::new(), 0);
        };
        let new = tail.wrapping_sub(self.taken);
        let there = new.min(self.layout.sq_entries);
        let first = tail.wrapping_sub(there);
        self.taken = tail;
        (self.submissions_from(first, there), new - there)
    }

    /// What an io_uring_enter(2) that is about to be made will hand over, at most.
    pub fn submissions(&self, at_most: u32) -> Vec<Submission> {
        let Layout {
            sq_head,
            sq_tail,
            sq_entries,
            ..
        } = self.layout;
        let (Some(head), Some(tail)) = (self.rings.word(sq_head), self.rings.word(sq_tail)) else {
            return Vec::new();
        };
        match self.layout.flags & SETUP_SQ_REWIND {
            0 => self.submissions_from(head, tail.wrapping_sub(head).min(at_most).min(sq_entries)),
            _ => self.submissions_from(0, at_most.min(sq_entries)),
        }
    }

    fn submissions_from(&self, first: u32, count: u32) -> Vec<Submission> {
        let mut left = 0..count;
        let mut read = Vec::new();
        while let Some(number) = left.next() {
            let place = first.wrapping_add(number) & (self.layout.sq_entries - 1);
            let Some(submission) = self.submission(place) else {
                continue;
            };
            let is_mixed = self.layout.flags & SETUP_SQE_MIXED != 0;
            if is_mixed && LARGE_OPS.contains(&submission[0]) {
                left.next();
            }
            read.push(submission);
        }
        read
    }

    fn submission(&self, place: u32) -> Option<Submission> {
        let index = match self.layout.sq_array {
            Some(array) => self.rings.word(array + place as usize * 4)?,
            None => place,
        };
        // The kernel passes over an index that is out of range.
        (index < self.layout.sq_entries).then_some(())?;
        let mut entry = [0; SQE];
        let at = index as usize * self.layout.sqe_size();
        self.sqes.read(at, &mut entry).then_some(entry)
    }

    /// The completions since the last time, and how many have been written over before they could be read.
    pub fn completions(&mut self) -> (Vec<Completion>, u32) {
        let Layout {
            cq_tail,
            cqes,
            cq_entries,
            ..
        } = self.layout;
        let Some(tail) = self.rings.word(cq_tail) else {
            return (Vec::new(), 0);
        };
        let new = tail.wrapping_sub(self.seen);
        let there = new.min(cq_entries);
        let first = tail.wrapping_sub(there);
        self.seen = tail;
        let mut left = 0..there;
        let mut read = Vec::new();
        while let Some(number) = left.next() {
            let place = first.wrapping_add(number) & (cq_entries - 1);
            let mut entry = [0; CQE];
            let at = cqes + place as usize * self.layout.cqe_size();
            if !self.rings.read(at, &mut entry) {
                continue;
            }
            let completion = completion(&entry);
            if self.layout.flags & SETUP_CQE_MIXED != 0 && completion.flags & CQE_32 != 0 {
                left.next();
            }
            if completion.flags & CQE_SKIP == 0 {
                read.push(completion);
            }
        }
        (read, new - there)
    }
}

/// How much is mapped for so many bytes.
fn in_pages(bytes: usize) -> usize {
    bytes.next_multiple_of(PAGE)
}

fn completion(entry: &[u8; CQE]) -> Completion {
    Completion {
        user_data: u64::from_ne_bytes(field(entry, 0)),
        result: i32::from_ne_bytes(field(entry, 8)).into(),
        flags: u32::from_ne_bytes(field(entry, 12)),
    }
}

/// So many bytes of a structure, from an offset on.
pub(super) fn field<const N: usize>(structure: &[u8], at: usize) -> [u8; N] {
    structure[at..at + N].try_into().expect("within it")
}

/// How many submissions and completions are read from a ring of these parameters and this memory. For the fuzz target:
/// a program may write into its ring whatever it likes.
pub(crate) fn read_all(
    params: &[u8; PARAMS],
    rings: &[u8],
    sqes: &[u8],
) -> io::Result<(usize, usize)> {
    let part = |bytes: &[u8]| {
        let memory = memfd_create(c"ring", MFdFlags::MFD_CLOEXEC)?;
        fs::File::from(memory.try_clone()?).write_all(bytes)?;
        Map::new(memory.as_fd(), 0, bytes.len()).map(Part::Mapped)
    };
    let mut ring = RingMemory {
        layout: Layout::of(params),
        rings: part(rings)?,
        sqes: part(sqes)?,
        seen: 0,
        taken: 0,
    };
    if ring.layout.refusal().is_some() {
        return Ok((0, 0));
    }
    let _ = ring.layout.rings_size();
    let submissions = match ring.is_polled() {
        true => ring.polled().0.len(),
        false => ring.submissions(u32::MAX).len(),
    };
    Ok((submissions, ring.completions().0.len()))
}

fn mapped(tid: Tid, fd: i32, sizes: [usize; 2]) -> io::Result<[Part; 2]> {
    // Given back when this returns: it would keep the ring open, as the mappings do.
    let ring = duplicate(tid, fd)?;
    let part = |offset, size| Map::new(ring.as_fd(), offset, size).map(Part::Mapped);
    Ok([part(OFF_RINGS, sizes[0])?, part(OFF_SQES, sizes[1])?])
}

/// Memory of a ring.
pub(super) enum Part {
    /// Mapped by the tracer.
    Mapped(Map),
    /// The program's own memory, which it gave to the ring.
    Theirs { tid: Tid, address: u64 },
}

impl Part {
    /// A ring of provided buffers that the kernel has made for a group of an io_uring.
    pub fn of_buffers(tid: Tid, fd: i32, group: u16, size: usize) -> io::Result<Part> {
        let ring = duplicate(tid, fd)?;
        let offset = OFF_BUFFERS | i64::from(group) << 16;
        Map::new(ring.as_fd(), offset, size).map(Part::Mapped)
    }

    fn word(&self, at: usize) -> Option<u32> {
        match self {
            Part::Mapped(map) => map.word(at),
            Part::Theirs { .. } => {
                let mut bytes = [0; 4];
                self.read(at, &mut bytes).then(|| u32::from_ne_bytes(bytes))
            }
        }
    }

    /// Fills `to` from an offset on; whether all of it is there.
    pub fn read(&self, at: usize, to: &mut [u8]) -> bool {
        match self {
            Part::Mapped(map) => map.read(at, to),
            Part::Theirs { tid, address } => {
                memory::read(*tid, address.wrapping_add(at as u64), to) == to.len()
            }
        }
    }
}

/// A read-only mapping of a ring.
pub(super) struct Map {
    start: NonNull<libc::c_void>,
    size: usize,
}

impl Map {
    fn new(ring: BorrowedFd, offset: i64, size: usize) -> io::Result<Map> {
        let length = size.try_into().map_err(io::Error::other)?;
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_POPULATE;
        // SAFETY: a new mapping at an address that the kernel picks.
        let start = unsafe { mmap(None, length, ProtFlags::PROT_READ, flags, ring, offset)? };
        Ok(Map { start, size })
    }

    fn word(&self, at: usize) -> Option<u32> {
        (at.is_multiple_of(4) && at + 4 <= self.size).then_some(())?;
        // SAFETY: within the mapping and aligned. Others write to it: that is why it is atomic.
        let word = unsafe { AtomicU32::from_ptr(self.start.as_ptr().byte_add(at).cast()) };
        Some(word.load(Ordering::Acquire))
    }

    fn read(&self, at: usize, to: &mut [u8]) -> bool {
        if at.saturating_add(to.len()) > self.size {
            return false;
        }
        for (number, byte) in to.iter_mut().enumerate() {
            // SAFETY: within the mapping. Volatile, for others may write to it: a torn entry is their own fault.
            *byte = unsafe {
                self.start
                    .cast::<u8>()
                    .as_ptr()
                    .add(at + number)
                    .read_volatile()
            };
        }
        true
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the whole of a mapping that nobody else knows. It cannot fail.
        let _ = unsafe { munmap(self.start, self.size) };
    }
}
