//! The screens, each with its state, its keys, and what they do. A new one is a file here, a variant of [`Screen`], and,
//! if a key opens it, a row of [`OPEN`] and a line of [`Screen::named`].

pub mod cards;
pub(crate) mod course;
pub(crate) mod experiment;
pub(crate) mod experiments;
pub mod explorer;
pub(crate) mod lab;
pub(crate) mod lesson;
mod page;
pub(crate) mod quiz;
pub(crate) mod replay;
pub mod round;
pub(crate) mod state;
mod tables;

use self::{
    cards::CardsScreen, course::CourseScreen, experiment::ExperimentScreen,
    experiments::ExperimentsScreen, explorer::ExplorerScreen, lab::LabScreen, lesson::LessonScreen,
    quiz::QuizScreen, replay::ReplayScreen, round::RoundScreen, state::ScreenState, tables::Table,
};
use super::{
    command::Command,
    key::Key::Char,
    keys::{Group::Everywhere, row},
    shared::Shared,
};

/// A screen.
pub enum Screen {
    /// The modules.
    Course(CourseScreen),
    /// A page of a lesson.
    Lesson(LessonScreen),
    /// The questions of a module, one after the other.
    Quiz(QuizScreen),
    /// Questions away from their pages: what is due, or the concept test.
    Round(RoundScreen),
    /// The free lab.
    Lab(Box<LabScreen>),
    /// The list of experiments.
    Experiments(ExperimentsScreen),
    /// One of them.
    Experiment(ExperimentScreen),
    /// The reference cards.
    Cards(CardsScreen),
    /// One recording, full size.
    Replay(Box<ReplayScreen>),
    /// The flows of a traced program.
    Explorer(Box<ExplorerScreen>),
}

impl Screen {
    /// The screen that a key opens by its name.
    pub(crate) fn named(name: &str) -> Option<Screen> {
        Some(match name {
            lab::NAME => Screen::Lab(Box::default()),
            experiments::NAME => Screen::Experiments(ExperimentsScreen::default()),
            cards::NAME => Screen::Cards(CardsScreen::default()),
            _ => return None,
        })
    }

    /// What it can be asked.
    pub(crate) fn state(&self) -> &dyn ScreenState {
        match self {
            Screen::Course(screen) => screen,
            Screen::Lesson(screen) => screen,
            Screen::Quiz(screen) => screen,
            Screen::Round(screen) => screen,
            Screen::Lab(screen) => &**screen,
            Screen::Experiments(screen) => screen,
            Screen::Experiment(screen) => screen,
            Screen::Cards(screen) => screen,
            Screen::Replay(screen) => &**screen,
            Screen::Explorer(screen) => &**screen,
        }
    }

    /// What it can be told.
    pub(crate) fn state_mut(&mut self) -> &mut dyn ScreenState {
        match self {
            Screen::Course(screen) => screen,
            Screen::Lesson(screen) => screen,
            Screen::Quiz(screen) => screen,
            Screen::Round(screen) => screen,
            Screen::Lab(screen) => &mut **screen,
            Screen::Experiments(screen) => screen,
            Screen::Experiment(screen) => screen,
            Screen::Cards(screen) => screen,
            Screen::Replay(screen) => &mut **screen,
            Screen::Explorer(screen) => &mut **screen,
        }
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
    row(&[(Char('m'), Command::Open(lab::NAME))], ["m", "lab", "the free lab"], Everywhere, opens_lab),
    row(&[(Char('e'), Command::Open(experiments::NAME))], ["e", "experiments", "proofs, errors on purpose, comparisons"], Everywhere, opens_experiments),
    row(&[(Char('R'), Command::Open(cards::NAME))], ["R", "cards", "the reference cards"], Everywhere, opens_cards),
    row(&[(Char('W'), Command::Words)], ["W", "words", "what words mean"], Everywhere, opens_words),
    row(&[(Char('/'), Command::Search)], ["/", "search", "search lessons, cards and words"], Everywhere, searches),
    row(&[(Char('?'), Command::Help)], ["?", "help", "this help"], Everywhere, super::keys::always),
];

type On = dyn ScreenState;

fn opens_lab(_: &Shared, on: &On) -> bool {
    on.in_course() && on.name() != lab::NAME
}
fn opens_experiments(app: &Shared, on: &On) -> bool {
    on.name() == "course" || on.name() == lab::NAME && on.player(app).is_none()
}
fn opens_cards(app: &Shared, on: &On) -> bool {
    looks_up(app, on) && !app.material.cards.is_empty() && on.name() != cards::NAME
}
fn opens_words(app: &Shared, on: &On) -> bool {
    looks_up(app, on) && !app.material.words.is_empty()
}
fn searches(app: &Shared, on: &On) -> bool {
    looks_up(app, on) && !app.material.lessons.is_empty()
}
/// Whether one may look things up: not in the middle of the concept test.
fn looks_up(_: &Shared, on: &On) -> bool {
    on.in_course() && !on.in_test()
}
