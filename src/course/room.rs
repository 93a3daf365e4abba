//! How much text a page has room for, and what does not fit.
//!
//! The screens are laid out for these rooms: at 80x24 a page is complete, and at 120x36 its prose stands in a
//! column beside the figure.

use crate::course::{Page, Reaction, Target};

use super::{
    catalogue::Catalogue,
    fault::{Fault, Position},
    parse::Parsed,
    prose,
};

/// A room for text: cells across and rows down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Cells across.
    pub width: usize,
    /// Rows down.
    pub height: usize,
}

const fn room(width: usize, height: usize) -> Room {
    Room { width, height }
}

/// Prose alone, beside a figure, or above a question: at 80x24.
pub const PROSE: Room = room(66, 17);
/// Prose of a page with an experiment: guess, recorded figure and counters stand below it.
pub const LAB_PROSE: Room = room(66, 8);
/// Prose beside a figure at 120x36.
pub const COLUMN: Room = room(42, 29);
/// Prose beside an experiment at 120x36.
pub const LAB_COLUMN: Room = room(42, 13);
/// What a question or prediction asks.
pub const QUESTION: Room = room(66, 3);
/// An option, or a line to bring in order.
pub const OPTION: Room = room(58, 1);
/// The left side of a pair.
pub const LEFT: Room = room(26, 1);
/// The right side of a pair.
pub const RIGHT: Room = room(30, 1);
/// A misconception and what answers it, without the empty row between them.
pub const REACTION: Room = room(60, 4);

/// One hint, beside the word that marks it.
pub const HINT: Room = room(60, 2);
/// What is said after a right answer.
pub const EXPLAIN: Room = room(66, 3);
/// Prose of a page with an experiment and what is said after its run, together: the figures stand below both.
const AFTER_RUN: [(Room, &str); 2] = [(room(66, 10), "80x24"), (room(42, 15), "120x36")];

/// The rooms that a page's prose must fit, each with the screen that has it.
fn rooms(page: &Page) -> &'static [(Room, &'static str)] {
    match &page.target {
        Some(Target::Lab(_) | Target::Trial(_)) => &[(LAB_PROSE, "80x24"), (LAB_COLUMN, "120x36")],
        Some(Target::Figure(_)) => &[(PROSE, "80x24"), (COLUMN, "120x36")],
        Some(Target::Question(_)) | None => &[(PROSE, "80x24")],
    }
}

/// A kind of text inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
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

impl Piece {
    fn name(self) -> &'static str {
        match self {
            Piece::Text => "the question",
            Piece::Option => "the option",
            Piece::Line => "the line",
            Piece::Left => "the left side",
            Piece::Right => "the right side",
            Piece::Reaction => "misconception and feedback",
            Piece::Hint => "the hint",
            Piece::Explain => "the explanation",
        }
    }

    fn room(self) -> Room {
        match self {
            Piece::Text => QUESTION,
            Piece::Option | Piece::Line => OPTION,
            Piece::Left => LEFT,
            Piece::Right => RIGHT,
            Piece::Reaction => REACTION,
            Piece::Hint => HINT,
            Piece::Explain => EXPLAIN,
        }
    }
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

/// Reads a course as [`Catalogue::parse`] does, and adds to its faults what does not fit the screen, and what the
/// form of questions gives away.
pub fn check(files: &[(&str, &str)], figures: &[(&str, &str)]) -> (Catalogue, Vec<Fault>) {
    let (catalogue, parsed, mut faults) = Catalogue::parse_all(files, figures);
    for (file, parsed) in &parsed {
        faults.extend(overflows(file, parsed));
        faults.extend(super::lint::lint(file, parsed));
    }
    faults.sort();
    (catalogue, faults)
}

/// Every text of a file that is too long for its room: a page's at the first line that does not fit, a block's
/// at its place.
fn overflows(file: &str, parsed: &Parsed) -> Vec<Fault> {
    let fault = |position: Position, what: String, advice: &str| Fault {
        file: file.to_owned(),
        line: position.line,
        column: position.column,
        what,
        advice: advice.to_owned(),
    };
    let mut faults = Vec::new();
    for (page, lines) in parsed.lesson.pages.iter().zip(&parsed.prose_lines) {
        if let Some((line, rows, room, screen)) = page_overflow(page, lines) {
            let what = format!(
                "the page does not fit {screen}: {rows} rows of {} cells, and there is room for {}",
                room.width, room.height
            );
            let position = Position { line, column: 1 };
            faults.push(fault(position, what, "shorten it, or begin a page by ---"));
        }
        for (position, what) in after_run(page, &parsed.texts) {
            faults.push(fault(position, what, "shorten it, or the page's text"));
        }
    }
    for text in &parsed.texts {
        let room = text.piece.room();
        let rows = match text.piece {
            Piece::Line => prose::width(&text.markdown).div_ceil(room.width),
            _ => filled_rows(&text.markdown, room.width),
        };
        if rows > room.height {
            let what = format!(
                "{} takes {rows} rows of {} cells, and there is room for {}",
                text.piece.name(),
                room.width,
                room.height
            );
            faults.push(fault(text.position, what, "shorten it"));
        }
    }
    faults
}

/// The first line of the file that does not fit, how many rows there are, and which room of which screen it is.
fn page_overflow(page: &Page, lines: &[usize]) -> Option<(usize, usize, Room, &'static str)> {
    rooms(page).iter().find_map(|(room, screen)| {
        let rows = prose::lay_out(&page.prose, room.width);
        let first = rows.get(room.height)?;
        let line = first
            .source
            .saturating_sub(1)
            .min(lines.len().checked_sub(1)?);
        Some((lines[line], rows.len(), *room, *screen))
    })
}

/// Rows with text in them: the gap between misconception and feedback is the screen's affair.
fn filled_rows(markdown: &str, width: usize) -> usize {
    let rows = prose::lay_out(markdown, width);
    rows.iter().filter(|row| !row.spans.is_empty()).count()
}

/// What is said after a page's run and leaves no room for the run's figures: where it stands, and what is wrong.
fn after_run(page: &Page, texts: &[Placed]) -> Vec<(Position, String)> {
    let Some(predict) = page.predict() else {
        return Vec::new();
    };
    let reactions = predict.reactions().into_iter().map(Reaction::markdown);
    let said: Vec<_> = reactions.chain([predict.explain.clone()]).collect();
    let said = texts.iter().filter(|text| said.contains(&text.markdown));
    said.filter_map(|text| {
        let too_long = AFTER_RUN.iter().find_map(|(room, screen)| {
            let left = room
                .height
                .saturating_sub(prose::lay_out(&page.prose, room.width).len());
            let rows = filled_rows(&text.markdown, room.width);
            (rows > left).then(|| {
                format!(
                    "{} takes {rows} rows of {} cells after the run, and the page's text leaves {left} at {screen}",
                    text.piece.name(),
                    room.width
                )
            })
        });
        Some((text.position, too_long?))
    })
    .collect()
}
