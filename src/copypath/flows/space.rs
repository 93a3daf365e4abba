//! An address space: which of its bytes were read from where, and which show a file.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
};

use rustc_hash::{FxHashMap, FxHashSet};

pub(super) use super::index::ExtentId;
use super::{
    ends::EndId,
    index::{Index, IndexEntry},
};
use crate::copypath::mappings::Mappings;

/// Memory that several processes may map: what tells it from others (device and inode, as /proc/PID/maps shows them).
pub(super) type ObjectId = u64;

/// How many of the last reads are looked for where the program has copied bytes itself.
const RECENT: usize = 8192;
/// They have so many samples at most: a large read has more than a small one.
const MOST_SAMPLES: usize = 1 << 15;
/// The number of a read that is not forgotten as others follow.
const FOR_EVER: u64 = u64::MAX;
const PAGE: u64 = 4096;
/// So many ranges are told apart; the lowest are forgotten beyond.
const MOST_RANGES: usize = 1 << 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub start: u64,
    pub end: u64,
    /// What was read to there; none: nothing that is known of.
    pub extent: Option<ExtentId>,
    /// Where the extent's first byte stands, or would stand.
    pub base: u64,
}

/// A range of addresses that holds a part of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    end: u64,
    extent: ExtentId,
    /// Where the extent's first byte would stand.
    base: u64,
}

impl Part {
    /// The part before an address, and that from there on.
    pub fn cut(&self, at: u64) -> (Part, Part) {
        (Part { end: at, ..*self }, Part { start: at, ..*self })
    }

    /// One to which nothing was read; none where it is empty.
    fn unknown(start: u64, end: u64) -> Option<Part> {
        (start < end).then_some(Part {
            start,
            end,
            extent: None,
            base: start,
        })
    }
}

/// What a mapping shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mapping {
    /// None: memory without a file.
    pub file: Option<EndId>,
    /// What the program writes there goes to the file.
    pub shared: bool,
    /// The program may have put bytes of its own there.
    pub own: bool,
    /// It is code and its constants: what is written from there is no copy of the file.
    pub code: bool,
    /// The memory behind it, where processes may share that.
    pub object: Option<ObjectId>,
    /// The address at which the object's or the file's first byte would stand.
    pub base: u64,
}

impl Mapping {
    /// Whether what stands there is the file's, or that of all who share it.
    pub fn shows(&self) -> bool {
        !self.own && !self.code
    }

    /// The file of which it shows those pages that the program has not stored to.
    pub fn private_file(&self) -> Option<EndId> {
        self.file.filter(|_| self.own && !self.code)
    }
}

/// Where the bytes that the program copied itself to a sink are expected to go on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    /// An extent, and the offset in it.
    pub at: Option<(ExtentId, u64)>,
    /// Writes to this sink in a row in which nothing that was read was found.
    pub misses: u32,
}

#[derive(Default)]
pub(super) struct Space {
    /// By their start; no two overlap.
    ranges: BTreeMap<u64, Held>,
    mappings: Mappings<Mapping>,
    /// The memory behind its mappings that processes may share.
    pub objects: Vec<ObjectId>,
    /// Where a sample of that hash was last read.
    pub index: Index,
    /// The last reads, with the number of their samples.
    recent: VecDeque<(ExtentId, usize)>,
    /// How many these are.
    samples: usize,
    /// The read that followed each of the recent ones.
    next: FxHashMap<ExtentId, ExtentId>,
    /// How many reads have been recalled.
    recalled: u64,
    /// By the sink: where what is written to it is expected to go on.
    cursors: FxHashMap<u64, Cursor>,
    /// Writes in a row in which nothing that was read was found.
    pub misses: u32,
    /// How many processes use it.
    pub users: u32,
    /// It is about to end, and what was stored in mapped files is known.
    pub is_settled: bool,
    /// Bytes came there that were never looked at.
    pub opaque: bool,
    /// Bytes that came in pieces too small, or too many, to be found where the program has put them together, and were not
    /// written on.
    pub crumbs: u64,
    /// All that ever came so.
    pub all_crumbs: u64,
    /// Hashes of bytes that were read and are alike (zeros): a copy of them cannot be told from others.
    pub dull: FxHashSet<u64>,
    /// Mapped files that can be found by their content, by their first address.
    contents: BTreeMap<u64, ExtentId>,
    /// Something was mapped since they were last looked at.
    pub has_new_mappings: bool,
}

