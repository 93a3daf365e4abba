//! The course: modules as a list, what the chosen one is about, what is due, and the whole way as a row of marks.

mod details;
mod list;
mod standing;
mod way;

use ratatui::layout::Rect;

use crate::app::{App, Pane};
use crate::ui::{layout::Rooms, pen::Pen, theme::Role};

/// Draws it.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    if app.lessons.is_empty() {
        let style = pen.style(Role::Text);
        let said = "There are no lessons here. m opens the lab.";
        pen.text(rooms.text(), 0, 0, said, style);
        return;
    }
    match rooms.course() {
        Some(panes) => {
            let needed = list::height(app, 1) + standing::FULL + way::HEIGHT;
            let way = match panes.left.height >= needed {
                true => way::HEIGHT,
                false => 0,
            };
            let (left, right) = (less(panes.left, way), less(panes.right, way));
            modules(pen, app, left);
            pen.line(panes.hairline, left.y, left.bottom());
            details::draw(pen, app, right, false);
            if way > 0 {
                let text = rooms.text();
                way::draw(pen, app, below(text, text.height - way));
            }
        }
        None if app.pane == Pane::Text => modules(pen, app, rooms.text()),
        None => details::draw(pen, app, rooms.pane(), true),
    }
}

/// The list, and below it what is due and how the concept test went: in full where there is room.
fn modules(pen: &mut Pen, app: &App, room: Rect) {
    let fits = |step, more| room.height >= list::height(app, step) + more;
    let (step, standing) = match () {
        () if fits(2, standing::FULL) => (2, standing::FULL),
        () if fits(1, standing::FULL) => (1, standing::FULL),
        () if fits(1, standing::SHORT) => (1, standing::SHORT),
        () => (1, standing::LEAST),
    };
    let used = list::draw(pen, app, less(room, standing), step);
    standing::draw(pen, app, below(room, used));
}

/// A room without its last rows.
fn less(room: Rect, rows: u16) -> Rect {
    Rect {
        height: room.height - rows,
        ..room
    }
}

/// A room without its first rows.
fn below(room: Rect, rows: u16) -> Rect {
    Rect {
        y: room.y + rows,
        ..less(room, rows)
    }
}
