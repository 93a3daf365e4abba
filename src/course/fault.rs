//! A fault of a lesson or figure file, at its place, with what to do about it.

use std::fmt;

use crate::model::visible;

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

impl Fault {
    pub(crate) fn new(
        file: &str,
        Position { line, column }: Position,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Fault {
        Fault {
            file: file.to_owned(),
            line,
            column,
            what: what.into(),
            advice: advice.into(),
        }
    }
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
        let file = visible(file);
        write!(f, "{file}:{line}:{column}: {what}: {advice}")
    }
}

/// A place in a file: line and column, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// What to write instead of `typed`: the one of `names` that was probably meant, or else what `otherwise` says.
pub(super) fn instead<'n>(
    typed: &str,
    names: impl IntoIterator<Item = &'n str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    match nearest(typed, names) {
        Some(meant) => format!("did you mean {meant}?"),
        None => otherwise(),
    }
}

/// What is longer is no name that was mistyped.
const LONGEST_NAME: usize = 64;

/// The one of `names` that was probably meant by `typed`.
pub(super) fn nearest<'n>(
    typed: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let allowed = if typed.chars().count() < 4 { 1 } else { 2 };
    if typed.len() > LONGEST_NAME {
        return None;
    }
    let near = names.into_iter().filter(|name| name.len() <= LONGEST_NAME);
    let near = near.map(|name| (distance(typed, name), name));
    let (_, name) = near.filter(|(distance, _)| *distance <= allowed).min()?;
    Some(name)
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
