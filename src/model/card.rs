//! Reference cards and the glossary as plain data: what `course` makes of their Markdown files, and what `zclab card
//! --json` prints.

use serde::{Serialize, Serializer};

use super::Arrow;

/// A reference card: one file of `lessons/cards`, named `NAME.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    #[serde(flatten, serialize_with = "or_empty")]
    pub table: Option<CardTable>,
    /// Further words, in CommonMark. May be empty.
    #[serde(rename = "text")]
    pub body: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CardTable {
    pub columns: Vec<String>,
    pub rows: Vec<CardRow>,
}

/// What is compared, and a cell for each column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardRow {
    pub what: String,
    pub cells: Vec<String>,
}

/// In JSON every card has columns and rows.
fn or_empty<S: Serializer>(table: &Option<CardTable>, to: S) -> Result<S::Ok, S::Error> {
    match table {
        Some(table) => table.serialize(to),
        None => CardTable::default().serialize(to),
    }
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
