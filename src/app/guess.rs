//! A guess before an experiment: a number that is typed, or one of several things that may be predicted.

use super::{Command, number, question::type_digit};
use crate::course::mark::letter;
use crate::course::{Ask, Predict};

/// What was guessed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guess {
    /// A number.
    Number(f64),
    /// An option, from 0.
    Option(usize),
}

impl Guess {
    /// As the log keeps it: `33`, `b`.
    pub fn given(self) -> String {
        match self {
            Guess::Number(value) => number(value),
            Guess::Option(index) => letter(index).to_string(),
        }
    }
}

/// A guess, as far as it is made.
#[derive(Clone, Debug, Default)]
pub struct Guessing {
    /// The number as far as it is typed.
    pub input: String,
    /// The option under the cursor.
    pub focus: usize,
    /// The guess that was committed.
    pub guess: Option<Guess>,
    /// It goes without a guess.
    pub passed: bool,
    /// How many hints are shown.
    pub hints: usize,
}

impl Guessing {
    /// Whether it still waits for a guess.
    pub fn asks(&self, predict: Option<&Predict>) -> bool {
        predict.is_some() && self.guess.is_none() && !self.passed
    }

    /// Whether Enter would commit it.
    pub fn is_ready(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Number(_) => self.input.parse::<f64>().is_ok(),
            Ask::Choice(_) => true,
        }
    }

    /// A key while the guess is made. True: it is committed.
    pub fn update(&mut self, command: Command, ask: &Ask) -> bool {
        let last = match ask {
            Ask::Number(_) => 0,
            Ask::Choice(options) => options.len().saturating_sub(1),
        };
        match (command, ask) {
            (Command::Digit(digit), Ask::Number(_)) => type_digit(&mut self.input, digit),
            (Command::Erase, Ask::Number(_)) => drop(self.input.pop()),
            (Command::Confirm, Ask::Number(_)) => {
                self.guess = self.input.parse().ok().map(Guess::Number);
            }
            (Command::Digit(digit), Ask::Choice(options)) => {
                let index = digit.to_digit(10).and_then(|n| (n as usize).checked_sub(1));
                if let Some(index) = index.filter(|index| *index < options.len()) {
                    self.focus = index;
                    self.guess = Some(Guess::Option(index));
                }
            }
            (Command::Confirm, Ask::Choice(_)) => self.guess = Some(Guess::Option(self.focus)),
            (Command::Up, _) => self.focus = self.focus.saturating_sub(1),
            (Command::Down, _) => self.focus = (self.focus + 1).min(last),
            _ => {}
        }
        self.guess.is_some()
    }

    /// Back to the question before the run.
    pub fn again(&mut self) {
        *self = Guessing {
            hints: self.hints,
            ..Guessing::default()
        };
    }
}
