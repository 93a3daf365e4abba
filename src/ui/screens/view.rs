//! What every screen draws.

use crate::app::App;
use crate::ui::{Pen, Rooms, Rows};

/// What stands in the first row of a screen, beside the program's name.
#[derive(Default)]
pub struct Header {
    /// Before the title: a lesson's number.
    pub before: String,
    pub title: String,
    pub after: String,
    pub right: Right,
    /// A long title has the row for itself.
    pub alone: bool,
}

#[derive(Default)]
pub enum Right {
    #[default]
    Nothing,
    Text(String),
    /// What is counted, which one it is (from 0), how many there are.
    Count(&'static str, usize, usize),
}

impl Header {
    pub fn of(title: &str, right: Right) -> Header {
        Header {
            title: title.to_owned(),
            right,
            ..Header::default()
        }
    }

    /// The open lesson, and what is counted of it.
    pub fn of_page(app: &App, right: Right) -> Header {
        let lesson = app.open_lesson();
        Header {
            before: lesson.map_or_else(String::new, |lesson| lesson.number.to_string()),
            alone: true,
            ..Header::of(lesson.map_or("", |lesson| &lesson.title), right)
        }
    }
}

pub trait View {
    fn header(&self, app: &App) -> Header;

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms);

    /// How its picture is read, for the help page; none: by the marks of the course.
    fn legend(&self, _rows: &mut Rows) -> bool {
        false
    }
}
