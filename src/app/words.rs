//! The words of the glossary: those that the open page uses, and the overlay that says what they mean.

use super::{App, Overlay, Screen};
use crate::course::{glossary, prose, text_budget};

impl App {
    /// The words that the open page uses, in the order of their first use.
    pub fn page_words(&self) -> Vec<usize> {
        let is_page = matches!(self.screen, Screen::Lesson | Screen::Quiz);
        let lesson = self.open_lesson().filter(|_| is_page);
        let Some(page) = lesson.and_then(|lesson| lesson.pages.get(self.page)) else {
            return Vec::new();
        };
        let rows = prose::lay_out(&page.prose, text_budget::PROSE.width);
        let mut words: Vec<usize> = glossary::uses_in(&self.words, &rows)
            .into_iter()
            .map(|found| found.word)
            .collect();
        words.dedup();
        words
    }

    /// The words that are listed: the page's, or the whole glossary.
    pub fn listed_words(&self, all: bool) -> Vec<usize> {
        match all {
            true => (0..self.words.len()).collect(),
            false => self.page_words(),
        }
    }

    /// Opens the words of the page; the glossary where it uses none.
    pub(super) fn open_words(&mut self) {
        self.pause();
        self.list_words(self.page_words().is_empty(), 0);
    }

    fn list_words(&mut self, all: bool, at: usize) {
        let count = self.listed_words(all).len();
        self.overlay = Some(Overlay::Words { at, count, all });
    }

    /// The page was edited: it may use other words.
    pub(super) fn list_words_again(&mut self) {
        if let Some(Overlay::Words { at, all, .. }) = self.overlay {
            match self.listed_words(all).len().checked_sub(1) {
                Some(last) => self.list_words(all, at.min(last)),
                None => self.overlay = None,
            }
        }
    }

    /// Opens the meaning of one word: among those of the page if it is one of them and they are listed.
    pub(super) fn open_word(&mut self, word: usize) {
        self.pause();
        let all = matches!(self.overlay, Some(Overlay::Words { all: true, .. }));
        let on_page = self.page_words().iter().position(|used| *used == word);
        match on_page.filter(|_| !all) {
            Some(at) => self.list_words(false, at),
            None => self.list_words(true, word.min(self.words.len().saturating_sub(1))),
        }
    }

    /// From the page's words to the whole glossary and back; the chosen word stays where it is in both.
    pub(super) fn turn_words(&mut self) {
        let Some(Overlay::Words { at, all, .. }) = self.overlay else {
            return;
        };
        let chosen = self.listed_words(all).get(at).copied();
        let other = self.listed_words(!all);
        if !other.is_empty() {
            let at = other.iter().position(|word| Some(*word) == chosen);
            self.list_words(!all, at.unwrap_or(0));
        }
    }
}
