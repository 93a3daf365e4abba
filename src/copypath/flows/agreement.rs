//! How far bytes are those of a read, where they would be a copy of it: block by block by checksums, and byte by byte where
//! what was read still stands. Text is full of lines that resemble each other: a sample that agrees says nothing of the
//! bytes beside it.

use std::ops::Range;

use super::{
    extents::{ExtentKind, ReadExtent},
    fingerprint,
    join::Joiner,
    space::ExtentId,
};

const LENGTH: u64 = fingerprint::LENGTH as u64;
/// So much is compared at once.
const STEP: u64 = 64 << 10;
/// By so many bytes a change may move what follows it, to be found at once.
const SHIFT: u64 = 32;
/// In so many blocks behind it.
const NEAR: usize = 2;

/// What a block says of those of its bytes that lie in a candidate.
enum Agreement {
    /// So many of them agree, beginning where the comparison began.
    Bytes(u64),
    /// Only a part of the block lies there, and what was read is gone.
    Unseen,
}

/// Bytes that may be a copy of a read. All places are offsets from its beginning.
struct Candidate<'a> {
    joiner: &'a Joiner<'a>,
    extent: &'a ReadExtent,
    start: u64,
    bytes: Vec<u8>,
}

impl Joiner<'_> {
    /// How far a range agrees with an extent whose first byte would stand at `base`. None where nothing in it tells that
    /// it does.
    pub(super) fn agreed(
        &self,
        (id, extent): (ExtentId, &ReadExtent),
        base: u64,
        (start, end): (u64, u64),
    ) -> Option<u64> {
        if self.stands((id, extent), base, &(start..end)) {
            let length = self.alike(extent.base.wrapping_sub(base), start, end);
            let is_long = length >= LENGTH;
            let is_told = || {
                let bytes = self.bytes(start, end);
                bytes.is_some_and(|bytes| fingerprint::is_varied(&bytes))
            };
            return (is_long || (length == end - start && is_told())).then_some(start + length);
        }
        if !extent.fingerprint.is_whole() {
            return self.agreed_by_samples(extent, base, start, end);
        }
        let candidate = self.candidate(extent, base, start..end)?;
        let last = candidate.forward(candidate.start)?;
        Some(base.wrapping_add(last))
    }

    /// The bytes around a sample that agrees, within limits.
    pub(super) fn agreed_around(
        &self,
        (id, extent): (ExtentId, &ReadExtent),
        base: u64,
        sample: u64,
        limits: (u64, u64),
    ) -> Option<(u64, u64)> {
        let (start, end) = limits;
        if self.stands((id, extent), base, &(start..end)) {
            let there = extent.base.wrapping_sub(base);
            let length = self.alike(there, sample, end);
            let first = sample - self.alike_before(there, start, sample);
            // It may have been changed where it stands.
            return (length >= LENGTH).then_some((first, sample + length));
        }
        if !extent.fingerprint.is_whole() {
            let from = |first| Some((first, self.agreed_by_samples(extent, base, first, end)?));
            return from(start).or_else(|| from(sample));
        }
        let candidate = self.candidate(extent, base, start..end)?;
        let sample = sample.wrapping_sub(base);
        let last = candidate.forward(sample)?;
        let first = candidate.backward(sample, last);
        Some((base.wrapping_add(first), base.wrapping_add(last)))
    }

    /// Where bytes go on behind a change that has made them longer or shorter: a block of the read, close to where it
    /// would stand without that change. With the address at which the read would begin.
    pub(super) fn agreed_shifted(
        &self,
        extent: &ReadExtent,
        offset: u64,
        (start, end): (u64, u64),
    ) -> Option<(Range<u64>, u64)> {
        let print = &extent.fingerprint;
        let blocks = print.blocks(offset..extent.length, extent.length);
        let whole = |(_, block): &(u32, Range<u64>)| {
            block.start >= offset && block.end - block.start >= LENGTH
        };
        let near = blocks.filter(whole).take(NEAR);
        let shifts = || (1..=SHIFT).flat_map(|by| [by, by.wrapping_neg()]);
        let behind = (NEAR as u64 + 1) * fingerprint::BLOCK as u64 + SHIFT;
        let bytes = self.bytes(start, end.min(start + behind))?;
        let mut places = near.flat_map(|(sum, block)| {
            let place = block.start - offset;
            shifts().map(move |by| (sum, block.clone(), place.wrapping_add(by)))
        });
        let (_, block, place) = places.find(|(sum, block, place)| {
            let range = *place as usize..place.wrapping_add(block.end - block.start) as usize;
            let here = bytes.get(range);
            here.is_some_and(|here| crc32fast::hash(here) == *sum && fingerprint::is_varied(here))
        })?;
        let at = start + place;
        let base = at.wrapping_sub(block.start);
        let end = end.min(base.wrapping_add(extent.length));
        let candidate = self.candidate(extent, base, at..end)?;
        let last = base.wrapping_add(candidate.forward(block.start)?);
        let before = &bytes[..place as usize];
        let first = at - self.alike_in_block_before(extent, block.start, before);
        Some((first..last, base))
    }

    /// How many bytes, counted from their end, are those of the block that ends at a place, if it stands where it was
    /// read to.
    fn alike_in_block_before(&self, extent: &ReadExtent, place: u64, bytes: &[u8]) -> u64 {
        let before = place.saturating_sub(1)..place;
        let block = extent.fingerprint.blocks(before, extent.length).next();
        let there = block.and_then(|(sum, block)| self.original(extent, sum, &block));
        let there = there.unwrap_or_default();
        let pairs = bytes.iter().rev().zip(there.iter().rev());
        pairs.take_while(|(a, b)| a == b).count() as u64
    }

    /// A block where it was read to, if it is still as it was read.
    fn original(&self, extent: &ReadExtent, sum: u32, block: &Range<u64>) -> Option<Vec<u8>> {
        let mut there = vec![0; (block.end - block.start) as usize];
        let address = extent.base.wrapping_add(block.start);
        let read = self.tracee.read(address, &mut there);
        (read == there.len() && crc32fast::hash(&there) == sum).then_some(there)
    }

    fn candidate<'a>(
        &'a self,
        extent: &'a ReadExtent,
        base: u64,
        range: Range<u64>,
    ) -> Option<Candidate<'a>> {
        Some(Candidate {
            joiner: self,
            extent,
            start: range.start.wrapping_sub(base),
            bytes: self.bytes(range.start, range.end)?,
        })
    }

    /// Whether what was read stands where it was read to, if there are no checksums to ask: in a mapping always.
    fn stands(&self, (id, extent): (ExtentId, &ReadExtent), base: u64, range: &Range<u64>) -> bool {
        if extent.kind == ExtentKind::Mapped || extent.fingerprint.is_whole() {
            return extent.kind == ExtentKind::Mapped;
        }
        let there = |address: u64| extent.base.wrapping_add(address.wrapping_sub(base));
        let mut parts = Vec::new();
        self.parts(there(range.start), there(range.end), &mut parts);
        parts.iter().all(|part| part.extent == Some(id))
    }

    /// How many bytes of a range are as those that stand `there` bytes behind them.
    fn alike(&self, there: u64, start: u64, end: u64) -> u64 {
        let mut at = start;
        while at < end {
            let next = end.min(at + STEP);
            let alike = self.both(there, at, next).map_or(0, |(here, there)| {
                let mut pairs = here.iter().zip(&there);
                pairs.position(|(a, b)| a != b).unwrap_or(here.len())
            });
            at += alike as u64;
            if at < next {
                break;
            }
        }
        at - start
    }

    /// The same of the bytes before the end of a range.
    fn alike_before(&self, there: u64, start: u64, end: u64) -> u64 {
        let mut at = end;
        while start < at {
            let next = start.max(at.saturating_sub(STEP));
            let alike = self.both(there, next, at).map_or(0, |(here, there)| {
                let mut pairs = here.iter().rev().zip(there.iter().rev());
                pairs.position(|(a, b)| a != b).unwrap_or(here.len())
            });
            at -= alike as u64;
            if at > next {
                break;
            }
        }
        end - at
    }

    fn both(&self, there: u64, start: u64, end: u64) -> Option<(Vec<u8>, Vec<u8>)> {
        let here = self.bytes(start, end)?;
        let there = self.bytes(start.wrapping_add(there), end.wrapping_add(there))?;
        Some((here, there))
    }

    /// The same by all samples in the range, or up to the last one that agrees.
    fn agreed_by_samples(
        &self,
        extent: &ReadExtent,
        base: u64,
        start: u64,
        end: u64,
    ) -> Option<u64> {
        let mut last = None;
        let mut buffer = [0; fingerprint::LENGTH];
        let (first, behind) = (start.wrapping_sub(base), end.wrapping_sub(base));
        for sample in extent.fingerprint.samples(first, behind) {
            let at = base.wrapping_add(u64::from(sample.offset));
            let length = usize::from(sample.length);
            if end.saturating_sub(at) < length as u64 {
                continue;
            }
            let here = &mut buffer[..length];
            if self.tracee.read(at, here) != length || *here != sample.bytes[..length] {
                return last;
            }
            last = Some(at + length as u64);
        }
        last.map(|_| end)
    }
}

