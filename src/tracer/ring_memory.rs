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

use super::{duplicate::duplicate, kernel::Tid, memory};

const SETUP_SQPOLL: u32 = 1 << 1;
const SETUP_SQE128: u32 = 1 << 10;
const SETUP_CQE32: u32 = 1 << 11;
const SETUP_NO_MMAP: u32 = 1 << 14;
const SETUP_NO_SQARRAY: u32 = 1 << 16;
/// Every flag of io_uring_setup(2) up to `IORING_SETUP_HYBRID_IOPOLL`: one beyond them may change the layout.
const SETUP_KNOWN: u32 = (1 << 18) - 1;

/// More than any kernel gives (Linux 6.18: 32768 and 65536): the program may have changed what the kernel wrote.
const MOST_ENTRIES: u32 = 1 << 17;

const OFF_RINGS: i64 = 0;
const OFF_SQES: i64 = 0x1000_0000;

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
            cq_tail: word(84) as usize,
            cqes: word(100) as usize,
            own: [long(112), long(72)],
        }
    }

    /// Why this ring cannot be read.
    fn refusal(&self) -> Option<String> {
        if self.flags & SETUP_SQPOLL != 0 {
            return Some(
                "SQPOLL: a thread of the kernel takes the requests, without any call".to_owned(),
            );
        }
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
}

/// One submission: what all `struct io_uring_sqe` begin with.
pub(super) type Submission = [u8; SQE];

#[derive(Clone, Copy, Debug)]
pub(super) struct Completion {
    pub user_data: u64,
    pub result: i32,
    pub flags: u32,
}

impl RingMemory {
    /// Opens the ring that io_uring_setup(2) has just made, by the address of its parameters.
    ///
    /// # Errors
    /// Why its requests cannot be read, in one sentence.
    pub fn open(pid: Tid, tid: Tid, fd: i32, params: u64) -> Result<RingMemory, String> {
        let params = memory::read_array(tid, params);
        let layout = Layout::of(&params.ok_or("the parameters of io_uring_setup are unreadable")?);
        if let Some(refusal) = layout.refusal() {
            return Err(refusal);
        }
        let sizes = [
            layout.rings_size(),
            layout.sq_entries as usize * layout.sqe_size(),
        ];
        let [rings, sqes] = match layout.flags & SETUP_NO_MMAP {
            0 => mapped(pid, fd, sizes)
                .map_err(|error| format!("its memory cannot be mapped: {error}"))?,
            _ => layout.own.map(|address| Part::Theirs { tid, address }),
        };
        let seen = rings
            .word(layout.cq_tail)
            .ok_or("its memory is unreadable")?;
        Ok(RingMemory {
            layout,
            rings,
            sqes,
            seen,
        })
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
        let count = tail.wrapping_sub(head).min(at_most).min(sq_entries);
        let places = (0..count).map(|number| head.wrapping_add(number) & (sq_entries - 1));
        places.filter_map(|place| self.submission(place)).collect()
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

    /// The completions since the last time.
    pub fn completions(&mut self) -> Vec<Completion> {
        let Layout {
            cq_tail,
            cqes,
            cq_entries,
            ..
        } = self.layout;
        let Some(tail) = self.rings.word(cq_tail) else {
            return Vec::new();
        };
        // Those that a program took without a call may have been overwritten.
        let new = tail.wrapping_sub(self.seen).min(cq_entries);
        let first = tail.wrapping_sub(new);
        self.seen = tail;
        let places = (0..new).map(|number| first.wrapping_add(number) & (cq_entries - 1));
        let read = |place: u32| {
            let mut entry = [0; CQE];
            let at = cqes + place as usize * self.layout.cqe_size();
            self.rings.read(at, &mut entry).then_some(entry)
        };
        places.filter_map(read).map(Completion::of).collect()
    }
}

impl Completion {
    fn of(entry: [u8; CQE]) -> Completion {
        Completion {
            user_data: u64::from_ne_bytes(field(&entry, 0)),
            result: i32::from_ne_bytes(field(&entry, 8)),
            flags: u32::from_ne_bytes(field(&entry, 12)),
        }
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
    };
    if ring.layout.refusal().is_some() {
        return Ok((0, 0));
    }
    let _ = ring.layout.rings_size();
    let submissions = ring.submissions(u32::MAX).len();
    Ok((submissions, ring.completions().len()))
}

fn mapped(pid: Tid, fd: i32, sizes: [usize; 2]) -> io::Result<[Part; 2]> {
    // Given back when this returns: it would keep the ring open, as the mappings do.
    let ring = duplicate(pid, fd)?;
    let part = |offset, size| Map::new(ring.as_fd(), offset, size).map(Part::Mapped);
    Ok([part(OFF_RINGS, sizes[0])?, part(OFF_SQES, sizes[1])?])
}

enum Part {
    /// Mapped by the tracer.
    Mapped(Map),
    /// The program's own memory, which it gave to the ring.
    Theirs { tid: Tid, address: u64 },
}

impl Part {
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
    fn read(&self, at: usize, to: &mut [u8]) -> bool {
        match self {
            Part::Mapped(map) => map.read(at, to),
            Part::Theirs { tid, address } => {
                memory::read(*tid, address.wrapping_add(at as u64), to) == to.len()
            }
        }
    }
}

/// A read-only mapping of a ring.
struct Map {
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
