//! The pages of a lesson: what each one holds while the learner is at it.

use super::{ExperimentPage, Guessing, Outcome, Player, QuestionState};
use crate::course::{Page, Target};
use crate::model::Figure;

/// What a page holds beside its text.
pub(crate) enum PageState {
    Prose,
    Figure(Box<Player>),
    /// A transfer.
    Lab(Box<LabPage>),
    /// Another experiment.
    Experiment(Box<ExperimentPage>),
    Question(Box<QuestionState>),
}

impl PageState {
    /// A page that was just opened for the first time. `turn` says which values its question draws.
    pub(crate) fn new(page: &Page, figures: &[Figure], turn: u64) -> PageState {
        match &page.target {
            None => PageState::Prose,
            Some(Target::Trial(trial)) => {
                PageState::Experiment(Box::new(ExperimentPage::new(trial.what.clone())))
            }
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

#[derive(Default)]
pub struct LabPage {
    pub(crate) guessing: Guessing,
    pub outcome: Option<Outcome>,
    pub(crate) player: Option<Player>,
}

impl LabPage {
    /// Back to the question before the run.
    pub(crate) fn guess_again(&mut self) {
        self.guessing.again();
        (self.outcome, self.player) = (None, None);
    }
}