impl Candidate<'_> {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn bytes(&self, range: &Range<u64>) -> &[u8] {
        &self.bytes[(range.start - self.start) as usize..(range.end - self.start) as usize]
    }

    /// Behind which byte those from a place on no longer agree. None where nothing tells that they do.
    fn forward(&self, from: u64) -> Option<u64> {
        let print = &self.extent.fingerprint;
        let (mut at, mut is_seen) = (from, false);
        for (sum, block) in print.blocks(from..self.end(), self.extent.length) {
            let part = at..block.end.min(self.end());
            match self.compare(sum, &block, &part, false) {
                Agreement::Bytes(agreed) => {
                    is_seen |= agreed >= LENGTH.min(part.end - part.start);
                    at += agreed;
                }
                Agreement::Unseen => {
                    is_seen |= self.has_sample(&part);
                    // Before the first block of which all is there, or behind the last one.
                    if is_seen || block.end < self.end() {
                        at = part.end;
                    }
                }
            }
            if at < part.end {
                break;
            }
        }
        (at > from && self.tells(from..at, is_seen)).then_some(at)
    }

    /// From which byte on those before a place agree, of which those up to `last` do.
    fn backward(&self, from: u64, last: u64) -> u64 {
        let print = &self.extent.fingerprint;
        let mut at = from;
        for (sum, block) in print.blocks(self.start..from, self.extent.length).rev() {
            let part = block.start.max(self.start)..at;
            let has_block = || print.covers(at, last, self.extent.length);
            match self.compare(sum, &block, &part, true) {
                Agreement::Bytes(agreed) => at -= agreed,
                Agreement::Unseen if has_block() => at = part.start,
                Agreement::Unseen => {}
            }
            if at > part.start {
                break;
            }
        }
        at
    }

    /// Whether bytes that agree tell that they are a copy: not every run of zeros is.
    fn tells(&self, agreed: Range<u64>, is_seen: bool) -> bool {
        self.has_sample(&agreed) || (is_seen && fingerprint::is_varied(self.bytes(&agreed)))
    }

    fn has_sample(&self, range: &Range<u64>) -> bool {
        let samples = self.extent.fingerprint.samples(range.start, range.end);
        let mut ends = samples
            .iter()
            .map(|it| u64::from(it.offset) + u64::from(it.length));
        ends.any(|end| end <= range.end)
    }

    /// How many bytes of a part of a block agree, counted from its end with `is_backward`.
    fn compare(
        &self,
        sum: u32,
        block: &Range<u64>,
        part: &Range<u64>,
        is_backward: bool,
    ) -> Agreement {
        let all = part.end - part.start;
        let is_here = self.start <= block.start && block.end <= self.end();
        if is_here && crc32fast::hash(self.bytes(block)) == sum {
            return Agreement::Bytes(all);
        }
        // Most candidates differ at once.
        if !is_backward && self.differs_at(part) {
            return Agreement::Bytes(0);
        }
        if let Some(there) = self.joiner.original(self.extent, sum, block) {
            let there = &there[(part.start - block.start) as usize..][..all as usize];
            let mut pairs = self.bytes(part).iter().zip(there);
            let differs = match is_backward {
                true => pairs.rev().position(|(a, b)| a != b),
                false => pairs.position(|(a, b)| a != b),
            };
            return Agreement::Bytes(differs.map_or(all, |place| place as u64));
        }
        let agrees = !is_here
            && self
                .extent
                .fingerprint
                .has_samples_of(part.start, self.bytes(part));
        match agrees {
            true => Agreement::Unseen,
            false => Agreement::Bytes(0),
        }
    }

    /// Whether the sample that begins where a part does is another one.
    fn differs_at(&self, part: &Range<u64>) -> bool {
        let samples = &self.extent.fingerprint;
        let sample = samples.samples(part.start, part.start + 1).first();
        sample.is_some_and(|sample| {
            let known = &sample.bytes[..usize::from(sample.length)];
            let here = self.bytes(part).iter();
            !here.zip(known).all(|(here, known)| here == known)
        })
    }
}
