//! What a comparison runs: its rows, each one transfer in one way.

use crate::model::{Method, Sink, Size, Sweep};

/// Where the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum To {
    /// A sink with somebody at its other end.
    Sink(Sink),
    /// `/dev/null`, which takes everything and looks at nothing.
    Null,
}

impl To {
    /// Its name on the command line and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            To::Sink(sink) => sink.name(),
            To::Null => "/dev/null",
        }
    }
}

/// What one row runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedTransfer {
    /// The method.
    pub method: Method,
    /// What it writes to.
    pub to: To,
    /// Bytes of a transfer.
    pub size: Size,
    /// How many at most a call.
    pub chunk: Size,
    /// How a run of this row does it.
    pub load: Load,
}

/// How many transfers a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// One.
    Single,
    /// This many, one after the other, in one process: for what is too short to be timed alone.
    InARow(u32),
    /// This many at once, a process and a sink each. Wall time: the slowest of them; CPU time: all senders together.
    AtOnce(u32),
}

impl Load {
    /// Transfers of a run.
    pub(crate) fn transfers(self) -> u32 {
        match self {
            Load::Single => 1,
            Load::InARow(count) | Load::AtOnce(count) => count,
        }
    }
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The rows.
    pub entries: Vec<PlannedTransfer>,
    /// Measured runs of each.
    pub runs: usize,
}

/// As in the sweep of the lab: each four times the one before.
const CHUNKS: [Size; 5] = [
    Size(4 * Size::KIB),
    Size(16 * Size::KIB),
    Size(64 * Size::KIB),
    Size(256 * Size::KIB),
    Size(Size::MIB),
];

/// The points of a comparison, as (size, chunk): one, or those of a sweep, which replace the chunk, or end at the size.
pub(crate) fn points(sweep: Option<Sweep>, size: Size, chunk: Size) -> Vec<(Size, Size)> {
    match sweep {
        None => vec![(size, chunk)],
        Some(Sweep::Chunk) => CHUNKS.map(|chunk| (size, chunk)).to_vec(),
        Some(Sweep::Size) => sizes(size).into_iter().map(|size| (size, chunk)).collect(),
    }
}

/// One transfer of each method to each of these sinks that it has: methods within a point, points within a sink.
pub(crate) fn entries(
    methods: &[Method],
    sinks: &[Sink],
    points: &[(Size, Size)],
) -> Vec<PlannedTransfer> {
    let mut entries = Vec::new();
    for to in sinks {
        for (size, chunk) in points {
            let able = methods.iter().filter(|method| method.sinks().contains(to));
            entries.extend(able.map(|method| PlannedTransfer {
                method: *method,
                to: To::Sink(*to),
                size: *size,
                chunk: *chunk,
                load: Load::Single,
            }));
        }
    }
    entries
}

/// Five sizes up to the largest, each a quarter of the next.
fn sizes(largest: Size) -> Vec<Size> {
    let mut sizes: Vec<_> = (0..5)
        .rev()
        .map(|n| Size((largest.bytes() >> (2 * n)).max(1)))
        .collect();
    sizes.dedup();
    sizes
}
