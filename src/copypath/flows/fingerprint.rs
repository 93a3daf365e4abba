//! What is remembered of the bytes that were read, to tell whether the same ones are written: samples, by which a copy
//! is found elsewhere, and checksums of all of it, block by block. A large read has samples alone.

use std::ops::Range;

use super::memory::TraceeMemory;

/// How long a sample is, in bytes; of fewer bytes than that, all of them.
pub(super) const LENGTH: usize = 32;
/// Of reads of at most so many bytes, every byte is compared. (Reading and summing 256 KiB takes some 50 us, about what
/// the stops of a call take.)
pub(super) const WHOLE: u64 = 256 << 10;
/// How many bytes a checksum stands for.
pub(super) const BLOCK: usize = 256;
/// One sample is taken of so many bytes, so that a copy is found in any window of that length.
const SPACING: u64 = 4096;
/// How many samples are taken of a read that is too large to be compared whole.
const MOST: usize = 6;
/// A sample with fewer different bytes than this stands in too many places to tell one from the other.
const TELLING: u32 = 8;

/// Bytes at a place of what was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Where, from the beginning of what was read.
    pub offset: u32,
    pub length: u8,
    pub bytes: [u8; LENGTH],
}

#[derive(Clone, Debug, Default)]
pub(super) struct Fingerprint {
    pub samples: Vec<Sample>,
    /// Checksums of its blocks; none where it is too large.
    sums: Vec<u32>,
}

impl Fingerprint {
    /// Of bytes that were read to these addresses.
    pub fn of(start: u64, length: u64, tracee: &dyn TraceeMemory) -> Fingerprint {
        if length > WHOLE {
            return Fingerprint::sampled(start, length, tracee);
        }
        let mut buffer = vec![0; length as usize];
        match tracee.read_places(&[(start, buffer.len())], &mut buffer) {
            true => Fingerprint::whole(&buffer),
            false => Fingerprint::default(),
        }
    }

    /// Of a mapping that begins at an address: of its pages at these.
    pub fn of_pages(start: u64, pages: &[u64], tracee: &dyn TraceeMemory) -> Fingerprint {
        let mut samples = Vec::new();
        for pages in pages.chunks(16) {
            let places: Vec<_> = pages.iter().map(|page| (*page, LENGTH)).collect();
            let mut buffer = [0; 16 * LENGTH];
            if !tracee.read_places(&places, &mut buffer) {
                continue;
            }
            let seen = pages.iter().zip(buffer.chunks(LENGTH));
            samples.extend(seen.filter_map(|(page, here)| {
                let offset = u32::try_from(page - start).ok()?;
                Some(Sample::of(offset, here))
            }));
        }
        Fingerprint {
            samples,
            sums: Vec::new(),
        }
    }

    /// The samples of a part, in order of their offsets.
    pub fn samples(&self, start: u64, end: u64) -> &[Sample] {
        let before = |at: u64| {
            let samples = &self.samples;
            samples.partition_point(|sample| u64::from(sample.offset) < at)
        };
        &self.samples[before(start)..before(end.max(start))]
    }

    /// Whether every byte is compared.
    pub fn is_whole(&self) -> bool {
        !self.sums.is_empty()
    }

    /// Of bytes that are all there.
    fn whole(bytes: &[u8]) -> Fingerprint {
        let samples = offsets(bytes.len() as u64).into_iter().map(|offset| {
            let here = &bytes[offset as usize..];
            Sample::of(offset, &here[..here.len().min(LENGTH)])
        });
        Fingerprint {
            samples: samples.collect(),
            sums: bytes.chunks(BLOCK).map(crc32fast::hash).collect(),
        }
    }

    fn sampled(start: u64, length: u64, tracee: &dyn TraceeMemory) -> Fingerprint {
        let offsets = offsets(length);
        let place = |offset: &u32| (start + u64::from(*offset), LENGTH);
        let places: Vec<_> = offsets.iter().map(place).collect();
        let mut buffer = [0; MOST * LENGTH];
        if !tracee.read_places(&places, &mut buffer) {
            return Fingerprint::default();
        }
        let seen = offsets.iter().zip(buffer.chunks(LENGTH));
        Fingerprint {
            samples: seen
                .map(|(offset, here)| Sample::of(*offset, here))
                .collect(),
            sums: Vec::new(),
        }
    }

