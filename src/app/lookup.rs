//! Looking things up: the words of the glossary, and the search over all text.

use std::collections::HashSet;

use super::{Asked, Go, Key, Overlay, PageAt, Shared, TextInput, beside::asked};
use crate::course::{glossary, prose, search::Place, text_budget};

impl Shared {
    /// The words that an open page and its question use, in their order on it: indices into the glossary.
    pub(crate) fn page_words(&self, at: Option<PageAt>) -> Vec<usize> {
        let at = at.filter(|at| at.asked == Asked::InLesson);
        let Some(page) = at.and_then(|at| self.page_at(at)) else {
            return Vec::new();
        };
        let rows = prose::lay_out(&page.prose, text_budget::PROSE.width);
        let uses = glossary::uses_in(&self.material.words, &rows).into_iter();
        let mut words: Vec<usize> = uses.map(|found| found.word).collect();
        if let Some((question, _)) = at.and_then(|at| self.question_at(at)) {
            words.extend(glossary::words_in(&self.material.words, &asked(question)));
        }
        let mut seen = HashSet::new();
        words.retain(|word| seen.insert(*word));
        words
    }

    /// The words that are listed: those of the page, or all.
    pub(crate) fn listed_words(&self, at: Option<PageAt>, all: bool) -> Vec<usize> {
        match all {
            true => (0..self.material.words.len()).collect(),
            false => self.page_words(at),
        }
    }

    /// The words of the page; the whole glossary where it has none.
    pub(crate) fn open_words(&mut self, at: Option<PageAt>) {
        self.list_words(at, self.page_words(at).is_empty(), 0);
    }

    fn list_words(&mut self, at: Option<PageAt>, all: bool, chosen: usize) {
        self.overlay = Some(Overlay::Words {
            at: chosen,
            count: self.listed_words(at, all).len(),
            all,
            on_page: self.page_words(at).len(),
        });
    }

    pub(crate) fn open_word(&mut self, at: Option<PageAt>, word: usize) {
        let all = matches!(self.overlay, Some(Overlay::Words { all: true, .. }));
        let words = self.page_words(at);
        let on_page = words.iter().position(|used| *used == word);
        let last = self.material.words.len().saturating_sub(1);
        match on_page.filter(|_| !all) {
            Some(chosen) => self.list_words(at, false, chosen),
            None => self.list_words(at, true, word.min(last)),
        }
    }

    /// From the words of the page to the whole glossary and back, at the same word.
    pub(crate) fn turn_words(&mut self, at: Option<PageAt>) {
        let Some(Overlay::Words {
            at: chosen, all, ..
        }) = self.overlay
        else {
            return;
        };
        let chosen = self.listed_words(at, all).get(chosen).copied();
        let other = self.listed_words(at, !all);
        if !other.is_empty() {
            let place = other.iter().position(|word| Some(*word) == chosen);
            self.list_words(at, !all, place.unwrap_or(0));
        }
    }

    pub(crate) fn open_search(&mut self) {
        self.search.input = TextInput::default();
        self.search.read(&self.material);
        self.show_hits(0);
    }

    /// A key that writes what is searched for.
    pub(crate) fn type_in_search(&mut self, key: Key) {
        if self.search.input.press(key) {
            self.search.find();
            self.show_hits(0);
        }
    }

    fn show_hits(&mut self, at: usize) {
        let count = self.search.hits.len();
        self.overlay = Some(Overlay::Search {
            at: at.min(count.saturating_sub(1)),
            count,
        });
    }

    pub(crate) fn go_to_hit(&mut self, at: Option<PageAt>, hit: usize) {
        let Some(place) = self.search.hits.get(hit).map(|hit| hit.place) else {
            return;
        };
        self.overlay = None;
        match place {
            Place::Word(word) => self.open_word(at, word),
            Place::Card(card) => self.go = Some(Go::Card(card)),
            Place::Page { lesson, page } => {
                let at = PageAt::of(lesson, page);
                self.go = Some(Go::Page { at, found: true });
            }
        }
    }

    /// The lessons were read again: what is listed is listed anew.
    pub(crate) fn list_again(&mut self, at: Option<PageAt>) {
        match self.overlay {
            Some(Overlay::Search { at: chosen, .. }) => {
                self.search.read(&self.material);
                self.show_hits(chosen);
            }
            Some(Overlay::Words {
                at: chosen, all, ..
            }) => match self.listed_words(at, all).len().checked_sub(1) {
                Some(last) => self.list_words(at, all, chosen.min(last)),
                None => self.overlay = None,
            },
            _ => {}
        }
    }
}
