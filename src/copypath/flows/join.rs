//! Joining what is written to what was read: by address, confirmed by content; else by content alone.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{
    ends::EndId,
    extents::{ExtentKind, ReadExtent, ReadExtents},
    fingerprint,
    memory::Range,
    nearby::Nearby,
    path::PathId,
    space::{Cursor, ExtentId, ObjectId, Part, Space},
    tally::Provenance,
};

/// Bytes that are about to be written, and what is known of them.
#[derive(Clone)]
pub(super) struct Piece {
    pub length: u64,
    pub from: From,
}

/// Where they come from.
#[derive(Clone)]
pub(super) enum From {
    /// They were read to these very addresses.
    InPlace(Known),
    /// They were read, and the program has copied them to here.
    Copied(Known),
    /// They were read to these very addresses, and changed there.
    Changed(Known),
    /// They are pages of this file, mapped.
    Mapped(EndId),
    /// The program made them: they are in nothing that it was seen to read.
    Memory,
    /// Nobody can know: they were never looked at where they came from.
    Unknown,
}

impl Piece {
    /// One that the program made.
    pub fn is_made(&self) -> bool {
        matches!(self.from, From::Memory)
    }
}

impl From {
    /// The extent that they are of.
    pub fn known(&self) -> Option<&Known> {
        match self {
            From::InPlace(known) | From::Copied(known) | From::Changed(known) => Some(known),
            From::Mapped(_) | From::Memory | From::Unknown => None,
        }
    }
}

/// An extent, held until the write has returned.
#[derive(Clone)]
pub(super) struct Known {
    pub id: ExtentId,
    pub path: PathId,
    pub provenance: Option<Rc<Provenance>>,
}

/// Bytes that were found elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub start: u64,
    pub end: u64,
    /// What they are of.
    pub extent: ExtentId,
    /// Where the extent's first byte would stand.
    pub base: u64,
}

impl Found {
    /// Where in the extent these bytes begin, and behind which they end.
    pub fn offsets(&self) -> (u64, u64) {
        (
            self.start.wrapping_sub(self.base),
            self.end.wrapping_sub(self.base),
        )
    }
}

/// How a part compares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Same,
    Changed,
    /// No sample lies in the part, and those beside it are changed: the memory may have been used anew.
    Doubtful,
}

/// What must be looked at to join.
pub(super) struct Joiner<'a> {
    pub space: &'a mut Space,
    /// What tells where they go from other such places.
    pub sink: u64,
    /// Memory that processes share.
    pub objects: &'a FxHashMap<ObjectId, Space>,
    pub extents: &'a mut ReadExtents,
    pub tracee: Nearby<'a>,
    /// The file that was stored to through these addresses: what they show is no source.
    pub stored_in: Option<EndId>,
    /// Bytes were found that resemble several that were read.
    pub is_ambiguous: bool,
}

