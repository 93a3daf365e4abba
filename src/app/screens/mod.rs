//! The screens, each with its state, its keys, and what they do. A new one is a file here, a variant of [`Screen`], and,
//! if a key opens it, a row of `OPEN` and a line of `Screen::named`.

pub mod cards;
pub(crate) mod course;
pub(crate) mod experiment;
pub(crate) mod experiments;
pub mod explorer;
pub(crate) mod lab;
pub(crate) mod lesson;
mod page;
pub(crate) mod replay;
pub mod round;
pub(crate) mod seat;
pub(crate) mod state;
pub(super) mod tables;

use self::{
    cards::CardsScreen, course::CourseScreen, experiment::ExperimentScreen,
    experiments::ExperimentsScreen, explorer::ExplorerScreen, lab::LabScreen, lesson::LessonScreen,
    prelude::*, replay::ReplayScreen, round::RoundScreen, seat::SeatScreen,
};

/// What a screen is made with.
mod prelude {
    pub(super) use super::{
        state::{On, ScreenState, pause},
        tables::{
            self, ANSWER, EXPERIMENT, EXPLAIN, PANES, PLAYBACK, RUN, SCROLL, TURN, Table,
            shows_one_pane,
        },
    };
    pub(super) use crate::app::{
        Asked, Click, Command, Enabled, Go, KeyRow, PageAt, PageState, Pane, Player, Purpose,
        QuestionState, Run, Shared,
        key::Key::{Char, Ctrl, Enter, Esc},
        keys::Group::{Answer, Everywhere, Page, Recording},
        keys::{
            CONFIRM, ENDS, LEFT_RIGHT, NEXT_BACK, PAGES, PLAY, SPEED, TAB, UP_DOWN, always, row,
        },
    };
}

/// The variants of [`Screen`], each with its type.
macro_rules! screens {
    ($($(#[$doc:meta])* $screen:ident($state:ty),)*) => {
        /// A screen.
        #[allow(clippy::large_enum_variant)] // A handful are open at a time.
        pub enum Screen {
            $($(#[$doc])* $screen($state),)*
        }

        impl Screen {
            /// What it can be asked.
            pub(crate) fn state(&self) -> &dyn ScreenState {
                match self {
                    $(Screen::$screen(screen) => screen,)*
                }
            }

            /// What it can be told.
            pub(crate) fn state_mut(&mut self) -> &mut dyn ScreenState {
                match self {
                    $(Screen::$screen(screen) => screen,)*
                }
            }
        }
    };
}

screens! {
    /// The modules.
    Course(CourseScreen),
    /// The pages of a lesson, or its questions alone, one after the other.
    Lesson(LessonScreen),
    /// Questions away from their pages: what is due, or the concept test.
    Round(RoundScreen),
    /// The free lab.
    Lab(LabScreen),
    /// The list of experiments.
    Experiments(ExperimentsScreen),
    /// One of them.
    Experiment(ExperimentScreen),
    /// The reference cards.
    Cards(CardsScreen),
    /// One recording, full size.
    Replay(ReplayScreen),
    /// The flows of a traced program.
    Explorer(ExplorerScreen),
    /// A seat in a class.
    Seat(SeatScreen),
}

impl Screen {
    /// The screen that a key opens by its name.
    pub(crate) fn named(name: &str) -> Option<Screen> {
        Some(match name {
            lab::NAME => Screen::Lab(LabScreen::default()),
            experiments::NAME => Screen::Experiments(ExperimentsScreen::default()),
            cards::NAME => Screen::Cards(CardsScreen::default()),
            _ => return None,
        })
    }

    /// Whether it is the same screen, whatever is on it.
    pub(crate) fn is_like(&self, other: &Screen) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

// One row a line: it is a table.
/// What can be opened from a screen.
#[rustfmt::skip]
pub(crate) const OPEN: Table = &[
    row(&[(Char('m'), Command::Open(lab::NAME))], ["m", "lab", "the free lab"], Everywhere, |_, on| on.in_course() && on.name() != lab::NAME),
    row(&[(Char('e'), Command::Open(experiments::NAME))], ["e", "experiments", "proofs, errors on purpose, comparisons"], Everywhere, opens_experiments),
    row(&[(Char('R'), Command::Open(cards::NAME))], ["R", "cards", "the reference cards"], Everywhere, opens_cards),
    row(&[(Char('W'), Command::Words)], ["W", "words", "what words mean"], Everywhere, |app, on| looks_up(app, on) && !app.material.words.is_empty()),
    row(&[(Char('/'), Command::Search)], ["/", "search", "search lessons, cards and words"], Everywhere, |app, on| looks_up(app, on) && !app.material.lessons.is_empty()),
    row(&[(Char('?'), Command::Help)], ["?", "help", "this help"], Everywhere, always),
];

fn opens_experiments(app: &Shared, on: &On) -> bool {
    on.name() == "course" || on.name() == lab::NAME && on.player(app).is_none()
}
fn opens_cards(app: &Shared, on: &On) -> bool {
    looks_up(app, on) && !app.material.cards.is_empty() && on.name() != cards::NAME
}
/// Whether one may look things up: not in the middle of the concept test.
fn looks_up(_: &Shared, on: &On) -> bool {
    on.in_course() && !on.in_test()
}
