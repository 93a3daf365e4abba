//! The pages of a module, one after the other: all of its lesson, or its questions alone.

use super::{
    page::{self, Then},
    prelude::*,
};

/// The pages of a module.
#[derive(Clone, Debug)]
pub struct LessonScreen {
    pub(crate) at: PageAt,
    /// Only pages with a question follow one another.
    pub(crate) quiz: bool,
    /// The search led here, and Esc leads back.
    pub(crate) found: bool,
}

impl LessonScreen {
    /// Opens a page, if there is one.
    pub(crate) fn open(app: &mut Shared, at: PageAt, quiz: bool, found: bool) -> Option<Self> {
        let mut screen = LessonScreen { at, quiz, found };
        screen.show(app, at).then_some(screen)
    }

    /// The pages that follow one another.
    pub(crate) fn pages(&self, app: &Shared) -> Vec<usize> {
        if self.quiz {
            return app.questions_of(self.at.lesson);
        }
        let lesson = app.lesson_at(self.at);
        (0..lesson.map_or(0, |lesson| lesson.pages.len())).collect()
    }

    fn show(&mut self, app: &mut Shared, at: PageAt) -> bool {
        let is_there = app.prepare(at);
        if is_there {
            app.display.show(Pane::Text);
            self.stand_at(app, at);
        }
        is_there
    }

    /// Questions alone are not the lesson read.
    fn stand_at(&mut self, app: &mut Shared, at: PageAt) {
        self.at = at;
        if !self.quiz {
            app.visit(at);
        }
    }

    fn turn(&mut self, app: &mut Shared, by: isize) {
        pause(app, self);
        if by > 0 {
            app.pass(self.at);
        }
        let PageAt { lesson, page, .. } = self.at;
        let pages = self.pages(app);
        let place = pages.iter().position(|known| *known == page).unwrap_or(0);
        let next = place.checked_add_signed(by);
        let next = next.and_then(|next| pages.get(next));
        if !next.is_some_and(|next| self.show(app, PageAt::of(lesson, *next))) {
            let last = app.material.lessons.len().saturating_sub(1);
            let on = usize::from(by > 0 && !self.quiz);
            app.go = Some(Go::Course(Some((lesson + on).min(last))));
        }
    }

    fn then(&mut self, app: &mut Shared, then: Then) {
        if then == Then::Turn {
            self.turn(app, 1);
        }
    }
}

impl ScreenState for LessonScreen {
    fn name(&self) -> &'static str {
        if self.quiz { "questions" } else { "lesson" }
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
        if let Click::Page(page) = click
            && !self.quiz
        {
            self.show(app, PageAt::of(self.at.lesson, page));
            return;
        }
        let then = page::click(app, self.at, click);
        self.then(app, then);
    }

    fn at(&self) -> Option<PageAt> {
        Some(self.at)
    }

    fn reload(&mut self, app: &mut Shared, now: &dyn Fn(PageAt) -> Option<PageAt>) -> bool {
        let Some(at) = now(self.at) else {
            return false;
        };
        let is_there = app.prepare(at);
        if self.at != at {
            self.stand_at(app, at);
        }
        is_there
    }
}
