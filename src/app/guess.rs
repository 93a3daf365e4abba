//! A guess before an experiment: a number that is typed, or one of several options.

use super::{Command, question::key};
use crate::course::{
    Ask,
    kinds::{Draft, Press},
};
use crate::model::Given;

/// A guess, as far as it is made.
#[derive(Clone, Debug, Default)]
pub struct Guessing {
    /// What is chosen or typed.
    pub(crate) draft: Draft,
    pub(crate) guess: Option<Given>,
    /// It goes without a guess.
    pub(crate) passed: bool,
    pub(crate) hints: usize,
}

impl Guessing {
    /// Whether it still waits for a guess.
    pub(crate) fn asks(&self) -> bool {
        self.guess.is_none() && !self.passed
    }

    pub(crate) fn is_ready(&self, ask: &Ask) -> bool {
        ask.given(&self.draft).is_some()
    }

    /// A key while the guess is made. True: it is committed.
    pub(crate) fn update(&mut self, command: Command, ask: &Ask) -> bool {
        let press = key(command).map(|key| ask.press(&mut self.draft, key));
        if press == Some(Press::Given) {
            self.guess = ask.given(&self.draft);
        }
        self.guess.is_some()
    }

    /// Back to the question before the run.
    pub(crate) fn again(&mut self) {
        *self = Guessing {
            hints: self.hints,
            ..Guessing::default()
        };
    }
}
