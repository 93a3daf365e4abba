//! Lessons that were edited while they are open: the new text in the old place. What has a fault keeps its last good text.

use std::{collections::HashMap, mem};

use super::{App, Effect, Material, Overlay, Purpose, RoundKind, Screen};
use crate::course::{Fault, card, parse};
use crate::course::{Lesson, Page, Target};
use crate::model::{Card, Method, Sink, Word};

/// A page, as (lesson, page).
type Place = (usize, usize);

impl App {
    /// Says the first fault of the lessons, until there is none.
    pub fn tell_faults(&mut self, faults: &[Fault]) {
        self.fault = faults.first().map(|first| match faults.len() - 1 {
            0 => first.to_string(),
            more => format!("{first} (and {more} more: zclab check tells)"),
        });
    }

    /// Takes lessons that were read again.
    pub(super) fn reload(&mut self, material: Material, faults: &[Fault]) -> Vec<Effect> {
        self.tell_faults(faults);
        let test = self.concept_test.clone();
        let old = self.take_lessons(material, faults);
        let same_test = same_targets(test.as_ref(), self.concept_test.as_ref());
        // Where each page is now that stands there still, and the one that is open.
        let moved = |(lesson, page): Place| -> Option<Place> {
            let before = old.get(lesson)?;
            let now = self
                .lessons
                .iter()
                .position(|lesson| lesson.id == before.id)?;
            Some((now, place_of(before, &self.lessons[now], page)?))
        };
        let same = |place: Place| -> Option<Place> {
            let now = moved(place)?;
            let is_same = same_target(
                &old[place.0].pages[place.1],
                &self.lessons[now.0].pages[now.1],
            );
            is_same.then_some(now)
        };
        let here = moved((self.lesson, self.page));
        let selected = moved((self.course.selected, 0));
        let from = self.found_from.and_then(|(screen, lesson, page)| {
            let (lesson, page) = moved((lesson, page))?;
            Some((screen, lesson, page))
        });
        let kept: HashMap<Place, Place> = self
            .pages
            .keys()
            .filter_map(|place| Some((*place, same(*place)?)))
            .collect();
        let asked: Vec<Option<Place>> = self
            .round
            .iter()
            .flat_map(|round| &round.items)
            .map(|item| same((item.lesson, item.page)))
            .collect();
        self.course.selected = selected.map_or(0, |(lesson, _)| lesson);
        for (place, state) in mem::take(&mut self.pages) {
            if let Some(now) = kept.get(&place) {
                self.pages.insert(*now, state);
            }
        }
        self.move_round(&asked, same_test);
        let mut effects = self.move_job(&kept);
        effects.extend(self.open_again(here));
        self.found_from = from;
        self.search_again();
        self.list_words_again();
        effects
    }

    /// Takes the new lessons and the new test, but keeps those that have a fault now. Gives the lessons before.
    fn take_lessons(&mut self, material: Material, faults: &[Fault]) -> Vec<Lesson> {
        let is_broken = |id: &str| {
            let of = |fault: &Fault| parse::name_of(&fault.file).is_some_and(|(_, of)| of == id);
            faults.iter().any(of)
        };
        let mut lessons = material.lessons;
        for old in &self.lessons {
            if is_broken(&old.id) && !lessons.iter().any(|new| new.id == old.id) {
                lessons.push(old.clone());
            }
        }
        lessons.sort_by_key(|lesson| lesson.number);
        let mut of_test = faults.iter().map(|fault| &fault.file);
        let broken_test = of_test.any(|file| file.ends_with("concept-test.md"));
        if material.concept_test.is_some() || !broken_test {
            self.concept_test = material.concept_test;
        }
        for (method, to, copies) in material.copies {
            let is_other = |known: &(Method, Sink, _)| (known.0, known.1) != (method, to);
            self.copies.retain(is_other);
            self.copies.push((method, to, copies));
        }
        self.take_cards(material.cards, faults);
        self.take_words(material.words);
        mem::replace(&mut self.lessons, lessons)
    }

    /// The same of the cards. The one that is chosen stays chosen.
    fn take_cards(&mut self, mut cards: Vec<Card>, faults: &[Fault]) {
        let is_broken = |name: &str| {
            let of = |fault: &Fault| card::name_of(&fault.file) == Some(name);
            faults.iter().any(of)
        };
        for old in &self.cards {
            if is_broken(&old.name) && !cards.iter().any(|new| new.name == old.name) {
                cards.push(old.clone());
            }
        }
        cards.sort_by(|a, b| a.name.cmp(&b.name));
        let chosen = self.card().cloned();
        let is_chosen = |one: &Card| chosen.as_ref().is_some_and(|card| card.name == one.name);
        let at = cards.iter().position(is_chosen);
        self.cards = cards;
        self.on_cards.selected = at.unwrap_or(0);
        self.on_cards.open &= at.is_some();
        if self.card() != chosen.as_ref() {
            (self.on_cards.row, self.on_cards.column) = (0, 0);
        }
    }

