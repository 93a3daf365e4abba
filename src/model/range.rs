//! Figures of several runs, and times as they are shown.

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

/// A time with three figures that count: `412 µs`, `1.31 ms`, the unit apart by a no-break space.
pub fn duration(ns: u64) -> String {
    let (number, unit) = match ns {
        0..1_000 => return format!("{ns}\u{a0}ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    };
    let decimals = match number {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{number:.decimals$}\u{a0}{unit}")
}
