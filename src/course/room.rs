//! How much text a page has room for, and what does not fit.

use super::fault::Position;

/// A kind of text inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// What a question or prediction asks.
    Text,
    /// An option, or a line to bring in order.
    Option,
    /// A misconception and what answers it.
    Reaction,
}

/// A text inside a block, where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What it is.
    pub piece: Piece,
    /// The text, in CommonMark.
    pub markdown: String,
    /// Where its TOML value stands in the file.
    pub position: Position,
}
