//! What the screen shows of a question, as data: lines with roles, and what a click on them means.

use super::{
    draft::Draft,
    verdict::{Reaction, Verdict},
};

/// What a view is made from.
pub struct Shown<'a> {
    pub draft: &'a Draft,
    pub verdict: Option<&'a Verdict>,
    /// The right answer is shown.
    pub explained: bool,
    /// The answer waits for the run that marks it.
    pub waiting: bool,
    /// The screen has room for empty rows.
    pub roomy: bool,
}

impl Shown<'_> {
    pub(super) fn reaction(&self) -> Option<&Reaction> {
        self.verdict?.reaction.as_ref()
    }
}

/// Beside what is selected, until it is given.
pub(super) const COMMITS: &str = "Enter answers ";

#[derive(Default)]
pub struct View {
    pub lines: Vec<Line>,
    /// The line whose end must be on the screen.
    pub focus: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it is: between columns.
    None,
    Text,
    Dim,
    Strong,
    Accent,
    /// Strong, in the accent's colour.
    Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    /// The option or line of that number, from 0.
    Option(usize),
    /// The right side of that number, from 0.
    Partner(usize),
}

/// A line of a view. Texts are folded to the screen's width, rows are not.
pub enum Line {
    Blank,
    Text(String, Tone),
    Numbered(usize, String),
    Reaction(Reaction),
    Columns(Columns),
    /// A field for a number, with its name and what it counts.
    Field {
        /// `answer`.
        name: &'static str,
        input: String,
        /// `calls`.
        unit: String,
    },
    /// A scale with the number on it that is typed.
    Scale {
        ends: (f64, f64),
        input: String,
    },
}

#[derive(Default)]
pub struct Columns {
    pub cells: Vec<(String, Tone)>,
    /// What stands at the right edge.
    pub right: &'static str,
    pub marked: bool,
    pub click: Option<Click>,
    /// What a click means from that column on.
    pub spot: Option<(usize, Click)>,
}

impl View {
    pub(super) fn blank(&mut self, wanted: bool) {
        if wanted {
            self.lines.push(Line::Blank);
        }
    }

    pub(super) fn text(&mut self, text: &str, tone: Tone) {
        self.lines.push(Line::Text(text.to_owned(), tone));
    }

    pub(super) fn row(&mut self, row: Columns, focused: bool) {
        if focused {
            self.focus = Some(self.lines.len());
        }
        self.lines.push(Line::Columns(row));
    }

    /// What to do, as long as nothing is said to the answer.
    pub(super) fn instruction(&mut self, shown: &Shown, text: &str) {
        if shown.verdict.is_none() {
            self.text(text, Tone::Dim);
            self.blank(shown.roomy);
        }
    }

    /// An option or a line, behind its mark and number.
    pub(super) fn option(&mut self, index: usize, text: &str, mark: &str, marked: bool) -> Columns {
        let (number, tone) = match marked {
            true => (Tone::Mark, Tone::Strong),
            false => (Tone::Strong, Tone::Text),
        };
        Columns {
            cells: vec![
                (format!("{mark:3}"), Tone::Mark),
                (format!("{}", index + 1), number),
                ("  ".to_owned(), Tone::Text),
                (text.to_owned(), tone),
            ],
            right: "",
            marked,
            click: Some(Click::Option(index)),
            spot: None,
        }
    }

    /// What is said to a wrong answer, under what shows it.
    pub(super) fn reaction(&mut self, reaction: &Reaction) {
        self.lines.push(Line::Reaction(reaction.clone()));
        self.focus = Some(self.lines.len() - 1);
    }

    /// Right or not yet, and what is said to it.
    pub(super) fn judged(&mut self, verdict: &Verdict) {
        let (right, not_yet) = ("✓ right", "✗ not yet");
        self.text(if verdict.right { right } else { not_yet }, Tone::Strong);
        if let Some(reaction) = &verdict.reaction {
            self.reaction(reaction);
        }
        self.focus = Some(self.lines.len() - 1);
    }

    /// The same, below an empty row; nothing where no answer was judged.
    pub(super) fn judged_below(&mut self, shown: &Shown) {
        if let Some(verdict) = shown.verdict {
            self.blank(true);
            self.judged(verdict);
        }
    }
}
