//! The course: the list of modules, and what the chosen one is about.

use super::prelude::*;

/// The list of modules.
#[derive(Clone, Debug, Default)]
pub struct CourseScreen {
    pub(crate) selected: usize,
}

// One row a line: it is a table.
#[rustfmt::skip]
const KEYS: &[KeyRow<CourseScreen>] = &[
    row(PAGES, ["PgUp PgDn", "scroll", "scroll what does not fit"], Page, scrolls),
    row(CONFIRM, ["Enter", "open", "open: continue at the next page"], Page, has_lessons),
    row(UP_DOWN, ["↑↓", "choose", "choose a module"], Page, has_lessons),
    row(TAB, ["Tab", "module", "turn to the chosen module"], Page, |app, on| shows_one_pane(app, on, Pane::Text)),
    row(TAB, ["Tab", "list", "turn to the list of modules"], Page, |app, on| shows_one_pane(app, on, Pane::Target)),
    row(ENDS, ["Home End", "", "first, last module"], Page, has_lessons),
    row(&[(Char('t'), Command::Quiz)], ["t", "questions", "the questions of this module"], Page, |app, on| !app.questions_of(on.selected).is_empty()),
    row(&[(Char('v'), Command::Review)], ["v", "review", "the questions that are due for review"], Page, has_lessons),
    row(&[(Char('C'), Command::Test)], ["C", "concept test", "the concept test, before and after the course"], Page, |app, _| app.material.concept_test.is_some()),
];

fn has_lessons(app: &Shared, _: &CourseScreen) -> bool {
    !app.material.lessons.is_empty()
}
fn scrolls(app: &Shared, on: &CourseScreen) -> bool {
    has_lessons(app, on) && tables::scrolls(app, on)
}

impl ScreenState for CourseScreen {
    fn name(&self) -> &'static str {
        "course"
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        keys.add(KEYS, app, self);
        tables::add(keys, app, self, &[PLAYBACK, SCROLL]);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        match command {
            Command::PageUp | Command::PageDown if app.display.room.overflow > 0 => {
                app.display.scroll_by(command.rows());
            }
            Command::Confirm => {
                app.go = Some(Go::Page {
                    at: PageAt::of(self.selected, app.next_page(self.selected)),
                    found: false,
                });
            }
            Command::Quiz => {
                let first = app.questions_of(self.selected).first().copied();
                app.go = first.map(|page| Go::Quiz(PageAt::of(self.selected, page)));
            }
            Command::Review => app.go = Some(Go::Review),
            Command::Test => app.go = Some(Go::Test),
            _ => {
                app.display.scroll = 0;
                let last = app.material.lessons.len().saturating_sub(1);
                self.selected = command.moved(self.selected, last);
            }
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        match click {
            Click::Row(module) if module == self.selected => self.update(app, Command::Confirm),
            Click::Row(module) => {
                self.selected = module.min(app.material.lessons.len().saturating_sub(1));
            }
            _ => {}
        }
    }

    fn wheel(&mut self, app: &mut Shared, rows: isize) {
        let command = if rows < 0 { Command::Up } else { Command::Down };
        self.update(app, command);
    }

    fn has_back(&self) -> bool {
        false
    }

    fn has_two_panes(&self, app: &Shared) -> bool {
        has_lessons(app, self)
    }

    fn reload(&mut self, _: &mut Shared, now: &dyn Fn(PageAt) -> Option<PageAt>) -> bool {
        self.selected = now(PageAt::of(self.selected, 0)).map_or(0, |at| at.lesson);
        true
    }
}
