//! What is to be seen at one moment, as data. Which cells of the screen show it, the ui knows.

use super::plan::{Edge, Slot};
use crate::model::How;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It is happening.
    Hot(How),
    /// It is done.
    Quiet(How),
    /// It is there, as it was.
    Stale,
    /// It is there.
    Plain,
    /// It would happen elsewhere.
    Ghost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Empty,
    Bytes(Tone),
    PartBytes(Tone),
    References(Tone),
    PartReferences(Tone),
    /// Seen through a mapping.
    Mapped(Tone),
}

pub type Gauge = [Mark; 16];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    Plain,
    /// Faint: it waits, or belongs to somebody else.
    Faint,
    /// Dashed: it takes no part here.
    Ghost,
}

/// The same words twice: at length, and in few for where these do not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub long: &'static str,
    pub short: &'static str,
}

impl Words {
    pub(super) fn new(long: &'static str, short: &'static str) -> Words {
        Words { long, short }
    }

    /// What fits into so many columns, or the short ones.
    pub(crate) fn fitting(self, columns: usize) -> &'static str {
        if self.long.chars().count() <= columns {
            self.long
        } else {
            self.short
        }
    }
}

impl From<&'static str> for Words {
    fn from(only: &'static str) -> Words {
        Words::new(only, only)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxView {
    pub slot: Slot,
    pub name: &'static str,
    pub strong: bool,
    pub border: Border,
    pub gauge: Option<Gauge>,
    pub amount: Option<String>,
    /// A few words in it: `idle`, `recv: 1 copy`.
    pub note: Words,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeView {
    pub edge: Edge,
    pub how: How,
    pub tone: Tone,
    /// Whether they go from its end to its start.
    pub backwards: bool,
}

impl EdgeView {
    pub(super) fn new(edge: Edge, how: How, tone: Tone) -> EdgeView {
        EdgeView {
            edge,
            how,
            tone,
            backwards: false,
        }
    }
}

/// Tokens that stand for one call's bytes.
pub const TOKENS: u32 = 4;
/// A wire with fewer cells has no room for gaps between them.
const SHORT: u32 = 8;

/// Cells from one token to the next on a wire with so many cells.
pub(crate) fn spacing(cells: u32) -> u32 {
    if cells < SHORT { 1 } else { 2 }
}

/// How many cells the first token would have gone by the time the last one arrives.
pub(crate) fn run_of(cells: u32) -> u32 {
    cells - 1 + (TOKENS - 1) * spacing(cells)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    pub edge: Edge,
    /// Bytes by the CPU, bytes by DMA, or a reference.
    pub how: How,
    /// From 0, where the first token starts, to 1, where the last one arrives.
    pub progress: f64,
    /// From the edge's end to its start.
    pub backwards: bool,
}

/// What the line between user and kernel counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Mode switches so far.
    pub count: u64,
    /// The line was crossed just now.
    pub lit: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub edge: Option<Edge>,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceView {
    pub slot: Slot,
    pub name: &'static str,
    pub beside: Words,
    /// After its name, where it has no box and no edge.
    pub in_row: Words,
    pub tone: Tone,
    /// Whether bytes would go along its edge, and then whether backwards: a request comes in where an answer goes out.
    pub arrow: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub boxes: Vec<BoxView>,
    pub edges: Vec<EdgeView>,
    pub travel: Option<Travel>,
    /// The calls' names: the current one first.
    pub tags: Vec<Tag>,
    pub devices: Vec<DeviceView>,
    /// What a gauge's cell is, where that is not a chunk.
    pub caption: Option<String>,
    /// None: nothing counts them.
    pub switches: Option<Switches>,
}
