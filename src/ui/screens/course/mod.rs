//! The course: modules as a list, what the chosen one is about, what is due, and all pages as a row of marks.

mod details;
mod list;
mod page_marks;
mod standing;

use ratatui::layout::Rect;

use super::view::{Header, Right, View};
use crate::app::{App, Pane, screens::course::CourseScreen};
use crate::course::progress::Totals;
use crate::ui::{Pen, Role, Rooms, bottom_of, from_row, top_of};

/// What the course says beside its name, where there is room.
const MOTTO: &str = "zero-copy, on your own kernel";

impl View for CourseScreen {
    fn header(&self, app: &App) -> Header {
        let mut totals = Totals::default();
        for lesson in &app.material.lessons {
            totals += app.progress.totals_of(lesson);
        }
        let right = format!("{} of {} questions", totals.right, totals.questions);
        Header {
            after: MOTTO.to_owned(),
            ..Header::of("", Right::Text(right))
        }
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        if app.material.lessons.is_empty() {
            let said = "There are no lessons here. m opens the lab.";
            pen.text(rooms.text(), 0, 0, said, Role::Text);
            return;
        }
        match rooms.course() {
            Some(panes) => {
                let needed = list::height(app, 1) + standing::SHORT + page_marks::HEIGHT;
                let marks = page_marks::HEIGHT * u16::from(panes.left.height >= needed);
                let (left, right) = (without(panes.left, marks), without(panes.right, marks));
                modules(pen, app, self.selected, left);
                pen.line(panes.hairline, left.y, left.bottom());
                details::draw(pen, app, self.selected, right, false);
                if marks > 0 {
                    let text = rooms.text();
                    page_marks::draw(pen, app, self.selected, bottom_of(text, marks));
                }
            }
            None if app.display.pane == Pane::Text => {
                modules(pen, app, self.selected, rooms.text())
            }
            None => details::draw(pen, app, self.selected, rooms.pane(), true),
        }
    }
}

/// The list, and below it what is due and how the concept test went: in full where there is room.
fn modules(pen: &mut Pen, app: &App, selected: usize, room: Rect) {
    let fits = |step, more| room.height >= list::height(app, step) + more;
    let (step, standing) = match () {
        () if fits(2, standing::FULL) => (2, standing::FULL),
        () if fits(1, standing::FULL) => (1, standing::FULL),
        () if fits(1, standing::SHORT) => (1, standing::SHORT),
        () => (1, standing::LEAST),
    };
    let used = list::draw(pen, app, selected, without(room, standing), step);
    standing::draw(pen, app, from_row(room, used));
}

/// A room without its last rows.
fn without(room: Rect, rows: u16) -> Rect {
    top_of(room, room.height - rows)
}