/// Content is looked for in windows of so many bytes: of a read that is known whole, each holds a sample.
pub(super) const WINDOW: u64 = 4096;
/// How much of a write is searched at most.
pub(super) const SEARCHED: u64 = 16 * WINDOW;
/// Sample places that are read by one call.
const PLACES: usize = 16;
impl Joiner<'_> {
    /// What is about to be written, in order.
    pub fn pieces(&mut self, ranges: &[Range]) -> Vec<Piece> {
        let mut parts = Vec::new();
        for range in ranges {
            let end = range.start.saturating_add(range.length);
            self.parts(range.start, end, &mut parts);
        }
        let verdicts = self.verdicts(&parts);
        if self.is_changed_in_place(&parts, &verdicts) {
            return self.changed(&parts);
        }
        let mut out = Vec::new();
        // To which nothing was read that is still there.
        let mut rest: Option<Part> = None;
        for (part, verdict) in parts.iter().zip(verdicts) {
            let Some(extent) = part.extent.filter(|_| verdict == Some(Verdict::Same)) else {
                rest = Some(self.continued(rest, part, &mut out));
                continue;
            };
            rest.take()
                .iter()
                .for_each(|rest| self.unknown(rest, &mut out));
            self.put(&mut out, part.end - part.start, Some(extent), From::InPlace);
            let cursor = self.space.cursor(self.sink);
            *cursor = Cursor {
                at: Some((extent, part.end - part.base)),
                misses: 0,
            };
            self.space.misses = 0;
        }
        rest.iter().for_each(|rest| self.unknown(rest, &mut out));
        out
    }

    /// Two parts as one, where they are neighbours: what an older read left behind must not cut a copy in two.
    fn continued(&mut self, before: Option<Part>, part: &Part, out: &mut Vec<Piece>) -> Part {
        let is_mapped = |part: &Part| {
            let mapping = self.space.mapping(part.start..part.end);
            mapping.is_some_and(|mapping| mapping.shows() || mapping.private_file().is_some())
        };
        match before {
            Some(before) if before.end == part.start && !is_mapped(&before) && !is_mapped(part) => {
                Part {
                    end: part.end,
                    extent: None,
                    ..before
                }
            }
            Some(before) => {
                self.unknown(&before, out);
                *part
            }
            None => *part,
        }
    }

    /// Bytes that are no longer what was read to there: the program has worked on them, if they are no copy of something
    /// else.
    fn changed(&mut self, parts: &[Part]) -> Vec<Piece> {
        let (mut copied, mut rest) = (Vec::new(), None);
        for part in parts {
            rest = Some(self.continued(rest, part, &mut copied));
        }
        rest.iter().for_each(|rest| self.unknown(rest, &mut copied));
        let is_here = |id| parts.iter().any(|part| part.extent == Some(id));
        let known = copied
            .iter()
            .filter(|piece| piece.from.known().is_some_and(|it| !is_here(it.id)));
        let from_elsewhere: u64 = known.map(|piece| piece.length).sum();
        let all: u64 = parts.iter().map(|part| part.end - part.start).sum();
        if 2 * from_elsewhere > all {
            return copied;
        }
        for known in copied.iter().filter_map(|piece| piece.from.known()) {
            self.extents.change(known.id, -1);
        }
        let mut out = Vec::new();
        for part in parts {
            self.put(&mut out, part.end - part.start, part.extent, From::Changed);
        }
        out
    }

    /// A range in parts, each of one extent or of none: of this space's own, and of memory that it shares.
    pub(super) fn parts(&self, start: u64, end: u64, out: &mut Vec<Part>) {
        let mut at = start;
        for (shared, mapping) in self.space.shared(start..end) {
            let Some(object) = mapping.object.and_then(|id| self.objects.get(&id)) else {
                continue;
            };
            self.space.parts(at, shared.start, out);
            let first = out.len();
            let offset = |address: u64| address.wrapping_sub(mapping.base);
            object.parts(offset(shared.start), offset(shared.end), out);
            for part in &mut out[first..] {
                for place in [&mut part.start, &mut part.end, &mut part.base] {
                    *place = place.wrapping_add(mapping.base);
                }
            }
            at = shared.end;
        }
        self.space.parts(at, end, out);
    }

    fn put(
        &mut self,
        out: &mut Vec<Piece>,
        length: u64,
        extent: Option<ExtentId>,
        how: fn(Known) -> From,
    ) {
        if length == 0 {
            return;
        }
        let known = extent.and_then(|id| {
            let extent = self.extents.get(id)?;
            Some(Known {
                id,
                path: extent.path,
                provenance: extent.provenance.clone(),
            })
        });
        if let Some(known) = &known {
            self.extents.change(known.id, 1);
            let is_small = |extent: &ReadExtent| extent.length < fingerprint::LENGTH as u64;
            if self.extents.get(known.id).is_some_and(is_small) {
                self.space.crumbs = self.space.crumbs.saturating_sub(length);
            }
        }
        let from = known.map_or(From::Memory, how);
        out.push(Piece { length, from });
    }

    /// How many bytes that were read before those that were found have gone nowhere: behind a changed head, some of them
    /// may be what is written before these.
    fn unsure(&self, before: Option<Found>, found: &Found) -> u64 {
        let extent = |id| self.extents.get(id);
        if let Some(before) = before.filter(|before| before.extent == found.extent) {
            return found.offsets().0.saturating_sub(before.offsets().1);
        }
        let Some(read) = extent(found.extent) else {
            return 0;
        };
        let left = |before: Found| {
            let last = extent(before.extent).filter(|last| last.path == read.path)?;
            Some(last.length.saturating_sub(before.offsets().1))
        };
        let left = before.and_then(left).unwrap_or(0);
        left + found.offsets().0.saturating_sub(read.delivered)
    }

    /// Whether bytes must be others than those that they resemble, of which so many go to the same place: a few bytes of a
    /// read, of which as many as were read have been written on, or all of a short one, which the same sink has already.
    fn is_another(&self, found: &Found, joined: u64) -> bool {
        let length = found.end - found.start;
        let read = self.extents.get(found.extent);
        read.is_some_and(|read| {
            let is_there = read.delivered_to == Some(self.sink) || joined > 0;
            let is_few = length < WINDOW
                && (length < read.length || is_there)
                && read.kind != ExtentKind::Mapped;
            is_few && read.delivered + joined + length > read.length
        })
    }

    /// Bytes at these addresses that were found nowhere: the program made them, or nobody can know.
    fn put_unjoined(&mut self, out: &mut Vec<Piece>, start: u64, end: u64) {
        let is_dull = || {
            let bytes = self.bytes(start, end.min(start + WINDOW));
            let dull = |hash| self.space.dull.contains(&hash).then_some(());
            bytes.is_some_and(|bytes| {
                let is_known = || fingerprint::windows(&bytes, |_, hash| dull(hash)).is_some();
                !fingerprint::is_varied(&bytes) && is_known()
            })
        };
        let has_samples = end.saturating_sub(start) >= fingerprint::LENGTH as u64;
        let could_be_read =
            self.space.opaque || (has_samples && !self.space.dull.is_empty() && is_dull());
        // Fewer, and shorter writes, are what keeps processes in step.
        const CRUMBS: u64 = 256;
        const SHORT: u64 = 8;
        let Space {
            crumbs, all_crumbs, ..
        } = *self.space;
        let are_there = |length| all_crumbs >= CRUMBS && 2 * crumbs >= length;
        let is_crumbs = start + SHORT <= end && are_there(end - start);
        if is_crumbs {
            self.space.crumbs = crumbs.saturating_sub(end - start);
        }
        match (could_be_read || is_crumbs) && start < end {
            true => out.push(Piece {
                length: end - start,
                from: From::Unknown,
            }),
            false => self.put(out, end - start, None, From::Copied),
        }
    }

    /// Whether each part still holds what was read to there; none for a part to which nothing was.
    fn verdicts(&self, parts: &[Part]) -> Vec<Option<Verdict>> {
        let mut asked = Vec::new();
        let mut verdicts: Vec<_> = parts
            .iter()
            .map(|part| part.extent.map(|_| Verdict::Same))
            .collect();
        for (number, part) in parts.iter().enumerate() {
            let Some(extent) = part.extent.and_then(|id| self.extents.get(id)) else {
                continue;
            };
            match self.compared_whole(part, extent) {
                Some(verdict) => verdicts[number] = Some(verdict),
                None => ask(number, part, extent, &mut asked),
            }
        }
        let mut buffer = [0; PLACES * fingerprint::LENGTH];
        for asked in asked.chunks(PLACES) {
            let places: Vec<_> = asked.iter().map(|it| (it.at, it.sample.len())).collect();
            let readable = self.tracee.read_places(&places, &mut buffer);
            let mut seen = &buffer[..];
            for question in asked {
                let (here, rest) = seen.split_at(question.sample.len());
                seen = rest;
                let differs = !readable || here != question.sample;
                if differs && verdicts[question.part] != Some(Verdict::Changed) {
                    verdicts[question.part] = Some(question.otherwise);
                }
            }
        }
        verdicts
    }

    /// What the checksums of a part say; none where no block of them lies in it.
    fn compared_whole(&self, part: &Part, extent: &ReadExtent) -> Option<Verdict> {
        let (start, end) = (part.start - part.base, part.end - part.base);
        let (print, length) = (&extent.fingerprint, extent.length);
        print.covers(start, end, length).then_some(())?;
        let bytes = self.bytes(part.start, part.end);
        let is_same = bytes.is_some_and(|bytes| print.difference(start, &bytes, length).is_none());
        Some(if is_same {
            Verdict::Same
        } else {
            Verdict::Changed
        })
    }

    pub(super) fn bytes(&self, start: u64, end: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0; (end - start) as usize];
        let place = [(start, bytes.len())];
        self.tracee.read_places(&place, &mut bytes).then_some(bytes)
    }

    /// Whether a program seems to have worked on its buffer in place: what is written begins where a read began, or
    /// where the last such write ended, is most of what was read, has not been written before, and none of it is as
    /// it was. (Else the memory may have been used for something new, as it is certainly where the kernel has cleared it.)
    fn is_changed_in_place(&self, parts: &[Part], verdicts: &[Option<Verdict>]) -> bool {
        let extent = |part: &Part| part.extent.and_then(|id| self.extents.get(id));
        let is_new =
            |part: &Part| extent(part).is_some_and(|extent| extent.delivered < extent.length);
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return false;
        };
        let (Some(at_first), Some(at_last)) = (extent(first), extent(last)) else {
            return false;
        };
        let begins = [first.base, first.base + at_first.delivered].contains(&first.start);
        let whole = last.base + at_last.length;
        let written: u64 = parts.iter().map(|part| part.end - part.start).sum();
        let is_most = whole.saturating_sub(last.end) <= written;
        let changed = verdicts
            .iter()
            .all(|verdict| *verdict == Some(Verdict::Changed));
        begins && is_most && changed && parts.iter().all(is_new) && !self.is_cleared(first)
    }

    /// Whether a part begins with a page of zeros, or is nothing else.
    fn is_cleared(&self, part: &Part) -> bool {
        let bytes = self.bytes(part.start, part.end.min(part.start + WINDOW));
        bytes.is_none_or(|bytes| bytes.iter().all(|byte| *byte == 0))
    }

    /// A part to which nothing was read that is still there: a mapped file, bytes that the program copied from
    /// elsewhere, or its own.
    fn unknown(&mut self, part: &Part, out: &mut Vec<Piece>) {
        let length = part.end - part.start;
        let mapping = self.space.mapping(part.start..part.end);
        if mapping.is_none()
            && let Some(edge) = self.space.edge(part.start..part.end)
        {
            let (before, behind) = part.cut(edge);
            self.unknown(&before, out);
            return self.unknown(&behind, out);
        }
        let is_read = self.stored_in.is_none();
        if let Some(mapping) = mapping.filter(|mapping| is_read && mapping.shows()) {
            // Shared memory without a file: another process may have put it there.
            let from = mapping.file.map_or(From::Unknown, From::Mapped);
            let behind = mapping.file.map_or(0, |_| self.behind_end(part));
            let length = length - behind;
            out.extend((length > 0).then_some(Piece { length, from }));
            return out.extend(zeros(behind));
        }
        match mapping.and_then(|mapping| mapping.private_file()) {
            Some(file) if is_read => self.private(part, file, out),
            _ => self.searched(part, out),
        }
    }

    /// How many bytes of a part of a mapping stand behind the end of its file: the kernel fills the last page with zeros.
    /// Where a file ends is asked only where a part ends with zeros, because all mappings have to be read for that.
    fn behind_end(&self, part: &Part) -> u64 {
        let last = self.bytes(part.end.saturating_sub(1).max(part.start), part.end);
        let is_zero = last.is_some_and(|last| last == [0]);
        let end = is_zero
            .then(|| self.tracee.mapped_end(part.start))
            .flatten();
        end.map_or(0, |end| part.end.saturating_sub(end.max(part.start)))
    }

    /// A part of a private mapping of a file: pages that are the file's, and copies of them that were stored to. What of
    /// those is the program's own, nobody can say.
    fn private(&mut self, part: &Part, file: EndId, out: &mut Vec<Piece>) {
        let mapped = |length| Piece {
            length,
            from: From::Mapped(file),
        };
        let mut at = part.start;
        for copied in self.tracee.copied_on_write(part.start, part.end) {
            out.extend((at < copied.start).then(|| mapped(copied.start - at)));
            at = copied.end;
            let first = out.len();
            let own = Part {
                start: copied.start,
                end: copied.end,
                extent: None,
                base: copied.start,
            };
            self.searched(&own, out);
            let made = out[first..].iter_mut().filter(|piece| piece.is_made());
            made.for_each(|piece| piece.from = From::Unknown);
        }
        out.extend((at < part.end).then(|| mapped(part.end - at)));
    }

    /// The last bytes of a write were not found: the next write goes on behind them.
    fn pass_over(&mut self, bytes: u64) {
        let few = 0..2 * fingerprint::BLOCK as u64;
        if let Some((_, offset)) = &mut self.space.cursor(self.sink).at
            && few.contains(&bytes)
        {
            *offset += bytes;
        }
    }

    /// A part that shows no file: bytes that the program copied from elsewhere, or its own.
    fn searched(&mut self, part: &Part, out: &mut Vec<Piece>) {
        let length = part.end - part.start;
        let mut found = Vec::new();
        let (mut at, mut searched, mut joined) = (part.start, 0, 0);
        while at < part.end && searched < SEARCHED {
            let Some(next) = self.find(at, part.end).filter(|next| next.end > at) else {
                break;
            };
            found.push(next);
            searched += next.start - at;
            joined += next.end - next.start;
            at = next.end;
        }
        self.pass_over(part.end - at);
        // A few familiar bytes among others are no copy of what was read.
        if joined * 2 < length {
            found.clear();
        }
        let (mut at, mut before) = (part.start, None);
        let mut joined = FxHashMap::default();
        let unknown = |length| Piece {
            length,
            from: From::Unknown,
        };
        for next in found {
            let length = next.end - next.start;
            let unsure = self.unsure(before, &next).min(next.start - at);
            self.put_unjoined(out, at, next.start - unsure);
            out.extend((unsure > 0).then(|| unknown(unsure)));
            let of_extent: &mut u64 = joined.entry(next.extent).or_default();
            if self.is_another(&next, *of_extent) {
                self.is_ambiguous = true;
                out.push(unknown(length));
            } else {
                *of_extent += length;
                self.put(out, length, Some(next.extent), From::Copied);
            }
            at = next.end;
            before = Some(next);
        }
        self.put_unjoined(out, at, part.end);
    }
}

