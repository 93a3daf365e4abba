//! A page of a lesson.

use super::{
    page,
    view::{Header, Right, View},
};
use crate::app::{App, screens::lesson::LessonScreen};
use crate::ui::{layout::Rooms, pen::Pen};

impl View for LessonScreen {
    fn header(&self, app: &App) -> Header {
        let count = app.open_lesson().map_or(0, |lesson| lesson.pages.len());
        Header::of_page(app, Right::Count("page", self.at.page, count))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        page::draw(pen, app, rooms);
    }
}
