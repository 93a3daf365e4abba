//! A page of a lesson.

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

/// A page of a lesson.
#[derive(Clone, Debug)]
pub struct LessonScreen {
    /// Where it stands.
    pub(crate) at: PageAt,
    /// The search led here, and Esc leads back.
    pub(crate) found: bool,
}

impl LessonScreen {
    /// Opens a page, if there is one.
    pub(crate) fn open(app: &mut Shared, at: PageAt, found: bool) -> Option<LessonScreen> {
        let mut screen = LessonScreen { at, found };
        screen.show(app, at).then_some(screen)
    }

    fn show(&mut self, app: &mut Shared, at: PageAt) -> bool {
        let is_there = app.prepare(at);
        if is_there {
            self.at = at;
            app.display.show(Pane::Text);
            app.visit(at);
        }
        is_there
    }

    fn turn(&mut self, app: &mut Shared, by: isize) {
        pause(app, self);
        if by > 0 {
            app.pass(self.at);
        }
        let PageAt { lesson, page, .. } = self.at;
        let next = page.checked_add_signed(by);
        if !next.is_some_and(|next| self.show(app, PageAt::of(lesson, next))) {
            let last = app.material.lessons.len().saturating_sub(1);
            let module = if by > 0 { lesson + 1 } else { lesson };
            app.go = Some(Go::Course(Some(module.min(last))));
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
        "lesson"
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
        if let Click::Page(page) = click {
            self.show(app, PageAt::of(self.at.lesson, page));
            return;
        }
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
        let Some(at) = now(self.at) else {
            return false;
        };
        app.prepare(at);
        if std::mem::replace(&mut self.at, at) != at {
            app.visit(at);
        }
        true
    }
}
