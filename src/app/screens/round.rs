//! A round of questions, asked one after the other away from their pages: what is due for review, or the concept test.

use super::{
    page::{self, Then},
    prelude::*,
};
use crate::course::concept::Sitting;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoundKind {
    Review,
    Test(Sitting),
}

/// A round of questions.
#[derive(Clone, Debug)]
pub struct RoundScreen {
    pub(crate) kind: RoundKind,
    /// The questions, in their order.
    pub items: Vec<RoundItem>,
    /// The one that is asked; at the end, how it went.
    pub(crate) place: usize,
    /// The questions are asked; before that, a test says what it is.
    pub(crate) begun: bool,
}

/// A question of a round.
#[derive(Clone, Copy, Debug)]
pub struct RoundItem {
    /// Where it stands.
    pub at: PageAt,
    /// Whether the first answer to it was right, once it is given.
    pub(crate) first: Option<bool>,
}

#[rustfmt::skip]
const KEYS: &[KeyRow<RoundScreen>] = &[
    row(&[(Enter, Command::Confirm), (Char(' '), Command::Confirm), (Char('n'), Command::Confirm)], ["Enter", "begin", "begin the test"], Page, |_, on| on.is_introduced()),
    row(&[(Char('v'), Command::Review)], ["v", "review", "the questions that are due for review"], Page, has_due),
    row(&[(Enter, Command::Back), (Char('n'), Command::Back), (Char('b'), Command::Previous)], ["Enter", "to the course", "to the course"], Page, |_, on| on.is_over()),
];

fn has_due(app: &Shared, on: &RoundScreen) -> bool {
    on.is_over() && on.kind == RoundKind::Review && !app.due().is_empty()
}

impl RoundScreen {
    /// What is due for review.
    pub(crate) fn review(app: &mut Shared) -> RoundScreen {
        let due = app.due().into_iter();
        let at = due.map(|(lesson, page)| PageAt {
            lesson,
            page,
            asked: Asked::Review,
        });
        RoundScreen::begin(app, RoundKind::Review, at.collect())
    }

    /// The concept test, as far as it is not answered.
    pub(crate) fn test(app: &mut Shared) -> RoundScreen {
        let sitting = app.sitting();
        let open = app.left_open(sitting).into_iter();
        let at = open.map(|page| PageAt {
            lesson: 0,
            page,
            asked: Asked::Test(sitting),
        });
        RoundScreen::begin(app, RoundKind::Test(sitting), at.collect())
    }

    fn begin(app: &mut Shared, kind: RoundKind, places: Vec<PageAt>) -> RoundScreen {
        app.pages.retain(|at, _| at.asked == Asked::InLesson);
        app.display.show(Pane::Text);
        let items = places.into_iter().filter(|at| app.prepare(*at));
        let items: Vec<_> = items.map(|at| RoundItem { at, first: None }).collect();
        RoundScreen {
            begun: kind == RoundKind::Review || items.is_empty(),
            kind,
            items,
            place: 0,
        }
    }

    /// Whether it says what it is, before the first question.
    pub(crate) fn is_introduced(&self) -> bool {
        !self.begun
    }

    pub(crate) fn is_over(&self) -> bool {
        self.begun && self.place >= self.items.len()
    }

    /// How many were first answered rightly, wrongly, or not at all.
    pub(crate) fn count(&self, right: Option<bool>) -> usize {
        self.items.iter().filter(|item| item.first == right).count()
    }

    fn turn(&mut self, app: &mut Shared, by: isize) {
        if let (Some(at), 1..) = (self.at(), by) {
            app.pass(at);
        }
        app.display.show(Pane::Text);
        match self.place.checked_add_signed(by) {
            Some(place) if place <= self.items.len() => self.place = place,
            _ => app.go = Some(Go::Course(None)),
        }
    }

    fn then(&mut self, app: &mut Shared, then: Then) {
        match then {
            Then::Stay => {}
            Then::Turn => self.turn(app, 1),
            Then::Answered(right) => self.answered(app, right),
        }
    }
}

impl ScreenState for RoundScreen {
    fn name(&self) -> &'static str {
        "questions"
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        keys.add(KEYS, app, self);
        match self.is_over() || self.is_introduced() {
            true => tables::add(keys, app, self, &[PLAYBACK, SCROLL]),
            false => page::keys(app, self, keys),
        }
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        match (command, self.at()) {
            (Command::Confirm, None) if self.is_introduced() => self.begun = true,
            (Command::Next, _) => self.turn(app, 1),
            (Command::Previous, _) => self.turn(app, -1),
            (Command::Review, _) => app.go = Some(Go::Review),
            (_, Some(at)) => {
                let then = page::update(app, at, command);
                self.then(app, then);
            }
            (_, None) => app.display.scroll_by(command.rows()),
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        if let Some(at) = self.at() {
            let then = page::click(app, at, click);
            self.then(app, then);
        }
    }

    fn in_test(&self) -> bool {
        self.kind != RoundKind::Review
    }

    fn at(&self) -> Option<PageAt> {
        let item = self.items.get(self.place).filter(|_| self.begun);
        item.map(|item| item.at)
    }

    /// In the concept test the next one follows without a word.
    fn answered(&mut self, app: &mut Shared, right: bool) {
        let is_test = self.in_test();
        let Some(item) = self.items.get_mut(self.place) else {
            return;
        };
        item.first.get_or_insert(right);
        if is_test {
            let at = item.at;
            let state = app.question_at_mut(at).into_iter();
            state.for_each(QuestionState::forget_verdict);
            self.turn(app, 1);
        }
    }

    /// Of a review, what is asked there still goes on; a test whose questions changed is left.
    fn reload(&mut self, app: &mut Shared, now: &dyn Fn(PageAt) -> Option<PageAt>) -> bool {
        let asked = self.items.iter().map(|item| now(item.at));
        let asked: Vec<_> = asked.collect();
        let is_whole = asked.iter().all(Option::is_some);
        let before = asked.iter().take(self.place).flatten().count();
        let items = self.items.iter().zip(&asked);
        self.items = items
            .filter_map(|(item, now)| {
                Some(RoundItem {
                    at: (*now)?,
                    ..*item
                })
            })
            .collect();
        if !asked.get(self.place).is_some_and(Option::is_some) {
            app.display.show(Pane::Text);
        }
        self.place = before;
        is_whole || !self.in_test()
    }
}