impl Space {
    /// A copy, as fork(2) makes one: what it holds must be counted once more.
    pub fn fork(&self) -> Space {
        Space {
            ranges: self.ranges.clone(),
            mappings: self.mappings.clone(),
            objects: self.objects.clone(),
            index: self.index.clone(),
            recent: self.recent.clone(),
            samples: self.samples,
            recalled: self.recalled,
            contents: self.contents.clone(),
            cursors: self.cursors.clone(),
            next: self.next.clone(),
            opaque: self.opaque,
            crumbs: self.crumbs,
            all_crumbs: self.all_crumbs,
            dull: self.dull.clone(),
            has_new_mappings: self.has_new_mappings,
            users: 1,
            ..Space::default()
        }
    }

    pub fn next_read(&self, extent: ExtentId) -> Option<ExtentId> {
        self.next.get(&extent).copied()
    }

    pub fn cursor(&mut self, sink: u64) -> &mut Cursor {
        /// A server's connections come and go.
        const MOST: usize = 4096;
        if self.cursors.len() > MOST {
            self.cursors.clear();
        }
        self.cursors.entry(sink).or_default()
    }

    /// A new mapping, where nothing is mapped any more.
    pub fn map(&mut self, range: Range<u64>, mapping: Mapping) {
        if let Some(object) = mapping.object
            && !self.objects.contains(&object)
        {
            self.objects.push(object);
        }
        self.has_new_mappings |= mapping.file.is_some() && !mapping.code;
        self.mappings.insert(range, mapping);
    }

    /// A range shows nothing any more.
    pub fn unmap(&mut self, range: &Range<u64>, changed: &mut impl FnMut(ExtentId, i32)) {
        self.mappings.remove(range);
        while let Some((&start, &id)) = self.contents.range(range.clone()).next() {
            self.contents.remove(&start);
            changed(id, -1);
        }
    }

    /// A file's mappings are code: the same was mapped to be executed.
    pub fn is_code(&mut self, file: EndId) {
        let of_file = |mapping: &Mapping| mapping.file == Some(file) && !mapping.shared;
        for mapping in self.mappings.values().filter(|mapping| of_file(mapping)) {
            mapping.code = true;
        }
    }

    /// Whether a file is mapped as code.
    pub fn has_code(&self, file: EndId) -> bool {
        let mut mappings = self.mappings.iter();
        mappings.any(|mapping| mapping.code && mapping.file == Some(file))
    }

    /// Mappings whose content may be copied elsewhere: those that show a file. First those that nobody stores to.
    pub fn files(&self) -> Vec<(Range<u64>, EndId)> {
        let mut mapped = self.mappings.within(&(0..u64::MAX));
        mapped.sort_by_key(|(_, mapping)| mapping.shared || mapping.own);
        let shown = mapped
            .into_iter()
            .filter(|(_, mapping)| mapping.shows() || mapping.private_file().is_some());
        shown
            .filter_map(|(range, mapping)| Some((range, mapping.file?)))
            .collect()
    }

    /// Mappings in which the program can store what is the file's then.
    pub fn stores(&self, range: &Range<u64>) -> Vec<(Range<u64>, EndId)> {
        let mapped = self.mappings.within(range).into_iter();
        let shared = mapped.filter(|(_, mapping)| mapping.shared && mapping.object.is_none());
        shared
            .filter_map(|(range, mapping)| Some((range, mapping.file?)))
            .collect()
    }

    /// A mapped file may be found by its content from now on.
    pub fn recall_mapped(
        &mut self,
        start: u64,
        extent: ExtentId,
        hashes: &[(u64, u32)],
        changed: &mut impl FnMut(ExtentId, i32),
    ) {
        for (hash, offset) in hashes {
            let entry = IndexEntry {
                extent,
                offset: *offset,
                read: FOR_EVER,
            };
            self.index.insert_new(*hash, entry);
        }
        changed(extent, 1);
        if let Some(before) = self.contents.insert(start, extent) {
            changed(before, -1);
        }
        if self.index.len() > MOST_RANGES {
            let mapped: FxHashSet<ExtentId> = self.contents.values().copied().collect();
            let is_mapped = |entry: &IndexEntry| mapped.contains(&entry.extent);
            self.index
                .retain(|entry| entry.read != FOR_EVER || is_mapped(entry));
        }
    }

