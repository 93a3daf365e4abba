//! The questions of a module.

use super::{
    page,
    view::{Header, Right, View},
};
use crate::app::{App, screens::quiz::QuizScreen};
use crate::ui::{layout::Rooms, pen::Pen};

impl View for QuizScreen {
    fn header(&self, app: &App) -> Header {
        let pages = app.questions_of(self.at.lesson);
        let place = pages.iter().position(|page| *page == self.at.page);
        Header::of_page(
            app,
            Right::Count("question", place.unwrap_or(0), pages.len()),
        )
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        page::draw(pen, app, rooms);
    }
}
