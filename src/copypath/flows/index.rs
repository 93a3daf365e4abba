//! Where samples were last read, by their hashes. A window is looked for at each of its places, and nearly none of them is
//! there: a bit for each hash, in memory that stays near, answers most of them.

use rustc_hash::FxHashMap;

/// Bytes that a read brought: a place in [`ReadExtents`](super::extents::ReadExtents).
pub(super) type ExtentId = u32;

/// Where a sample was last read.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexEntry {
    pub extent: ExtentId,
    pub offset: u32,
    /// The number of the read. (The extent's own is used again.)
    pub read: u64,
}

/// Of 20 bits: 128 KiB, of which some 64,000 samples set one in sixteen.
const BITS: u32 = 20;

#[derive(Clone, Default)]
pub(super) struct Index {
    entries: FxHashMap<u64, IndexEntry>,
    /// Not set: no sample has such a hash. Empty at first.
    bits: Vec<u64>,
}

impl Index {
    pub fn get(&self, hash: u64) -> Option<&IndexEntry> {
        let (word, bit) = place(hash);
        match self.bits.get(word) {
            Some(bits) if bits & bit != 0 => self.entries.get(&hash),
            _ => None,
        }
    }

    pub fn insert(&mut self, hash: u64, entry: IndexEntry) {
        self.mark(hash);
        self.entries.insert(hash, entry);
    }

    /// The same, unless there is one of that hash.
    pub fn insert_new(&mut self, hash: u64, entry: IndexEntry) {
        self.mark(hash);
        self.entries.entry(hash).or_insert(entry);
    }

    pub fn retain(&mut self, mut stays: impl FnMut(&IndexEntry) -> bool) {
        self.entries.retain(|_, entry| stays(entry));
        self.bits.fill(0);
        let hashes: Vec<u64> = self.entries.keys().copied().collect();
        hashes.into_iter().for_each(|hash| self.mark(hash));
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn mark(&mut self, hash: u64) {
        if self.bits.is_empty() {
            self.bits = vec![0; 1 << (BITS - 6)];
        }
        let (word, bit) = place(hash);
        self.bits[word] |= bit;
    }
}

/// The bit of a hash. (The low bits of a rolling hash depend on few bytes; multiplied, all count.)
fn place(hash: u64) -> (usize, u64) {
    let place = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
    ((place / 64) as usize, 1 << (place % 64))
}
