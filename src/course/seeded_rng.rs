//! Numbers that look random and that a text determines: what is shuffled or drawn is the same again for the same
//! text, on every machine.

/// FNV-1a for a seed, then xorshift.
pub(crate) struct SeededRng(u64);

impl SeededRng {
    /// The numbers of that text.
    pub(crate) fn of(text: &str) -> SeededRng {
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        SeededRng(hash | 1)
    }

    /// The next one, from 0 to below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}
