//! Finding bytes that the program has copied itself: where its last copy goes on, else by content.

use super::{
    extents::{ExtentKind, ReadExtent},
    fingerprint,
    index::IndexEntry,
    join::{Found, Joiner, SEARCHED, WINDOW},
    space::{Cursor, ExtentId, Space},
};

/// After so many searches in vain only one write in sixteen to the same sink is searched.
const PATIENCE: u32 = 64;
/// So many reads may come between two whose bytes are copied one behind the other: heads that are not copied.
const SKIPPED: usize = 4;
/// So many samples that seem familiar are followed in a window.
const TRIES: usize = 8;
/// A shorter read is like others by chance.
const SHORTEST: u64 = 4;

impl Joiner<'_> {
    /// The next bytes in a range that were read elsewhere.
    pub(super) fn find(&mut self, start: u64, end: u64) -> Option<Found> {
        if self.space.index.is_empty() && self.space.objects.is_empty() {
            return None;
        }
        let cursor = self.space.cursor(self.sink).at;
        let goes_on = cursor.and_then(|at| {
            let same = self.go_on(at, start, end);
            let same = same.or_else(|| self.next_read(at.0, start, end));
            same.or_else(|| self.go_on_shifted(at, start, end))
        });
        let found = goes_on.or_else(|| {
            self.space.misses += 1;
            let misses = &mut self.space.cursor(self.sink).misses;
            *misses += 1;
            let is_time = *misses <= PATIENCE || misses.is_multiple_of(16);
            let found = is_time.then(|| self.search(cursor, start, end))??;
            self.space.misses = 0;
            Some(found)
        })?;
        *self.space.cursor(self.sink) = Cursor {
            at: Some((found.extent, found.end.wrapping_sub(found.base))),
            misses: 0,
        };
        Some(found)
    }

    /// Where the last bytes that the program copied itself go on: an extent, and the offset in it.
    fn go_on(&self, (id, offset): (ExtentId, u64), start: u64, end: u64) -> Option<Found> {
        let extent = self.extents.get(id)?;
        (!self.is_own(extent)).then_some(())?;
        let end = end.min(start + extent.length.checked_sub(offset)?);
        // Often the last copy ended with the extent.
        (start < end).then_some(())?;
        let base = start.wrapping_sub(offset);
        Some(Found {
            start,
            end: self.agreed((id, extent), base, (start, end))?,
            extent: id,
            base,
        })
    }

    /// The same behind a change that has made the bytes longer or shorter.
    fn go_on_shifted(&self, (id, offset): (ExtentId, u64), start: u64, end: u64) -> Option<Found> {
        let extent = self.extents.get(id)?;
        (!self.is_own(extent)).then_some(())?;
        let (agreed, base) = self.agreed_shifted(extent, offset, (start, end))?;
        Some(Found {
            start: agreed.start,
            end: agreed.end,
            extent: id,
            base,
        })
    }

    /// The bytes that were read after those of an extent.
    fn next_read(&self, mut id: ExtentId, start: u64, end: u64) -> Option<Found> {
        let mut again = None;
        for _ in 0..SKIPPED {
            id = self.space.next_read(id)?;
            let Some(extent) = self.extents.get(id) else {
                continue;
            };
            let end = end.min(start + extent.length);
            let agreed = self.agreed((id, extent), start, (start, end));
            if let Some(end) = agreed.filter(|end| end - start >= SHORTEST) {
                let (extent, base) = (id, start);
                let found = Found {
                    start,
                    end,
                    extent,
                    base,
                };
                if self.is_new(&found) {
                    return Some(found);
                }
                again.get_or_insert(found);
            }
        }
        again
    }

    /// Whether these bytes have not been written on yet: of two that are alike, those are meant.
    fn is_new(&self, found: &Found) -> bool {
        let extent = self.extents.get(found.extent);
        extent.is_some_and(|extent| extent.delivered <= found.start.wrapping_sub(found.base))
    }

    /// Whether an extent is the very mapping that was stored to.
    fn is_own(&self, extent: &ReadExtent) -> bool {
        extent.kind == ExtentKind::Mapped && Some(extent.memory) == self.stored_in
    }

    /// Bytes that have a sample of something that was read: in the first two windows (a head may stand before them), and
    /// where copies have gone to this sink before, in more.
    fn search(&self, cursor: Option<(ExtentId, u64)>, start: u64, end: u64) -> Option<Found> {
        let windows = if cursor.is_some() {
            SEARCHED / WINDOW
        } else {
            2
        };
        // What is shorter than a sample has none.
        let places = start..(end + 1).saturating_sub(fingerprint::LENGTH as u64);
        let firsts = places.step_by(WINDOW as usize).take(windows as usize);
        let mut found = firsts.map(|first| self.search_window(cursor, (start, first), end));
        found.find_map(|found| found)
    }

    fn search_window(
        &self,
        cursor: Option<(ExtentId, u64)>,
        (start, first): (u64, u64),
        end: u64,
    ) -> Option<Found> {
        let mut window = [0; WINDOW as usize + fingerprint::LENGTH];
        let wanted = window.len().min((end - first) as usize);
        let read = self.tracee.read(first, &mut window[..wanted]);
        let space = &*self.space;
        let objects = space.objects.iter().filter_map(|id| self.objects.get(id));
        let objects: Vec<&Space> = objects.collect();
        let (mut tries, mut again) = (0, None);
        let found = fingerprint::windows(&window[..read], |place, hash| {
            let of_objects = || objects.iter().find_map(|object| object.index.get(hash));
            let entry = space.index.get(hash).or_else(of_objects)?;
            let extent = self.extents.get(entry.extent)?;
            let samples = &extent.fingerprint.samples;
            let place_of = samples.partition_point(|sample| sample.offset < entry.offset);
            let sample = samples.get(place_of)?;
            let is_same = sample.offset == entry.offset
                && sample.bytes == window[place..place + fingerprint::LENGTH];
            tries += usize::from(is_same);
            (is_same && tries <= TRIES).then_some(())?;
            let found = self.around(entry, cursor, (start, first + place as u64), end)?;
            if self.is_new(&found) {
                return Some(found);
            }
            again.get_or_insert(found);
            None
        });
        found.or(again)
    }

    /// What stands around a sample at an address.
    fn around(
        &self,
        entry: &IndexEntry,
        cursor: Option<(ExtentId, u64)>,
        (start, at): (u64, u64),
        end: u64,
    ) -> Option<Found> {
        let extent = self.extents.get(entry.extent)?;
        (!self.is_own(extent)).then_some(())?;
        let offset = u64::from(entry.offset);
        let base = at.wrapping_sub(offset);
        let before = at - start;
        let first = match cursor {
            // What goes on from there, behind a head.
            Some((id, next)) if id == entry.extent && next <= offset && offset - next <= before => {
                base.wrapping_add(next)
            }
            _ => at - before.min(offset),
        };
        let end = end.min(base.wrapping_add(extent.length));
        let read = (entry.extent, extent);
        let (start, end) = self.agreed_around(read, base, at, (first, end))?;
        let extent = entry.extent;
        Some(Found {
            start,
            end,
            extent,
            base,
        })
    }
}
