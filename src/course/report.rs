//! What reading one file finds: its faults, and what it names, each at its line and column.

use std::cell::RefCell;

use super::{
    fault::{Fault, Position},
    text_budget::{Placed, TextKind},
};

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
    faults: RefCell<Vec<Fault>>,
    pub notes: RefCell<Notes>,
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

/// A fault is one line, whatever the text that it quotes.
fn one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let parts = text.split(char::is_control);
    let parts: Vec<_> = parts.filter(|part| !part.trim().is_empty()).collect();
    parts.join(" ")
}
