//! The pages of a lesson: what each one holds while the learner is at it.

use super::{
    Command, Outcome,
    player::Player,
    question::{QuestionState, type_digit},
};
use crate::model::{Figure, Lab, Page, Target};

/// What a page holds beside its text.
pub enum PageState {
    /// Nothing.
    Prose,
    /// A figure, step by step.
    Figure(Box<Player>),
    /// An experiment.
    Lab(Box<LabPage>),
    /// A question.
    Question(Box<QuestionState>),
}

impl PageState {
    /// A page that was just opened for the first time. `turn` says which values its question draws.
    pub fn new(page: &Page, figures: &[Figure], turn: u64) -> PageState {
        match &page.target {
            None | Some(Target::Trial(_)) => PageState::Prose,
            Some(Target::Figure(id)) => figures
                .iter()
                .find(|figure| figure.id == *id)
                .map_or(PageState::Prose, |figure| {
                    PageState::Figure(Box::new(Player::figure(figure.clone())))
                }),
            Some(Target::Lab(_)) => PageState::Lab(Box::default()),
            Some(Target::Question(question)) => {
                PageState::Question(Box::new(QuestionState::new(question, turn)))
            }
        }
    }
}

/// An experiment of a page.
#[derive(Default)]
pub struct LabPage {
    /// The guess as far as it is typed.
    pub input: String,
    /// The guess that was committed.
    pub guess: Option<f64>,
    /// It goes without a guess.
    pub passed: bool,
    /// How many hints are shown.
    pub hints: usize,
    /// What came of the run.
    pub outcome: Option<Outcome>,
    /// Its playback.
    pub player: Option<Player>,
}

impl LabPage {
    /// Whether it still waits for a guess.
    pub fn asks(&self, lab: &Lab) -> bool {
        lab.predict.is_some() && self.guess.is_none() && !self.passed
    }

    /// A key while the guess is typed. True: it is committed.
    pub fn update(&mut self, command: Command) -> bool {
        match command {
            Command::Digit(digit) => type_digit(&mut self.input, digit),
            Command::Erase => drop(self.input.pop()),
            Command::Confirm => {
                self.guess = self.input.parse().ok();
                return self.guess.is_some();
            }
            _ => {}
        }
        false
    }

    /// Back to the question before the run.
    pub fn guess_again(&mut self) {
        *self = LabPage {
            hints: self.hints,
            ..LabPage::default()
        };
    }
}
