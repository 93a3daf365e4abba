//! Ranges of addresses that show pages of files.

use std::ops::Range;

/// Ranges that do not overlap, with what is known of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Mappings<T>(Vec<(Range<u64>, T)>);

impl<T: Copy> Mappings<T> {
    /// A new one replaces what was there, as with `MAP_FIXED`.
    pub fn insert(&mut self, range: Range<u64>, mapping: T) {
        self.remove(&range);
        self.0.push((range, mapping));
    }

    /// Cuts a range out. Whole pages go, but ends need no rounding: what is asked later begins inside a mapping or not.
    pub fn remove(&mut self, cut: &Range<u64>) {
        if cut.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.0).into_iter();
        let left = before.flat_map(|(range, mapping)| {
            let below = range.start..range.end.min(cut.start);
            let above = range.start.max(cut.end)..range.end;
            let parts = [below, above].into_iter().filter(|part| !part.is_empty());
            parts.map(move |part| (part, mapping))
        });
        self.0 = left.collect();
    }

    /// What is known of each.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, mapping)| mapping)
    }

    /// The same, to be changed.
    pub fn values(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, mapping)| mapping)
    }

    /// The parts of mappings that lie in a range.
    pub fn within(&self, range: &Range<u64>) -> Vec<(Range<u64>, T)> {
        let mappings = self.0.iter();
        let parts = mappings.map(|(it, mapping)| {
            let part = it.start.max(range.start)..it.end.min(range.end);
            (part, *mapping)
        });
        parts.filter(|(part, _)| !part.is_empty()).collect()
    }

    /// The mapping that shows a whole range.
    pub fn of(&self, range: Range<u64>) -> Option<T> {
        let mut mappings = self.0.iter();
        let found = mappings.find(|(it, _)| it.start <= range.start && range.end <= it.end);
        found.map(|(_, mapping)| *mapping)
    }
}