/// So many bytes that the kernel has put there, if there are any.
fn zeros(length: u64) -> Option<Piece> {
    (length > 0).then_some(Piece {
        length,
        from: From::Unknown,
    })
}

/// A sample that is to be read again.
struct Question<'a> {
    part: usize,
    at: u64,
    sample: &'a [u8],
    /// What a difference means.
    otherwise: Verdict,
}

/// The samples to read again for a part: those that lie in it; where none does, those beside it.
fn ask<'a>(number: usize, part: &Part, extent: &'a ReadExtent, out: &mut Vec<Question<'a>>) {
    let before = out.len();
    for sample in &extent.fingerprint.samples {
        let first = part.base + u64::from(sample.offset);
        let start = first.max(part.start);
        let end = (first + u64::from(sample.length)).min(part.end);
        if start < end {
            let within = (start - first) as usize..(end - first) as usize;
            out.push(Question {
                part: number,
                at: start,
                sample: &sample.bytes[within],
                otherwise: Verdict::Changed,
            });
        }
    }
    if out.len() > before {
        return;
    }
    let samples = &extent.fingerprint.samples;
    let next = samples.partition_point(|sample| part.base + u64::from(sample.offset) < part.start);
    for sample in &samples[next.saturating_sub(1)..samples.len().min(next + 1)] {
        out.push(Question {
            part: number,
            at: part.base + u64::from(sample.offset),
            sample: &sample.bytes[..usize::from(sample.length)],
            otherwise: Verdict::Doubtful,
        });
    }
}