    /// By what it is found elsewhere: hashes and their offsets.
    pub fn hashes(&self) -> Vec<(u64, u32)> {
        let telling = self.samples.iter().filter(|sample| sample.is_telling());
        telling
            .map(|sample| (rolling_hash(&sample.bytes), sample.offset))
            .collect()
    }

    /// Hashes of samples that tell nothing: of bytes that are alike.
    pub fn dull_hashes(&self) -> impl Iterator<Item = u64> + '_ {
        let samples = self.samples.iter();
        let dull = samples.filter(|it| usize::from(it.length) == LENGTH && !it.is_telling());
        dull.map(|sample| rolling_hash(&sample.bytes))
    }

    /// Whether bytes from `start` to `end` of a read of `length` can be compared by checksums: a block lies in them.
    pub fn covers(&self, start: u64, end: u64, length: u64) -> bool {
        let mut blocks = self.blocks(start..end, length);
        blocks.any(|(_, block)| start <= block.start && block.end <= end)
    }

    /// Where bytes that stand at `start` of a read of `length` first differ from what was read: the first block or
    /// sample that lies in them and does. None where none does.
    pub fn difference(&self, start: u64, bytes: &[u8], length: u64) -> Option<u64> {
        let end = start + bytes.len() as u64;
        let within =
            |first: u64, last: u64| &bytes[(first - start) as usize..(last - start) as usize];
        let mut blocks = self.blocks(start..end, length);
        let block = blocks.find(|(sum, block)| {
            let is_in = start <= block.start && block.end <= end;
            is_in && crc32fast::hash(within(block.start, block.end)) != *sum
        });
        let mut samples = self.samples.iter().map(|sample| {
            let first = u64::from(sample.offset);
            (
                sample,
                first.max(start),
                (first + u64::from(sample.length)).min(end),
            )
        });
        let sample = samples.find(|(sample, first, last)| {
            let before = u64::from(sample.offset);
            first < last && {
                let known = &sample.bytes[(first - before) as usize..(last - before) as usize];
                known != within(*first, *last)
            }
        });
        let places = [
            block.map(|(_, block)| block.start),
            sample.map(|(_, first, _)| first),
        ];
        places.into_iter().flatten().min()
    }

    /// The blocks of a read of `length` that have bytes in a range, with their checksums.
    pub fn blocks(
        &self,
        within: Range<u64>,
        length: u64,
    ) -> impl DoubleEndedIterator<Item = (u32, Range<u64>)> + '_ {
        let size = BLOCK as u64;
        let last = within.end.min(length).div_ceil(size) as usize;
        let last = last.min(self.sums.len());
        let first = ((within.start / size) as usize).min(last);
        let numbered = self.sums[first..last].iter().enumerate();
        numbered.map(move |(number, sum)| {
            let start = (first + number) as u64 * size;
            (*sum, start..length.min(start + size))
        })
    }

    /// Whether the samples that have bytes from `start` on are as they were read, as far as they go.
    pub fn has_samples_of(&self, start: u64, bytes: &[u8]) -> bool {
        let end = start + bytes.len() as u64;
        let near = self.samples(start.saturating_sub(LENGTH as u64), end);
        near.iter().all(|sample| {
            let offset = u64::from(sample.offset);
            let (first, last) = (
                offset.max(start),
                (offset + u64::from(sample.length)).min(end),
            );
            first >= last
                || bytes[(first - start) as usize..(last - start) as usize]
                    == sample.bytes[(first - offset) as usize..(last - offset) as usize]
        })
    }
}

/// Where samples of so many bytes are taken: the beginning, the end, and places between.
fn offsets(length: u64) -> Vec<u32> {
    let last = length
        .min(u64::from(u32::MAX))
        .saturating_sub(LENGTH as u64);
    let step = match length {
        0..=4096 => last.div_ceil(2),
        4097..=WHOLE => SPACING,
        _ => last.div_ceil(MOST as u64 - 1),
    };
    let step = step.max(LENGTH as u64) as usize;
    let before = (0..last as u32).step_by(step);
    before.chain([last as u32]).collect()
}

impl Sample {
    /// Of at most [`LENGTH`] bytes at a place.
    fn of(offset: u32, here: &[u8]) -> Sample {
        let mut bytes = [0; LENGTH];
        bytes[..here.len()].copy_from_slice(here);
        let length = here.len() as u8;
        Sample {
            offset,
            length,
            bytes,
        }
    }

