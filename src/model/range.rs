//! Figures of several runs.

use serde::Serialize;

/// A sample in three figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Range {
    /// As many are below as above; of an even number, the middle of the two in the middle, rounded down.
    pub median: u64,
    /// The least.
    pub min: u64,
    /// The greatest.
    pub max: u64,
}

impl Range {
    /// Of these runs; none of no run.
    pub fn of(sample: &[u64]) -> Option<Range> {
        let mut sorted = sample.to_vec();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let half = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            1 => sorted[half],
            _ => sorted[half - 1].midpoint(sorted[half]),
        };
        Some(Range { median, min, max })
    }

    /// From the least to the greatest.
    pub fn spread(self) -> u64 {
        self.max - self.min
    }

    /// Whether a value could belong to both.
    pub fn overlaps(self, other: Range) -> bool {
        self.min <= other.max && other.min <= self.max
    }
}
