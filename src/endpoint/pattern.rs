//! The bytes of a generated source: cheap to make, different at every position, so that bytes lost, doubled or
//! exchanged change the checksum.

pub(crate) fn generated(size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    fill(&mut bytes, 0);
    bytes
}

/// Fills `block` with the pattern from byte `offset` (a multiple of 8) of the source on.
pub(crate) fn fill(block: &mut [u8], offset: u64) {
    debug_assert!(offset.is_multiple_of(8));
    for (word, index) in block.chunks_mut(8).zip(offset / 8..) {
        word.copy_from_slice(&splitmix64(index).to_le_bytes()[..word.len()]);
    }
}

/// The output function of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn splitmix64(index: u64) -> u64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_does_not_depend_on_how_it_is_cut() {
        let whole = generated(1003);
        let mut parts = [0; 1003];
        fill(&mut parts[..504], 0);
        fill(&mut parts[504..], 504);
        assert_eq!(whole, parts);
    }
}