    /// Whether it is long and varied enough to be looked for.
    fn is_telling(&self) -> bool {
        usize::from(self.length) == LENGTH && is_varied(&self.bytes)
    }
}

/// Whether bytes tell one place from another.
pub(super) fn is_varied(bytes: &[u8]) -> bool {
    let mut seen = [0u64; 4];
    bytes.chunks(LENGTH).any(|bytes| {
        for byte in bytes {
            seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        seen.iter().map(|bits| bits.count_ones()).sum::<u32>() >= TELLING
    })
}

const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// `BASE` to the power of `LENGTH`: what the byte that leaves the window has become.
const LEAVING: u64 = {
    let mut power = 1u64;
    let mut i = 0;
    while i < LENGTH {
        power = power.wrapping_mul(BASE);
        i += 1;
    }
    power
};

fn rolling_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| roll(sum, *byte))
}

fn roll(sum: u64, byte: u8) -> u64 {
    sum.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1)
}

/// Every window of [`LENGTH`] bytes, with its hash; stops at the first that `found` takes.
pub(super) fn windows<T>(
    bytes: &[u8],
    mut found: impl FnMut(usize, u64) -> Option<T>,
) -> Option<T> {
    if bytes.len() < LENGTH {
        return None;
    }
    let mut sum = rolling_hash(&bytes[..LENGTH]);
    for start in 0.. {
        if let Some(found) = found(start, sum) {
            return Some(found);
        }
        let next = bytes.get(start + LENGTH)?;
        let leaving = LEAVING.wrapping_mul(u64::from(bytes[start]) + 1);
        sum = roll(sum, *next).wrapping_sub(leaving);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_the_hash_of_its_bytes() {
        let bytes: Vec<u8> = (0..200u8).map(|i| i.wrapping_mul(37)).collect();
        let wanted = rolling_hash(&bytes[91..91 + LENGTH]);
        let found = windows(&bytes, |start, sum| (sum == wanted).then_some(start));
        assert_eq!(found, Some(91));
        assert_eq!(windows(&bytes[..LENGTH - 1], |start, _| Some(start)), None);
    }

    #[test]
    fn samples_lie_within_what_was_read_and_do_not_overlap_but_for_the_last() {
        for length in [1, 31, 32, 33, 64, 100, 4096, 4097, 65536, 1 << 30] {
            let out = offsets(length);
            let most = if length > WHOLE {
                MOST
            } else {
                2 + length as usize / BLOCK
            };
            assert!(out.len() <= most.max(3) && out[0] == 0, "{length}: {out:?}");
            let last = u64::from(*out.last().unwrap());
            assert_eq!(last, length.saturating_sub(LENGTH as u64), "{length}");
            assert!(out.is_sorted());
        }
    }

    #[test]
    fn one_byte_that_changes_anywhere_is_seen() {
        let read: Vec<u8> = (0..100_000u32)
            .map(|i| (i.wrapping_mul(i) >> 7) as u8)
            .collect();
        let length = read.len() as u64;
        let fingerprint = Fingerprint::whole(&read);
        assert_eq!(fingerprint.difference(0, &read, length), None);
        for changed in [0, 31, 32, 50_000, 98_304, 99_999] {
            let mut bytes = read.clone();
            bytes[changed] ^= 1;
            let seen = fingerprint.difference(0, &bytes, length).unwrap();
            assert!(
                seen <= changed as u64 && changed as u64 - seen < BLOCK as u64,
                "{changed}: {seen}"
            );
            // Of a part: of the blocks that lie in it.
            let part = fingerprint.difference(5000, &bytes[5000..90_000], length);
            assert_eq!(part.is_some(), changed == 50_000, "{changed}");
        }
        // Blocks are of 256 bytes: the first whole one after 5,000 lies from 5,120 to 5,376.
        assert!(fingerprint.covers(5000, 5376, length) && !fingerprint.covers(5000, 5375, length));
        assert!(
            fingerprint.covers(98_304, length, length),
            "the last one is shorter"
        );
    }

    #[test]
    fn zeros_tell_nothing() {
        let sample = |bytes| Sample {
            offset: 0,
            length: LENGTH as u8,
            bytes,
        };
        assert!(!sample([0; LENGTH]).is_telling());
        assert!(sample(*b"The quick brown fox jumps over t").is_telling());
    }
}
