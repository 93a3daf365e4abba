//! A fault of a lesson or figure file, at its place, with what to do about it.

use std::fmt;

/// Something wrong in a file. Printed as `FILE:LINE:COLUMN: what: what to do`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub advice: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            file,
            line,
            column,
            what,
            advice,
        } = self;
        write!(f, "{file}:{line}:{column}: {what}: {advice}")
    }
}

/// A place in a file: line and column, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Collects the faults of one file and turns byte offsets into lines and columns.
pub(super) struct Reporter<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Reporter<'a> {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Reporter {
            file,
            text,
            line_starts: std::iter::once(0).chain(newlines).collect(),
            faults: Vec::new(),
        }
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

    pub(super) fn fault(
        &mut self,
        offset: usize,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.fault_at(self.position(offset), what, advice);
    }

    fn fault_at(
        &mut self,
        Position { line, column }: Position,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.faults.push(Fault {
            file: self.file.to_owned(),
            line,
            column,
            what: one_line(what.into()),
            advice: one_line(advice.into()),
        });
    }

    /// A message of the form `what: what to do`, as `FromStr` of sizes, methods and queries gives it.
    pub(super) fn refused(&mut self, offset: usize, message: &str) {
        self.refused_at(self.position(offset), message);
    }

    /// The same, where the place is known by line and column.
    pub(super) fn refused_at(&mut self, position: Position, message: &str) {
        let (what, advice) = message
            .split_once(": ")
            .unwrap_or((message, "write another value"));
        self.fault_at(position, what, advice);
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

/// The one of `names` that was probably meant by `typed`.
pub(super) fn nearest<'n>(
    typed: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let allowed = if typed.chars().count() < 4 { 1 } else { 2 };
    names
        .into_iter()
        .map(|name| (distance(typed, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| name)
}

/// How many characters must be inserted, removed or replaced to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let reporter = Reporter::new("f", "a\nµµ x\n");
        assert_eq!(reporter.position(0), Position { line: 1, column: 1 });
        assert_eq!(reporter.position(7), Position { line: 2, column: 4 });
        assert_eq!(reporter.position(3), Position { line: 2, column: 1 });
        assert_eq!(reporter.position(99), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_misspelt_word_finds_the_nearest() {
        assert_eq!(nearest("optoins", ["id", "options"]), Some("options"));
        assert_eq!(nearest("zebra", ["id", "options"]), None);
        assert_eq!(nearest("lba", ["lab", "quiz"]), None);
        assert_eq!(nearest("la", ["lab", "quiz"]), Some("lab"));
    }
}
