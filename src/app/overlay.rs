//! What can lie over a page: help, the source, the calls, the words, a search. Each scrolls.

use super::Command;

/// An overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys and the marks; the first row shown.
    Help {
        /// The first row shown.
        top: usize,
    },
    /// The whole source of the method.
    Source {
        /// The first line shown.
        top: usize,
    },
    /// The list of all calls.
    Calls {
        /// The chosen call.
        at: usize,
        /// How many there are.
        count: usize,
    },
    /// What words mean.
    Words {
        /// The chosen one, among those that are listed.
        at: usize,
        /// How many are listed.
        count: usize,
        /// The whole glossary is listed, not the words of the page alone.
        all: bool,
    },
    /// A search.
    Search {
        /// The chosen one of what was found.
        at: usize,
        /// How much was found.
        count: usize,
    },
}

/// How far a page key goes.
const PAGE: usize = 10;

impl Overlay {
    /// A key that moves in it; `room`: how far it can scroll.
    pub fn scroll(&mut self, command: Command, room: usize) {
        let (at, last) = match self {
            Overlay::Help { top } | Overlay::Source { top } => (top, room),
            Overlay::Calls { at, count }
            | Overlay::Words { at, count, .. }
            | Overlay::Search { at, count } => (at, count.saturating_sub(1)),
        };
        *at = match command {
            Command::Up => at.saturating_sub(1),
            Command::Down => *at + 1,
            Command::PageUp => at.saturating_sub(PAGE),
            Command::PageDown => *at + PAGE,
            Command::First => 0,
            Command::Last => last,
            _ => *at,
        }
        .min(last);
    }
}
