//! Wires as lines: which glyph each cell of one gets.

use super::layout::Cell;
use crate::figure::{EdgeView, Tone};
use crate::model::How;

pub(super) struct Line {
    across: &'static str,
    down: &'static str,
    /// Left upper, right upper, left lower, right lower corner.
    corners: [&'static str; 4],
    /// Leaving a box upward, downward, to the left, to the right.
    leaves: [&'static str; 4],
    /// Up, down, left, right.
    heads: [&'static str; 4],
}

const COPY: Line = Line {
    across: "━",
    down: "┃",
    corners: ["┏", "┓", "┗", "┛"],
    leaves: ["┸", "┰", "┥", "┝"],
    heads: ["▲", "▼", "◀", "▶"],
};
const DMA: Line = Line {
    across: "═",
    down: "║",
    corners: ["╔", "╗", "╚", "╝"],
    leaves: ["╨", "╥", "╡", "╞"],
    ..COPY
};
const REFERENCE: Line = Line {
    across: "┄",
    down: "┆",
    corners: ["╭", "╮", "╰", "╯"],
    leaves: ["┴", "┬", "┤", "├"],
    ..COPY
};
const GHOST: Line = Line {
    across: "╌",
    down: "╎",
    heads: ["△", "▽", "◁", "▷"],
    ..REFERENCE
};
impl Line {
    pub(super) fn of(view: &EdgeView) -> &'static Line {
        match (view.tone, view.how) {
            (Tone::Ghost, _) => &GHOST,
            (_, How::CpuCopy | How::Cipher | How::Unknown) => &COPY,
            (_, How::Dma) => &DMA,
            (_, How::Reference | How::Mapping) => &REFERENCE,
        }
    }

    pub(super) fn glyph(&self, cells: &[Cell], number: usize) -> &'static str {
        let cell = cells[number];
        let before = number.checked_sub(1);
        let before = before.map(|before| Direction::between(cells[before], cell));
        let after = cells.get(number + 1);
        let after = after.map(|after| Direction::between(cell, *after));
        self.piece(before, after)
    }

    /// The glyph between the direction from which a line comes and the one in which it goes on.
    fn piece(&self, before: Option<Direction>, after: Option<Direction>) -> &'static str {
        use Direction::{Down, Left, Right, Up};
        match (before, after) {
            (None, Some(after)) => self.leaves[after as usize],
            (Some(before), None) => self.heads[before as usize],
            (Some(Left | Right), Some(Left | Right)) => self.across,
            (Some(Up | Down), Some(Up | Down)) => self.down,
            (Some(Up), Some(Right)) | (Some(Left), Some(Down)) => self.corners[0],
            (Some(Up), Some(Left)) | (Some(Right), Some(Down)) => self.corners[1],
            (Some(Down), Some(Right)) | (Some(Left), Some(Up)) => self.corners[2],
            _ => self.corners[3],
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
    Left,
    Right,
}

impl Direction {
    fn between(from: Cell, to: Cell) -> Direction {
        use std::cmp::Ordering::{Greater, Less};
        match (to.0.cmp(&from.0), to.1.cmp(&from.1)) {
            (Greater, _) => Direction::Right,
            (Less, _) => Direction::Left,
            (_, Less) => Direction::Up,
            _ => Direction::Down,
        }
    }
}
