//! Search over all that can be read: what is typed, what it finds, and the way there and back.

use super::{App, Effect, Key, Overlay, Screen, input::TextInput};
use crate::course::search::{Hit, Index, Place};

/// A search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What is looked for.
    pub input: TextInput,
    /// What was found.
    pub hits: Vec<Hit>,
    /// What can be found.
    pub index: Index,
}

impl App {
    /// Begins a search.
    pub(super) fn open_search(&mut self) {
        self.pause();
        self.search.input = TextInput::default();
        self.overlay = Some(Overlay::Search { at: 0, count: 0 });
        self.search_again();
    }

    /// Searches in what is there now.
    pub(super) fn search_again(&mut self) {
        if let Some(Overlay::Search { at, .. }) = self.overlay {
            let index = Index::new(&self.lessons, &self.figures, &self.cards, &self.words);
            self.search.hits = index.find(&self.search.input.text);
            self.search.index = index;
            let count = self.search.hits.len();
            let at = at.min(count.saturating_sub(1));
            self.overlay = Some(Overlay::Search { at, count });
        }
    }

    /// A key that writes: what is found follows.
    pub(super) fn type_in_search(&mut self, key: Key) {
        let Search { input, hits, index } = &mut self.search;
        if input.press(key) {
            *hits = index.find(&input.text);
            let count = hits.len();
            self.overlay = Some(Overlay::Search { at: 0, count });
        }
    }

    /// Goes where something was found. Esc leads back from there.
    pub(super) fn go_to_hit(&mut self, hit: usize) -> Vec<Effect> {
        let Some(place) = self.search.hits.get(hit).map(|hit| hit.place) else {
            return Vec::new();
        };
        self.overlay = None;
        match place {
            Place::Word(word) => self.open_word(word),
            Place::Card(card) => self.look_up_card(card),
            Place::Page { lesson, page } => {
                let from = (self.screen, self.lesson, self.page);
                let effects = self.open(lesson, page, Screen::Lesson);
                // From page to page by search, Esc leads back to the first one.
                if from.0 != Screen::Lesson || self.found_from.is_none() {
                    self.found_from = Some(from);
                }
                return effects;
            }
        }
        Vec::new()
    }

    /// Esc on a page: back to where it was found from, or to the course.
    pub(super) fn leave_page(&mut self) {
        let was_lesson = self.screen == Screen::Lesson;
        self.screen = Screen::Course;
        if let Some(from) = self.found_from.take().filter(|_| was_lesson) {
            (self.screen, self.lesson, self.page) = from;
            self.prepare(self.lesson, self.page);
        }
    }
}
