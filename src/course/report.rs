//! What reading one file finds: its faults, and what it names, each at its line and column.

use std::cell::RefCell;

use super::{
    fault::{Fault, Position},
    text_budget::{Placed, TextKind},
};

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub name: String,
    pub position: Position,
}

/// What blocks name on the way, for the checks that need all of it.
#[derive(Clone, Default)]
pub(super) struct Notes {
    /// Ids of questions, predictions and experiments.
    pub ids: Vec<Named>,
    pub figures: Vec<Named>,
    pub texts: Vec<Placed>,
    /// The objectives that questions serve, each with its byte offset.
    pub served: Vec<(String, usize)>,
    /// A block could not be read: nobody knows what it serves.
    pub unread: bool,
}

/// Collects the faults and the notes of one file, and turns byte offsets into lines and columns.
pub(super) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    faults: RefCell<Vec<Fault>>,
    notes: RefCell<Notes>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Report<'a> {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Report {
            file,
            text,
            line_starts: std::iter::once(0).chain(newlines).collect(),
            faults: RefCell::default(),
            notes: RefCell::default(),
        }
    }

    /// What was found, in the end: the faults by their place, each once.
    pub(super) fn finish(self) -> (Vec<Fault>, Notes) {
        let mut faults = self.faults.into_inner();
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
            column: self.text[start..offset].chars().count() + 1,
        }
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
        let (what, advice) = message
            .split_once(": ")
            .unwrap_or((message, "write another value"));
        self.fault_at(position, what, advice);
    }

    /// How many faults there are so far: a check compares before and after.
    pub(super) fn faults(&self) -> usize {
        self.faults.borrow().len()
    }

    pub(super) fn id(&self, id: &str, offset: usize) {
        let position = self.position(offset);
        let name = id.to_owned();
        self.notes.borrow_mut().ids.push(Named { name, position });
    }

    pub(super) fn figure(&self, figure: &str, offset: usize) {
        let position = self.position(offset);
        let name = figure.to_owned();
        let mut notes = self.notes.borrow_mut();
        notes.figures.push(Named { name, position });
    }

    pub(super) fn serve(&self, objective: &str, offset: usize) {
        let mut notes = self.notes.borrow_mut();
        notes.served.push((objective.to_owned(), offset));
    }

    pub(super) fn unread(&self) {
        self.notes.borrow_mut().unread = true;
    }

    /// A text that must fit the screen.
    pub(super) fn text(&self, kind: TextKind, markdown: &str, offset: usize) {
        let placed = Placed {
            kind,
            markdown: markdown.to_owned(),
            position: self.position(offset),
        };
        self.notes.borrow_mut().texts.push(placed);
    }

    /// How many texts there are so far.
    pub(super) fn texts(&self) -> usize {
        self.notes.borrow().texts.len()
    }

    /// The texts from the `first` on, in the order in which they were read.
    pub(super) fn texts_from(&self, first: usize) -> Vec<Placed> {
        self.notes.borrow().texts[first..].to_vec()
    }

    /// Replaces these texts by what the screen will show of them.
    pub(super) fn fill(&self, first: usize, shown: &dyn Fn(&str) -> String) {
        for text in &mut self.notes.borrow_mut().texts[first..] {
            text.markdown = shown(&text.markdown);
        }
    }

    pub(super) fn notes(&self) -> Notes {
        self.notes.borrow().clone()
    }
}

/// A fault is one line, whatever the text that it quotes.
fn one_line(text: String) -> String {
    if text.chars().any(char::is_control) {
        text.split(char::is_control)
            .filter(|part| !part.trim().is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    } else {
        text
    }
}
