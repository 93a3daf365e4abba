//! What is to be seen at one moment, as data.

use super::stage::{Cell, Road, Seat};
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

/// How a place's border is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// It takes part.
    Plain,
    /// Faint: it waits, or belongs to somebody else.
    Faint,
    /// Dashed: it takes no part here.
    Ghost,
}

/// What is written on a box's edge.
pub type Amount = Option<String>;

/// A place with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Furniture {
    /// Which place.
    pub seat: Seat,
    /// Its name.
    pub name: &'static str,
    /// Whether the name is strong.
    pub strong: bool,
    /// Its border.
    pub border: Border,
    /// Its gauge, if it has one.
    pub gauge: Option<Gauge>,
    /// Its amount, on the edge that no wire uses.
    pub amount: Amount,
    /// A few words in it: `idle`, `recv: 1 copy`.
    pub note: &'static str,
}

/// Something on its way along a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it is.
    pub at: Cell,
    /// Bytes by the CPU, bytes by DMA, or a reference.
    pub how: How,
}

/// The name of a call at its wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Where.
    pub at: Cell,
    /// The name.
    pub text: String,
    /// Whether it is the current call.
    pub current: bool,
}

/// A wire that is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Which.
    pub road: Road,
    /// How its bytes go.
    pub how: How,
    /// How lively.
    pub tone: Tone,
    /// Whether they go from its last cell to its first.
    pub backwards: bool,
}

/// Words about what the devices do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub at: Cell,
    /// What.
    pub text: String,
    /// How lively.
    pub tone: Tone,
    /// The road whose arrow head stands before it, where the road has no cells.
    pub road: Option<Road>,
    /// Whether the bytes go the road backwards: a request comes in where an answer goes out.
    pub backwards: bool,
}

/// A moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// The places.
    pub boxes: Vec<Furniture>,
    /// The wires.
    pub trails: Vec<Trail>,
    /// What travels.
    pub tokens: Vec<Token>,
    /// The calls' names.
    pub tags: Vec<Tag>,
    /// What the devices do.
    pub remarks: Vec<Remark>,
    /// What a gauge's cell is, where that is not a chunk.
    pub caption: Option<String>,
}
