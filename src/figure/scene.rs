//! What is to be seen at one moment, as data. Which cells of the screen show it, the ui knows.

use super::plan::{Edge, Slot};
use crate::model::How;

/// How lively something is drawn.
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

/// One cell of a gauge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Empty,
    /// Bytes.
    Bytes(Tone),
    /// A part of the cell's bytes.
    PartBytes(Tone),
    /// References to bytes.
    References(Tone),
    /// References to a part of them.
    PartReferences(Tone),
    /// Seen through a mapping.
    Mapped(Tone),
}

/// Sixteen cells.
pub type Gauge = [Mark; 16];

/// How a box's border is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// It takes part.
    Plain,
    /// Faint: it waits, or belongs to somebody else.
    Faint,
    /// Dashed: it takes no part here.
    Ghost,
}

/// The same words twice: at length, and in few for where these do not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// At length.
    pub long: &'static str,
    /// In few.
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

/// A place with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxView {
    /// Where it stands.
    pub slot: Slot,
    /// Its name.
    pub name: &'static str,
    /// Whether the name is strong.
    pub strong: bool,
    /// Its border.
    pub border: Border,
    /// Its gauge, if it has one.
    pub gauge: Option<Gauge>,
    /// How much is in it, written on its edge.
    pub amount: Option<String>,
    /// A few words in it: `idle`, `recv: 1 copy`.
    pub note: Words,
}

/// An edge that is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeView {
    /// Which.
    pub edge: Edge,
    /// How its bytes go.
    pub how: How,
    /// How lively.
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
/// Steps, or cells, from one token to the next.
pub const SPACING: u32 = 2;

/// What travels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    /// Along which edge.
    pub edge: Edge,
    /// Bytes by the CPU, bytes by DMA, or a reference.
    pub how: How,
    /// From 0, where the first token starts, to 1, where the last one arrives.
    pub progress: f64,
    /// Whether the disk is read meanwhile.
    pub fetches: bool,
}

/// The name of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The edge that it stands at.
    pub edge: Option<Edge>,
    /// The name.
    pub text: String,
    /// Whether it is the current call.
    pub current: bool,
}

/// What a device does, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceView {
    /// The disk or the device.
    pub slot: Slot,
    /// Its name.
    pub name: &'static str,
    /// Beside its edge.
    pub beside: Words,
    /// After its name, where it has no box and no edge.
    pub in_row: Words,
    /// How lively.
    pub tone: Tone,
    /// Whether bytes would go along its edge, and then whether backwards: a request comes in where an answer goes out.
    pub arrow: Option<bool>,
}

/// A moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// The places.
    pub boxes: Vec<BoxView>,
    /// The edges.
    pub edges: Vec<EdgeView>,
    /// What travels.
    pub travel: Option<Travel>,
    /// The calls' names: the current one first.
    pub tags: Vec<Tag>,
    /// What the devices do.
    pub devices: Vec<DeviceView>,
    /// What a gauge's cell is, where that is not a chunk.
    pub caption: Option<String>,
}
