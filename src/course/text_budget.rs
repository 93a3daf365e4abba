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

/// A kind of text inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    Question,
    Option,
    /// A line of code, shown as it stands.
    Line,
    Left,
    Right,
    Reaction,
    Hint,
    Explain,
}

impl TextKind {
    /// Whether it is shown as it stands, without its marks of CommonMark.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, TextKind::Option | TextKind::Left | TextKind::Right)
    }

    /// What faults call it, and its room.
    pub(super) fn name_and_room(self) -> (&'static str, TextBudget) {
        match self {
            TextKind::Question => ("the question", QUESTION),
            TextKind::Option => ("the option", room(58, 1)),
            TextKind::Line => ("the line", room(58, 1)),
            TextKind::Left => ("the left side", room(26, 1)),
            TextKind::Right => ("the right side", room(30, 1)),
            // Without the empty row between the two.
            TextKind::Reaction => ("misconception and feedback", room(60, 4)),
            // Beside the word that marks it.
            TextKind::Hint => ("the hint", room(60, 2)),
            TextKind::Explain => ("the explanation", room(66, 3)),
        }
    }
}

/// A text inside a block, where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub kind: TextKind,
    /// In CommonMark.
    pub markdown: String,
    /// Where its TOML value stands in the file.
    pub position: Position,
}