    /// The glossary. What lists other words now than are there is closed.
    fn take_words(&mut self, words: Vec<Word>) {
        let are_others = self.words != words;
        self.words = words;
        if are_others && matches!(self.overlay, Some(Overlay::Words { .. })) {
            self.overlay = None;
        }
    }

    /// The questions of a review move with their pages; those that are other questions now are not asked. A test that
    /// was edited is over.
    fn move_round(&mut self, asked: &[Option<Place>], same_test: bool) {
        let Some(mut round) = self.round.take() else {
            return;
        };
        if let RoundKind::Test(_) = round.kind {
            match same_test {
                true => self.round = Some(round),
                false => self.leave(|screen| *screen == Screen::Round),
            }
            return;
        }
        let before = asked.iter().take(round.at).flatten().count();
        let mut places = asked.iter();
        round.items.retain_mut(|item| match places.next() {
            Some(Some((lesson, page))) => {
                (item.lesson, item.page) = (*lesson, *page);
                true
            }
            _ => false,
        });
        round.at = before;
        self.round = Some(round);
        if self.screen == Screen::Round {
            self.show_item();
        }
    }

    /// Leads to the course what would lead to screens that are not there any more.
    fn leave(&mut self, is_gone: impl Fn(&Screen) -> bool) {
        let screens = [
            &mut self.screen,
            &mut self.before_lab,
            &mut self.before_experiments,
            &mut self.on_cards.before,
        ];
        for screen in screens.into_iter().filter(|screen| is_gone(screen)) {
            *screen = Screen::Course;
        }
    }

    /// An experiment goes on for the page that it was started on; one whose page is gone is stopped.
    fn move_job(&mut self, kept: &HashMap<Place, Place>) -> Vec<Effect> {
        let Some(Purpose::Page { lesson, page } | Purpose::Mark { lesson, page }) =
            self.job.as_mut().map(|job| &mut job.purpose)
        else {
            return Vec::new();
        };
        match kept.get(&(*lesson, *page)) {
            Some(now) => {
                (*lesson, *page) = *now;
                Vec::new()
            }
            None => {
                self.job = None;
                vec![Effect::Cancel]
            }
        }
    }

    /// The page that was open is open again, wherever it is now; else the course is.
    fn open_again(&mut self, here: Option<Place>) -> Vec<Effect> {
        if self.screen == Screen::Round {
            return Vec::new();
        }
        let is_page = |screen: &Screen| matches!(screen, Screen::Lesson | Screen::Quiz);
        let Some((lesson, page)) = here else {
            self.leave(is_page);
            (self.lesson, self.page) = (0, 0);
            return Vec::new();
        };
        self.prepare(lesson, page);
        let moved = (self.lesson, self.page) != (lesson, page);
        (self.lesson, self.page) = (lesson, page);
        if is_page(&self.screen) {
            self.course.selected = lesson;
        }
        match moved && self.screen == Screen::Lesson {
            true => vec![self.visit(lesson, page)],
            false => Vec::new(),
        }
    }
}

/// Where a page of a lesson is in another text of it: by its title, the nearest of several; else by its number. None where
/// the lesson has no page now.
fn place_of(before: &Lesson, now: &Lesson, page: usize) -> Option<usize> {
    let title = &before.pages.get(page)?.title;
    let titled = (0..now.pages.len()).filter(|at| now.pages[*at].title == *title);
    let last = now.pages.len().checked_sub(1)?;
    Some(
        titled
            .min_by_key(|at| at.abs_diff(page))
            .unwrap_or(page.min(last)),
    )
}

/// Whether two texts of a test ask the same.
fn same_targets(before: Option<&Lesson>, now: Option<&Lesson>) -> bool {
    let (Some(before), Some(now)) = (before, now) else {
        return before.is_none() && now.is_none();
    };
    let mut pages = before.pages.iter().zip(&now.pages);
    before.pages.len() == now.pages.len() && pages.all(|(before, now)| same_target(before, now))
}

/// Whether what stands beside the text is the same: then it stays as far as the learner has got with it.
fn same_target(before: &Page, now: &Page) -> bool {
    match (&before.target, &now.target) {
        (Some(Target::Question(before)), Some(Target::Question(now))) => before.is_like(now),
        (before, now) => before == now,
    }
}
