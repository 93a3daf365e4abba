//! How the screens look: one file a screen.

mod beside;
mod board;
mod cards;
mod contents;
mod course;
mod experiment;
mod experiments;
mod explorer;
mod lab;
mod lab_notes;
mod lesson_end;
mod page;
mod predict;
mod question;
mod results;
mod round;
mod run;
mod seat;
pub mod view;

use self::view::View;
use crate::app::Screen;

pub fn view(screen: &Screen) -> &dyn View {
    match screen {
        Screen::Course(screen) => screen,
        Screen::Lesson(screen) => screen,
        Screen::Round(screen) => screen,
        Screen::Lab(screen) => screen,
        Screen::Experiments(screen) => screen,
        Screen::Experiment(screen) => screen,
        Screen::Cards(screen) => screen,
        Screen::Replay(screen) => screen,
        Screen::Explorer(screen) => screen,
        Screen::Seat(screen) => screen,
    }
}
