//! A page of a lesson, or one of the questions of a module.

use super::{
    page,
    view::{Header, Right, View},
};
use crate::app::{App, screens::lesson::LessonScreen};
use crate::ui::{Pen, Rooms};

impl View for LessonScreen {
    fn header(&self, app: &App) -> Header {
        let pages = self.pages(app);
        let place = pages.iter().position(|page| *page == self.at.page);
        let what = if self.quiz { "question" } else { "page" };
        Header::of_page(app, Right::Count(what, place.unwrap_or(0), pages.len()))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        page::draw(pen, app, rooms);
    }
}
