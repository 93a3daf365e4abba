//! What can lie over a screen: help, the source, the calls, the words, a search. Each scrolls.

use super::Command;

/// What lies over a screen, and how far it is scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys and the marks.
    Help {
        /// First row that is shown.
        top: usize,
    },
    /// The whole source.
    Source {
        /// First row that is shown.
        top: usize,
        /// Whether the same in C is shown; none where there is no C.
        c: Option<bool>,
    },
    /// All calls.
    Calls {
        /// The chosen call.
        at: usize,
        /// How many there are.
        count: usize,
    },
    /// The words of the page, or the whole glossary.
    Words {
        /// The chosen word.
        at: usize,
        /// How many are listed.
        count: usize,
        /// The whole glossary.
        all: bool,
        /// How many the page has.
        on_page: usize,
    },
    /// How the room of a class is joined.
    JoinCode {
        /// First row that is shown.
        top: usize,
    },
    /// A search over all text.
    Search {
        /// The chosen hit.
        at: usize,
        /// How many there are.
        count: usize,
    },
}

impl Overlay {
    /// A command that moves.
    pub(crate) fn scroll(&mut self, command: Command, room: usize) {
        let (at, last) = match self {
            Overlay::Help { top } | Overlay::JoinCode { top } | Overlay::Source { top, .. } => {
                (top, room)
            }
            Overlay::Calls { at, count }
            | Overlay::Words { at, count, .. }
            | Overlay::Search { at, count } => (at, count.saturating_sub(1)),
        };
        *at = at.saturating_add_signed(command.rows()).min(last);
    }
}
