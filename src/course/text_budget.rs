//! How much text a page has room for.
//!
//! The screens are laid out for these rooms: at 80x24 a page is complete, and at 120x36 its prose stands in a
//! column beside the figure.

use super::{fault::Position, prose};

/// A room for text: cells across and rows down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextBudget {
    /// Cells across.
    pub width: usize,
    /// Rows down.
    pub height: usize,
}

impl TextBudget {
    /// Rows of CommonMark with text in them, at this width: the gap between misconception and feedback is the screen's
    /// affair.
    pub(super) fn filled_rows(self, markdown: &str) -> usize {
        let rows = prose::lay_out(markdown, self.width);
        rows.iter().filter(|row| !row.spans.is_empty()).count()
    }
}

/// A room of so many cells and rows.
pub(super) const fn room(width: usize, height: usize) -> TextBudget {
    TextBudget { width, height }
}

/// Prose alone, beside a figure, or above a question: at 80x24.
pub const PROSE: TextBudget = room(66, 17);
/// Prose of a page with an experiment: guess, recorded figure and counters stand below it.
pub const LAB_PROSE: TextBudget = room(66, 8);
/// Prose beside a figure at 120x36.
pub const COLUMN: TextBudget = room(42, 29);
/// Prose beside an experiment at 120x36.
pub const LAB_COLUMN: TextBudget = room(42, 13);
/// What a question or prediction asks.
pub const QUESTION: TextBudget = room(66, 3);
/// An option, or a line to bring in order.
pub const OPTION: TextBudget = room(58, 1);
/// The left side of a pair.
pub const LEFT: TextBudget = room(26, 1);
/// The right side of a pair.
pub const RIGHT: TextBudget = room(30, 1);
/// A misconception and what answers it, without the empty row between them.
pub const REACTION: TextBudget = room(60, 4);

/// One hint, beside the word that marks it.
pub const HINT: TextBudget = room(60, 2);
/// What is said after a right answer.
pub const EXPLAIN: TextBudget = room(66, 3);
/// A kind of text inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// What a question or prediction asks.
    Text,
    /// An option, or a line to bring in order.
    Option,
    /// A line of code, shown as it stands.
    Line,
    /// The left side of a pair.
    Left,
    /// The right side of a pair.
    Right,
    /// A misconception and what answers it.
    Reaction,
    /// One step of the hints.
    Hint,
    /// What is said after a right answer.
    Explain,
}

impl TextKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            TextKind::Text => "the question",
            TextKind::Option => "the option",
            TextKind::Line => "the line",
            TextKind::Left => "the left side",
            TextKind::Right => "the right side",
            TextKind::Reaction => "misconception and feedback",
            TextKind::Hint => "the hint",
            TextKind::Explain => "the explanation",
        }
    }

    /// The room that it has.
    pub(super) fn room(self) -> TextBudget {
        match self {
            TextKind::Text => QUESTION,
            TextKind::Option | TextKind::Line => OPTION,
            TextKind::Left => LEFT,
            TextKind::Right => RIGHT,
            TextKind::Reaction => REACTION,
            TextKind::Hint => HINT,
            TextKind::Explain => EXPLAIN,
        }
    }
}

/// A text inside a block, where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What it is.
    pub kind: TextKind,
    /// The text, in CommonMark.
    pub markdown: String,
    /// Where its TOML value stands in the file.
    pub position: Position,
}
