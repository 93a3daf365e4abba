//! Reference cards and the glossary as plain data: what `course` makes of their Markdown files.

use super::Arrow;

/// A reference card: one file of `lessons/cards`, named `NAME.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What it is found by: the file's name.
    pub name: String,
    pub title: String,
    /// The prototype, line by line.
    pub signature: Vec<String>,
    /// Where the bytes go, hop by hop.
    pub path: Vec<Arrow>,
    /// How many copies, calls, mode switches.
    pub counts: Vec<String>,
    pub conditions: Vec<String>,
    pub pitfalls: Vec<String>,
    pub since: Vec<String>,
    /// Man pages, documents, commits that say so.
    pub sources: Vec<String>,
    /// The same thing on several systems, side by side.
    pub table: Option<CardTable>,
    /// Further words, in CommonMark. May be empty.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTable {
    pub columns: Vec<String>,
    /// The rows: what is compared, and a cell for each column.
    pub rows: Vec<(String, Vec<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word, then its other forms: `mode switch`, `mode switches`.
    pub forms: Vec<String>,
    /// What it means, in CommonMark.
    pub text: String,
    /// The line of the file on which it starts, from 1.
    pub line: usize,
}

impl Word {
    /// The word itself.
    pub fn name(&self) -> &str {
        self.forms.first().map_or("", String::as_str)
    }
}
