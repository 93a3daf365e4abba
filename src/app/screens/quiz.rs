//! The questions of a module, one after the other, each on its page.

use super::{
    page::{self, Then},
    state::{ScreenState, pause},
    tables::page_has_two_panes,
};
use crate::app::{
    command::{Click, Command},
    display::Pane,
    keys::Enabled,
    page_at::PageAt,
    shared::{Go, Shared},
};

/// The questions of a module.
#[derive(Clone, Debug)]
pub struct QuizScreen {
    /// The page of the one that is asked.
    pub(crate) at: PageAt,
}

impl QuizScreen {
    /// Asks the question of a page, if there is one.
    pub(crate) fn open(app: &mut Shared, at: PageAt) -> Option<QuizScreen> {
        let is_there = app.prepare(at);
        app.display.show(Pane::Text);
        is_there.then_some(QuizScreen { at })
    }

    fn turn(&mut self, app: &mut Shared, by: isize) {
        pause(app, self);
        if by > 0 {
            app.pass(self.at);
        }
        let PageAt { lesson, page, .. } = self.at;
        let pages = app.questions_of(lesson);
        let place = pages.iter().position(|known| *known == page).unwrap_or(0);
        let next = place
            .checked_add_signed(by)
            .and_then(|next| pages.get(next));
        match next.and_then(|page| QuizScreen::open(app, PageAt::of(lesson, *page))) {
            Some(next) => *self = next,
            None => app.go = Some(Go::Course(Some(lesson))),
        }
    }

    fn then(&mut self, app: &mut Shared, then: Then) {
        if then == Then::Turn {
            self.turn(app, 1);
        }
    }
}

impl ScreenState for QuizScreen {
    fn name(&self) -> &'static str {
        "questions"
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        page::keys(app, self, keys);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        match command {
            Command::Next => self.turn(app, 1),
            Command::Previous => self.turn(app, -1),
            _ => {
                let then = page::update(app, self.at, command);
                self.then(app, then);
            }
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        let then = page::click(app, self.at, click);
        self.then(app, then);
    }

    fn at(&self) -> Option<PageAt> {
        Some(self.at)
    }

    fn has_two_panes(&self, app: &Shared) -> bool {
        page_has_two_panes(app, self)
    }

    fn reload(&mut self, app: &mut Shared, now: &dyn Fn(PageAt) -> Option<PageAt>) -> bool {
        let now = now(self.at);
        self.at = now.unwrap_or(self.at);
        now.is_some_and(|at| app.prepare(at))
    }
}
