//! A stopped thread's memory, of which small pieces are read many times, close to each other.

use std::cell::RefCell;

use super::memory::TraceeMemory;

/// So much is read at once: a page, and what lies behind its end.
const READ_AT_ONCE: usize = 8192;
const PAGE: u64 = 4096;

/// Memory that does not change as long as this lives.
pub(super) struct Nearby<'a> {
    tracee: &'a dyn TraceeMemory,
    /// What was read last, and where it begins.
    last: RefCell<(u64, Vec<u8>)>,
}

impl<'a> Nearby<'a> {
    pub fn of(tracee: &'a dyn TraceeMemory) -> Nearby<'a> {
        Nearby {
            tracee,
            last: RefCell::default(),
        }
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

    /// Copies what was read last, if it is all there.
    fn has(&self, address: u64, buffer: &mut [u8]) -> bool {
        let (start, bytes) = &*self.last.borrow();
        let here = address.checked_sub(*start).and_then(|offset| {
            let offset = usize::try_from(offset).ok()?;
            bytes.get(offset..offset.checked_add(buffer.len())?)
        });
        here.map(|here| buffer.copy_from_slice(here)).is_some()
    }
}
