//! What reading one file finds: its faults, and what it names, each at its line and column.

use std::cell::RefCell;

use super::{
    fault::{Fault, Position},
    text_budget::{Placed, TextKind},
};
use crate::model::{is_obeyed, limits::FAULTS, visible};

/// A value and its byte offset in the file.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub value: T,
    pub offset: usize,
}

impl<T> At<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At {
            value: change(self.value),
            offset: self.offset,
        }
    }
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub name: String,
    pub position: Position,
}

/// What blocks name on the way, for the checks that need all of it.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Ids of questions, predictions and experiments.
    pub ids: Vec<Named>,
    pub figures: Vec<Named>,
    /// The questions whose answers pages declare to give.
    pub answers: Vec<Named>,
    /// Texts that must fit the screen, in the order in which they were read.
    pub texts: Vec<Placed>,
    /// The objectives that questions serve.
    pub served: Vec<At<String>>,
    /// A block could not be read: nobody knows what it serves.
    pub unread: bool,
}

/// Collects the faults and the notes of one file, and turns byte offsets into lines and columns.
pub(super) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    /// The characters before each [`STEP`] bytes of the text: a column is found without counting from the line's start.
    characters: Vec<usize>,
    faults: RefCell<Vec<Fault>>,
    pub notes: RefCell<Notes>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Report<'a> {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        let mut before = 0;
        let characters = text.as_bytes().chunks(STEP).map(|bytes| {
            let here = before;
            before += characters_in(bytes);
            here
        });
        let report = Report {
            file,
            text,
            line_starts: std::iter::once(0).chain(newlines).collect(),
            characters: characters.collect(),
            faults: RefCell::default(),
            notes: RefCell::default(),
        };
        if let Some((at, found)) = text.char_indices().find(|(_, c)| is_foreign(*c)) {
            let what = format!(
                "the character U+{:04X} would steer the terminal",
                u32::from(found)
            );
            report.fault(at, what, "take it out");
        }
        report
    }

    /// What was found, in the end: the faults by their place, each once.
    pub(super) fn finish(self) -> (Vec<Fault>, Notes) {
        let mut faults = self.faults.into_inner();
        if let Some(more) = faults.len().checked_sub(FAULTS).filter(|more| *more > 0) {
            faults.truncate(FAULTS);
            let place = faults.iter().map(|fault| (fault.line, fault.column)).max();
            let (line, column) = place.unwrap_or((1, 1));
            let what = format!("{more} more faults are not listed");
            let place = Position { line, column };
            faults.push(Fault::new(self.file, place, what, "mend these first"));
        }
        faults.sort();
        faults.dedup();
        (faults, self.notes.into_inner())
    }

    /// The place of a byte offset; an offset beyond the end, or inside a character, is moved back.
    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        Position {
            line,
            column: self.characters_before(offset) - self.characters_before(start) + 1,
        }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let step = (offset / STEP).min(self.characters.len().saturating_sub(1));
        let known = self.characters.get(step).copied().unwrap_or(0);
        known + characters_in(&self.text.as_bytes()[step * STEP..offset])
    }

    pub(super) fn fault(&self, offset: usize, what: impl Into<String>, advice: impl Into<String>) {
        self.fault_at(self.position(offset), what, advice);
    }

    fn fault_at(&self, at: Position, what: impl Into<String>, advice: impl Into<String>) {
        let (what, advice) = (one_line(what.into()), one_line(advice.into()));
        let fault = Fault::new(self.file, at, what, advice);
        self.faults.borrow_mut().push(fault);
    }

    /// A message of the form `what: what to do`, as `FromStr` of sizes, methods and queries gives it.
    pub(super) fn refused(&self, offset: usize, message: &str) {
        self.refused_at(self.position(offset), message);
    }

    /// The same, where the place is known by line and column.
    pub(super) fn refused_at(&self, position: Position, message: &str) {
        let parts = message.split_once(": ");
        let (what, advice) = parts.unwrap_or((message, "write another value"));
        self.fault_at(position, what, advice);
    }

    /// How many faults there are so far: a check compares before and after.
    pub(super) fn faults(&self) -> usize {
        self.faults.borrow().len()
    }

    pub(super) fn named(&self, name: &str, offset: usize) -> Named {
        Named {
            name: name.to_owned(),
            position: self.position(offset),
        }
    }

    /// A text that must fit the screen.
    pub(super) fn text(&self, kind: TextKind, text: &At<String>) {
        let placed = Placed {
            kind,
            markdown: text.value.clone(),
            position: self.position(text.offset),
        };
        self.notes.borrow_mut().texts.push(placed);
    }
}

/// Bytes between two places whose characters are counted beforehand.
const STEP: usize = 256;

/// Those that begin in these bytes of a UTF-8 text.
fn characters_in(bytes: &[u8]) -> usize {
    // Nearly all of it is, and that is told many bytes at a time.
    if bytes.is_ascii() {
        return bytes.len();
    }
    let is_first = |byte: &&u8| **byte & 0xc0 != 0x80;
    bytes.iter().filter(is_first).count()
}

/// Whether a character of a lesson's text would move a terminal's cursor or turn a line round.
pub(super) fn is_foreign(c: char) -> bool {
    is_obeyed(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// A fault is one line of a hundred words or so, whatever the text that it quotes.
fn one_line(text: String) -> String {
    const LONGEST: usize = 600;
    let parts = text.split(char::is_control);
    let parts: Vec<_> = parts.filter(|part| !part.trim().is_empty()).collect();
    let line = visible(&parts.join(" ")).into_owned();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
