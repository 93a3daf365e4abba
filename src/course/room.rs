//! How much text a page has room for, and what does not fit.

use super::{
    catalogue::Catalogue,
    fault::{Fault, Position},
};

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

/// Reads a course as [`Catalogue::parse`] does, and adds what does not fit the screen to its faults.
pub fn check(files: &[(&str, &str)], figures: &[(&str, &str)]) -> (Catalogue, Vec<Fault>) {
    let (catalogue, _parsed, faults) = Catalogue::parse_all(files, figures);
    (catalogue, faults)
}
