//! Samples of what was read: enough to tell whether the same bytes are written, without reading them all.

/// How long a sample is, in bytes; of fewer bytes than that, all of them.
pub(super) const LENGTH: usize = 32;
/// How many samples at most are taken of one read.
pub(super) const MOST: usize = 6;
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

/// Where samples of so many bytes are taken: the beginning, the end, and places between.
pub(super) fn offsets(length: u64, out: &mut Vec<u32>) {
    out.clear();
    let sample = LENGTH as u64;
    let length = length.min(u64::from(u32::MAX));
    out.push(0);
    if length <= sample {
        return;
    }
    let pieces = if length <= 4096 { 2 } else { MOST as u64 - 1 };
    for piece in 1..=pieces {
        let offset = (length - sample) * piece / pieces;
        if u64::from(out[out.len() - 1]) + sample <= offset || piece == pieces {
            out.push(offset as u32);
        }
    }
}

impl Sample {
    /// Whether it is long and varied enough to be looked for.
    pub fn is_telling(&self) -> bool {
        usize::from(self.length) == LENGTH && is_varied(&self.bytes)
    }

    /// What it is looked for by.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&self.bytes)
    }
}

fn is_varied(bytes: &[u8]) -> bool {
    let mut seen = [0u64; 4];
    for byte in bytes {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    seen.iter().map(|bits| bits.count_ones()).sum::<u32>() >= TELLING
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

fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| roll(sum, *byte))
}

fn roll(sum: u64, byte: u8) -> u64 {
    sum.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1)
}

/// Every window of [`LENGTH`] bytes, with its fingerprint; stops at the first that `found` takes.
pub(super) fn windows<T>(
    bytes: &[u8],
    mut found: impl FnMut(usize, u64) -> Option<T>,
) -> Option<T> {
    if bytes.len() < LENGTH {
        return None;
    }
    let mut sum = fingerprint(&bytes[..LENGTH]);
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
    fn a_window_has_the_fingerprint_of_its_bytes() {
        let bytes: Vec<u8> = (0..200u8).map(|i| i.wrapping_mul(37)).collect();
        let wanted = fingerprint(&bytes[91..91 + LENGTH]);
        let found = windows(&bytes, |start, sum| (sum == wanted).then_some(start));
        assert_eq!(found, Some(91));
        assert_eq!(windows(&bytes[..LENGTH - 1], |start, _| Some(start)), None);
    }

    #[test]
    fn samples_lie_within_what_was_read_and_do_not_overlap_but_for_the_last() {
        let mut out = Vec::new();
        for length in [1, 31, 32, 33, 64, 100, 4096, 4097, 65536, 1 << 30] {
            offsets(length, &mut out);
            assert!(out.len() <= MOST && out[0] == 0, "{length}: {out:?}");
            let last = u64::from(*out.last().unwrap());
            assert_eq!(last, length.saturating_sub(LENGTH as u64), "{length}");
            assert!(out.is_sorted());
        }
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
