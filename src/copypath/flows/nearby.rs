//! A stopped thread's memory as a search needs it: what is about to be written is read once, and looked at many times.

use std::cell::RefCell;

use super::memory::{Range, TraceeMemory, total};

/// A write of at most so many bytes is read at once. Of larger ones a search looks at a few windows alone.
const WHOLE_WRITE: u64 = 16 << 10;
/// So many places are read by one call.
const PLACES: usize = 16;
/// So much is read at once elsewhere: a page, and what lies behind its end.
const READ_AT_ONCE: usize = 8192;
const PAGE: u64 = 4096;

/// Bytes that were read, and where they begin.
type Block = (u64, Vec<u8>);

/// Memory that does not change as long as this lives.
pub(super) struct Nearby<'a> {
    tracee: &'a dyn TraceeMemory,
    /// What is about to be written, until the first of it is asked for.
    write: RefCell<Vec<Range>>,
    /// The same, when it was read.
    written: RefCell<Vec<Block>>,
    /// What was read last elsewhere.
    last: RefCell<Block>,
}

impl<'a> Nearby<'a> {
    /// The memory of a thread that is about to write these ranges.
    pub fn of(tracee: &'a dyn TraceeMemory, write: &[Range]) -> Nearby<'a> {
        let is_small = write.len() <= PLACES && total(write) <= WHOLE_WRITE;
        Nearby {
            tracee,
            write: RefCell::new(if is_small { write.to_vec() } else { Vec::new() }),
            written: RefCell::default(),
            last: RefCell::default(),
        }
    }

    /// As [`TraceeMemory::copied_on_write`].
    pub fn copied_on_write(&self, start: u64, end: u64) -> Vec<std::ops::Range<u64>> {
        self.tracee.copied_on_write(start, end)
    }

    /// As [`TraceeMemory::mapped_end`].
    pub fn mapped_end(&self, address: u64) -> Option<u64> {
        self.tracee.mapped_end(address)
    }

    /// As [`TraceeMemory::read`].
    pub fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        if self.has(address, buffer) {
            return buffer.len();
        }
        if buffer.len() > READ_AT_ONCE - PAGE as usize {
            return self.tracee.read(address, buffer);
        }
        let start = address - address % PAGE;
        let mut bytes = vec![0; READ_AT_ONCE];
        let read = self.tracee.read(start, &mut bytes);
        bytes.truncate(read);
        self.last.replace((start, bytes));
        match self.has(address, buffer) {
            true => buffer.len(),
            false => self.tracee.read(address, buffer),
        }
    }

    /// As [`TraceeMemory::read_places`].
    pub fn read_places(&self, places: &[(u64, usize)], buffer: &mut [u8]) -> bool {
        let mut rest = &mut buffer[..];
        let are_near = places.iter().all(|(address, length)| {
            let (here, behind) = std::mem::take(&mut rest).split_at_mut(*length);
            rest = behind;
            self.has(*address, here)
        });
        are_near || self.tracee.read_places(places, buffer)
    }

    /// Copies what was read already, or is about to be written, if it is all there.
    fn has(&self, address: u64, buffer: &mut [u8]) -> bool {
        let is_in = |range: &Range| address.wrapping_sub(range.start) < range.length;
        if self.write.borrow().iter().any(is_in) {
            self.read_write();
        }
        let written = self.written.borrow();
        written.iter().any(|block| copy(block, address, buffer))
            || copy(&self.last.borrow(), address, buffer)
    }

    /// Reads all that is about to be written.
    fn read_write(&self) {
        let write = self.write.take();
        let places: Vec<_> = write
            .iter()
            .map(|range| (range.start, range.length as usize))
            .collect();
        let mut bytes = vec![0; total(&write) as usize];
        if !self.tracee.read_places(&places, &mut bytes) {
            return;
        }
        let mut rest = &bytes[..];
        let blocks = places.iter().map(|(start, length)| {
            let (here, behind) = rest.split_at(*length);
            rest = behind;
            (*start, here.to_vec())
        });
        self.written.replace(blocks.collect());
    }
}

/// Copies bytes of a block, if it holds them all.
fn copy((start, bytes): &Block, address: u64, buffer: &mut [u8]) -> bool {
    let here = address.checked_sub(*start).and_then(|offset| {
        let offset = usize::try_from(offset).ok()?;
        bytes.get(offset..offset.checked_add(buffer.len())?)
    });
    here.map(|here| buffer.copy_from_slice(here)).is_some()
}