    /// The mapping that shows a whole range.
    pub fn mapping(&self, range: Range<u64>) -> Option<Mapping> {
        self.mappings.of(range)
    }

    /// Where a mapping of a file begins or ends within a range: the first such place.
    pub fn edge(&self, range: Range<u64>) -> Option<u64> {
        // Within a page there is none.
        if range.start / PAGE == range.end.saturating_sub(1) / PAGE {
            return None;
        }
        let mapped = self.mapped(&range).into_iter();
        let of_files = mapped.filter(|(_, mapping)| mapping.file.is_some() && !mapping.code);
        let edges = of_files.flat_map(|(part, _)| [part.start, part.end]);
        edges
            .filter(|edge| range.start < *edge && *edge < range.end)
            .min()
    }

    /// The parts of mappings that lie in a range.
    pub fn mapped(&self, range: &Range<u64>) -> Vec<(Range<u64>, Mapping)> {
        self.mappings.within(range)
    }

    /// Those that show memory which processes may share, in order.
    pub fn shared(&self, range: Range<u64>) -> Vec<(Range<u64>, Mapping)> {
        if self.objects.is_empty() {
            return Vec::new();
        }
        let mut shared = self.mappings.within(&range);
        shared.retain(|(_, mapping)| mapping.object.is_some());
        shared.sort_by_key(|(range, _)| range.start);
        shared
    }

