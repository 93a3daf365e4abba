//! The pages of the open lesson as a list, beside what is read or asked.

use ratatui::layout::Rect;

use crate::app::{App, Click};
use crate::course::{Lesson, Target};
use crate::ui::{Pen, Role, Rows};

/// What each page has beside its text, and which were not seen yet.
pub fn draw(pen: &mut Pen, app: &App, lesson: &Lesson, room: Rect) {
    let mut rows = Rows::new(room.width);
    rows.group("In this lesson", "");
    for (index, page) in lesson.pages.iter().enumerate() {
        let here = app.at().is_some_and(|at| at.page == index);
        let title = match here {
            true => Role::Strong,
            false if app.progress.has_seen(&lesson.id, index as u32 + 1) => Role::Text,
            false => Role::Dim,
        };
        let beside = match &page.target {
            None => "",
            Some(Target::Figure(_)) => "figure",
            Some(Target::Lab(_) | Target::Trial(_)) => "run",
            Some(Target::Question(_)) => "question",
        };
        let number = if here { Role::Accent } else { Role::Dim };
        let left = vec![
            Rows::cursor(here),
            (format!("{:>2}  ", index + 1), number),
            (page.title.clone(), title),
        ];
        rows.choice(here, left, vec![Role::Dim.of(beside)], Click::Page(index));
    }
    rows.show(pen, room, 0);
    // What scrolls is the text.
    pen.spots.overflow = 0;
}
