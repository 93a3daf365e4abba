//! The whole course as one row of marks, module by module.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::app::{App, Click};
use crate::course::Lesson;
use crate::ui::{Pen, Role};

/// Rows that it takes, with the empty one above it.
pub const HEIGHT: u16 = 5;

/// The mark of some pages: all seen, some, none.
pub fn mark(app: &App, lesson: &Lesson, mut pages: Range<usize>) -> &'static str {
    let has_seen = |page| app.progress.has_seen(&lesson.id, page as u32 + 1);
    let mut seen = pages.clone().map(has_seen);
    match seen.clone().all(|seen| seen) {
        true if pages.next().is_some() => "■",
        _ if seen.any(|seen| seen) => "▪",
        _ => "·",
    }
}

/// Draws it at the lower end of a room.
pub fn draw(pen: &mut Pen, app: &App, selected: usize, room: Rect) {
    let a_mark = pages_a_mark(app, room.width);
    let said = match a_mark {
        1 => "The whole course, one mark per page".to_owned(),
        count => format!("The whole course, one mark per {count} pages"),
    };
    let said = format!("{said}: · not read, ▪ some of them, ■ all read");
    pen.text(room, 0, 1, &said, Role::Dim);
    let mut x = 0;
    for (index, lesson) in app.material.lessons.iter().enumerate() {
        let pages = lesson.pages.len();
        let chosen = index == selected;
        let here = app.next_page(index) / a_mark;
        let width = marks(lesson, a_mark) as u16;
        for at in 0..usize::from(width) {
            let of_mark = at * a_mark..((at + 1) * a_mark).min(pages);
            let is_here = chosen && at == here;
            let role = if is_here { Role::Accent } else { Role::Dim };
            pen.text(room, x + at as u16, 3, mark(app, lesson, of_mark), role);
            if is_here {
                let label = match app.is_finished(index) {
                    true => "▼ again",
                    false => "▼ next",
                };
                let left = (x + at as u16).min(room.width.saturating_sub(label.len() as u16));
                pen.text(room, left, 2, label, Role::Accent);
            }
        }
        let role = if chosen { Role::Answer } else { Role::Dim };
        pen.text(room, x, 4, &lesson.number.to_string(), role);
        let spot = Rect::new(room.x + x, room.y + 3, width, 2);
        pen.spot(spot, Click::Row(index));
        x += width + 1;
    }
}

fn marks(lesson: &Lesson, a_mark: usize) -> usize {
    lesson.pages.len().div_ceil(a_mark).max(2)
}

/// How many pages a mark stands for, so that the whole course is one row.
fn pages_a_mark(app: &App, width: u16) -> usize {
    let fits = |a_mark: &usize| {
        let lessons = app.material.lessons.iter();
        let marks: usize = lessons.map(|lesson| marks(lesson, *a_mark) + 1).sum();
        marks <= usize::from(width) + 1
    };
    (1..1000).find(fits).unwrap_or(1000)
}