    /// Every extent that is held, as often as it is.
    pub fn held(&self) -> impl Iterator<Item = ExtentId> + '_ {
        let ranges = self.ranges.values().map(|held| held.extent);
        let recent = self.recent.iter().map(|(id, _)| *id);
        ranges.chain(recent).chain(self.contents.values().copied())
    }

    /// These addresses hold something else now. `changed` is told of each extent: +1 for one more place that holds
    /// it, -1 for one less.
    pub fn forget(&mut self, start: u64, end: u64, changed: &mut impl FnMut(ExtentId, i32)) {
        self.split(start, changed);
        while let Some((&first, &held)) = self.ranges.range(start..end).next() {
            self.ranges.remove(&first);
            if held.end > end {
                self.ranges.insert(end, held);
            } else {
                changed(held.extent, -1);
            }
        }
    }

    /// No range goes on across this address.
    fn split(&mut self, at: u64, changed: &mut impl FnMut(ExtentId, i32)) {
        if let Some((_, held)) = self.ranges.range_mut(..at).next_back()
            && held.end > at
        {
            let rest = *held;
            held.end = at;
            changed(rest.extent, 1);
            self.ranges.insert(at, rest);
        }
    }

    /// These addresses hold an extent now, whose first byte stands at the first of them.
    pub fn remember(
        &mut self,
        start: u64,
        end: u64,
        extent: ExtentId,
        changed: &mut impl FnMut(ExtentId, i32),
    ) {
        changed(extent, 1);
        let new = Held {
            end,
            extent,
            base: start,
        };
        // As a rule a program reads to the same buffer again.
        if let Some(before) = self.ranges.get_mut(&start)
            && before.end == end
        {
            return changed(std::mem::replace(before, new).extent, -1);
        }
        self.forget(start, end, changed);
        self.ranges.insert(start, new);
        if self.ranges.len() > MOST_RANGES
            && let Some((_, oldest)) = self.ranges.pop_first()
        {
            changed(oldest.extent, -1);
        }
    }

    /// The pages of a range have gone elsewhere, with what they hold. Each extent, and where it begins now.
    pub fn relocate(
        &mut self,
        (start, end): (u64, u64),
        to: u64,
        changed: &mut impl FnMut(ExtentId, i32),
    ) -> Vec<(ExtentId, u64)> {
        self.split(start, changed);
        self.split(end, changed);
        let moved: Vec<_> = self
            .ranges
            .range(start..end)
            .map(|(at, held)| (*at, *held))
            .collect();
        for (at, _) in &moved {
            self.ranges.remove(at);
        }
        self.forget(to, to.saturating_add(end - start), changed);
        let elsewhere = |address: u64| address.wrapping_sub(start).wrapping_add(to);
        let moved = moved.into_iter().map(|(at, held)| {
            let held = Held {
                end: elsewhere(held.end),
                base: elsewhere(held.base),
                ..held
            };
            self.ranges.insert(elsewhere(at), held);
            (held.extent, held.base)
        });
        moved.collect()
    }

    /// A range in parts, each of one extent or of none.
    pub fn parts(&self, start: u64, end: u64, out: &mut Vec<Part>) {
        let mut at = start;
        let before = self.ranges.range(..start).next_back();
        let before = before.filter(|(_, held)| held.end > start);
        for (&first, held) in before.into_iter().chain(self.ranges.range(start..end)) {
            let first = first.max(at);
            let last = held.end.min(end);
            out.extend(Part::unknown(at, first));
            out.push(Part {
                start: first,
                end: last,
                extent: Some(held.extent),
                base: held.base,
            });
            at = last;
        }
        out.extend(Part::unknown(at, end));
    }

    /// Bytes were read that tell nothing, with these hashes.
    pub fn read_dull(&mut self, hashes: &[u64]) {
        const MOST: usize = 64;
        if self.dull.len() < MOST {
            self.dull.extend(hashes);
        }
    }

    /// An extent may be found by its content from now on: by hashes of it, and their offsets.
    pub fn recall(
        &mut self,
        extent: ExtentId,
        hashes: &[(u64, u32)],
        changed: &mut impl FnMut(ExtentId, i32),
    ) {
        self.recalled += 1;
        for (hash, offset) in hashes {
            let entry = IndexEntry {
                extent,
                offset: *offset,
                read: self.recalled,
            };
            self.index.insert(*hash, entry);
        }
        changed(extent, 1);
        if let Some((last, _)) = self.recent.back() {
            self.next.insert(*last, extent);
        }
        self.recent.push_back((extent, hashes.len()));
        self.samples += hashes.len();
        while (self.recent.len() > RECENT || self.samples > MOST_SAMPLES)
            && let Some((oldest, samples)) = self.recent.pop_front()
        {
            self.samples -= samples;
            self.next.remove(&oldest);
            changed(oldest, -1);
        }
        // Now and then, the samples of reads that are no longer recent go.
        let is_full = self.index.len() > 2 * MOST_SAMPLES && self.recalled.is_multiple_of(256);
        if is_full || self.recalled.is_multiple_of(RECENT as u64) {
            let gone = self.recalled - self.recent.len() as u64;
            self.index.retain(|entry| entry.read > gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    #[test]
    fn hashes_of_reads_long_ago_are_forgotten() {
        let mut space = Space::default();
        for read in 0..20 * RECENT as u64 {
            // The numbers of extents are used again.
            let extent = (read % (RECENT as u64 + 1)) as ExtentId;
            let prints = [(3 * read, 0), (3 * read + 1, 32), (3 * read + 2, 64)];
            space.recall(extent, &prints, &mut |_, _| {});
            assert!(space.index.len() <= 6 * RECENT, "after {read}");
            assert!(space.index.get(3 * read).is_some());
        }
    }

    /// What a step does: to these addresses comes a read; none: they are forgotten.
    fn step() -> impl Strategy<Value = (u64, u64, Option<ExtentId>)> {
        let range =
            (0u64..64, 1u64..20).prop_map(|(start, length)| (start, (start + length).min(64)));
        (range, option::weighted(0.7, 1u32..6)).prop_map(|((start, end), id)| (start, end, id))
    }

    proptest! {
        #[test]
        fn each_address_holds_what_was_read_there_last(steps in vec(step(), 1..60), from in 0u64..63) {
            let (mut space, mut model) = (Space::default(), [None; 64]);
            let mut held = HashMap::new();
            for (start, end, id) in steps {
                let mut changed = |id: ExtentId, by: i32| *held.entry(id).or_insert(0) += by;
                match id {
                    Some(id) => space.remember(start, end, id, &mut changed),
                    None => space.forget(start, end, &mut changed),
                }
                model[start as usize..end as usize].fill(id);
                // Each is told of as often as it is held: the last one that holds it lets it go.
                let mut counted = HashMap::new();
                space.held().for_each(|id| *counted.entry(id).or_insert(0) += 1);
                held.retain(|_, count| *count != 0);
                prop_assert_eq!(&held, &counted);
            }
            let (mut parts, mut at) = (Vec::new(), from);
            space.parts(from, 64, &mut parts);
            for part in parts {
                prop_assert!(part.start == at && part.end > at);
                let there = &model[at as usize..part.end as usize];
                prop_assert!(there.iter().all(|id| *id == part.extent));
                at = part.end;
            }
            prop_assert_eq!(at, 64);
        }
    }
}
