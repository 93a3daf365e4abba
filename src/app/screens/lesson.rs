//! The pages of a module, one after the other: all of its lesson, or its questions alone.

use super::{
    page::{self, Then},
    prelude::*,
};
use crate::app::{
    Key,
    key::Key::{Left, Right},
    lesson_end::Onward,
};

/// The pages of a module.
#[derive(Clone, Debug)]
pub struct LessonScreen {
    pub(crate) at: PageAt,
    /// Only pages with a question follow one another.
    pub(crate) quiz: bool,
    /// The search led here, and Esc leads back.
    pub(crate) found: bool,
    /// The page behind the last one is shown, with the row of it that is chosen.
    pub(crate) end: Option<usize>,
}

// One row a line: it is a table.
#[rustfmt::skip]
const END: &[KeyRow<LessonScreen>] = &[
    row(END_ON, ["Enter ␣ →", "go there", "go to what is chosen"], Page, always),
    row(UP_DOWN, ["↑↓", "choose", "choose where to go on"], Page, always),
    row(&[(Char('b'), Command::Previous), (Left, Command::Previous)], ["b ←", "previous", "the last page"], Page, always),
    row(ENDS, ["Home End", "", "the first one, the last one"], Page, always),
];
const END_ON: &[(Key, Command)] = &[
    (Enter, Command::Confirm),
    (Char(' '), Command::Confirm),
    (Right, Command::Confirm),
    (Char('n'), Command::Confirm),
];

impl LessonScreen {
    /// Opens a page, if there is one.
    pub(crate) fn open(app: &mut Shared, at: PageAt, quiz: bool, found: bool) -> Option<Self> {
        let mut screen = LessonScreen {
            at,
            quiz,
            found,
            end: None,
        };
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
            self.end = None;
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
        let PageAt { lesson, page, .. } = self.at;
        let pages = self.pages(app);
        let place = pages.iter().position(|known| *known == page).unwrap_or(0);
        let next = place.checked_add_signed(by);
        let next = next.and_then(|next| pages.get(next));
        if next.is_some_and(|next| self.show(app, PageAt::of(lesson, *next))) {
            return;
        }
        match by > 0 {
            true => {
                self.end = Some(app.end_of(lesson).ways.len().saturating_sub(1));
                app.display.show(Pane::Text);
            }
            false => app.go = Some(Go::Course(Some(lesson))),
        }
    }

    /// A key on the page behind the last one.
    fn at_end(&mut self, app: &mut Shared, selected: usize, command: Command) {
        let lesson = self.at.lesson;
        let ways = app.end_of(lesson).ways;
        match (command, ways.get(selected)) {
            (Command::Previous, _) => {
                self.show(app, self.at);
            }
            (Command::Confirm, Some(way)) => match *way {
                Onward::Page(page) => {
                    self.quiz = false;
                    self.show(app, PageAt::of(lesson, page));
                }
                Onward::Lesson(next) => {
                    let at = PageAt::of(next, app.next_page(next));
                    app.go = Some(Go::Page { at, found: false });
                }
                Onward::Test => app.go = Some(Go::Test),
                Onward::Course => app.go = Some(Go::Course(Some(lesson))),
            },
            _ => self.end = Some(command.moved(selected, ways.len().saturating_sub(1))),
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
        match self.end {
            Some(_) => {
                keys.add(END, app, self);
                tables::add(keys, app, self, &[PLAYBACK]);
            }
            None => page::keys(app, self, keys),
        }
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        if let Some(selected) = self.end {
            return self.at_end(app, selected, command);
        }
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
        if let (Some(selected), Click::Row(way)) = (self.end, click) {
            match way == selected {
                true => self.at_end(app, selected, Command::Confirm),
                false => self.end = Some(way),
            }
            return;
        }
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
        self.end.is_none().then_some(self.at)
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
