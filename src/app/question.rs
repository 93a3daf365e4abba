//! A question on the screen: what is chosen or typed, and what was said to it.

use super::Command;
use crate::course::mark::{self, Verdict};
use crate::model::{Question, QuestionKind, QuestionOption, Summary};

/// How long a typed number may be.
const LONGEST_NUMBER: usize = 12;

/// A question, as far as it is answered.
#[derive(Clone, Debug, Default)]
pub struct QuestionState {
    kind: Kind,
    /// The option or line under the cursor, in the order shown.
    pub focus: usize,
    /// Chosen options (choice, multi) or lines in their order (order), in the order shown.
    pub picks: Vec<usize>,
    /// The number as far as it is typed.
    pub input: String,
    /// How many things can be chosen.
    pub choices: usize,
    /// What was said to the last answer.
    pub verdict: Option<Verdict>,
    /// The option under which it is said.
    pub said_at: Option<usize>,
    /// Why the answer cannot be marked here.
    pub refused: Option<String>,
    /// How many hints are shown.
    pub hints: usize,
    /// Whether the explanation is shown.
    pub explained: bool,
    /// The answer waits for the run that marks it.
    pub waiting: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Choice,
    Multi,
    Number,
    Order,
}

impl QuestionState {
    /// A question that nobody has answered yet.
    pub fn new(question: &Question) -> QuestionState {
        let (kind, choices) = match &question.kind {
            QuestionKind::Choice(options) => (Kind::Choice, options.len()),
            QuestionKind::Multi(options) => (Kind::Multi, options.len()),
            QuestionKind::Number { .. } => (Kind::Number, 0),
            QuestionKind::Order { .. } => (Kind::Order, mark::presented(question).len()),
        };
        QuestionState {
            kind,
            choices,
            ..QuestionState::default()
        }
    }

    /// Digits choose.
    pub fn chooses(&self) -> bool {
        self.kind != Kind::Number
    }

    /// Digits are typed.
    pub fn types(&self) -> bool {
        self.kind == Kind::Number
    }

    /// One digit is the whole answer.
    pub fn one_key(&self) -> bool {
        self.kind == Kind::Choice
    }

    /// There is something to take back.
    pub fn erasable(&self) -> bool {
        !self.input.is_empty() || self.kind == Kind::Order && !self.picks.is_empty()
    }

    /// A key. True: the answer is given, and is to be marked.
    pub fn update(&mut self, command: Command) -> bool {
        match command {
            Command::Up => self.focus = self.focus.saturating_sub(1),
            Command::Down => self.focus = (self.focus + 1).min(self.choices.saturating_sub(1)),
            Command::PageUp => self.focus = 0,
            Command::PageDown => self.focus = self.choices.saturating_sub(1),
            Command::Digit(digit) if self.types() => type_digit(&mut self.input, digit),
            Command::Digit(digit) => {
                let Some(index) = digit.to_digit(10).and_then(|n| (n as usize).checked_sub(1))
                else {
                    return false;
                };
                if index < self.choices {
                    return self.pick(index);
                }
            }
            Command::Erase => {
                self.input.pop();
                if self.kind == Kind::Order {
                    self.picks.pop();
                }
            }
            Command::Confirm => return self.confirm(),
            _ => {}
        }
        false
    }

    /// Chooses an option or the next line. True: that is the whole answer.
    pub fn pick(&mut self, index: usize) -> bool {
        self.focus = index;
        match self.kind {
            Kind::Choice => {
                self.picks = vec![index];
                return true;
            }
            Kind::Multi | Kind::Order => {
                self.verdict = None;
                match self.picks.iter().position(|picked| *picked == index) {
                    Some(at) => drop(self.picks.remove(at)),
                    None => self.picks.push(index),
                }
            }
            Kind::Number => {}
        }
        false
    }

    /// Whether there is an answer to give.
    pub fn is_ready(&self) -> bool {
        match self.kind {
            Kind::Choice => true,
            Kind::Multi | Kind::Order => !self.picks.is_empty(),
            Kind::Number => self.input.parse::<f64>().is_ok(),
        }
    }

    /// Whether the last answer was right.
    pub fn is_right(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.right)
    }

    fn confirm(&mut self) -> bool {
        if self.kind == Kind::Choice {
            self.pick(self.focus);
        }
        self.is_ready()
    }

    /// The answer as the log keeps it: `b`, `a c`, `66`, `3 1 2`.
    pub fn given(&self) -> String {
        let joined = |texts: Vec<String>| texts.join(" ");
        match self.kind {
            Kind::Number => self.input.clone(),
            Kind::Choice | Kind::Multi => {
                let mut picks = self.picks.clone();
                picks.sort_unstable();
                joined(
                    picks
                        .iter()
                        .map(|pick| mark::letter(*pick).to_string())
                        .collect(),
                )
            }
            Kind::Order => joined(
                self.picks
                    .iter()
                    .map(|pick| (pick + 1).to_string())
                    .collect(),
            ),
        }
    }

    /// Marks the answer. Gives it as the log keeps it, and whether it was right; none where it cannot be marked.
    pub fn mark(&mut self, question: &Question, run: Option<&Summary>) -> Option<(String, bool)> {
        self.waiting = false;
        match mark::mark(question, &self.given(), run) {
            Ok(verdict) => {
                let options = options(question);
                let wrongly =
                    |pick: &&usize| options.get(**pick).is_some_and(|option| !option.right);
                self.said_at = verdict.picked.iter().find(wrongly).copied();
                let kept = (verdict.given.clone(), verdict.right);
                self.refused = None;
                self.verdict = Some(verdict);
                Some(kept)
            }
            Err(why) => {
                self.verdict = None;
                self.refused = Some(why);
                None
            }
        }
    }
}

/// Adds a digit or a point to a number that is being typed.
pub fn type_digit(input: &mut String, digit: char) {
    let second_point = digit == '.' && input.contains('.');
    if input.len() < LONGEST_NUMBER && !second_point {
        input.push(digit);
    }
}

/// The options of a choice or multi.
pub fn options(question: &Question) -> &[QuestionOption] {
    match &question.kind {
        QuestionKind::Choice(options) | QuestionKind::Multi(options) => options,
        _ => &[],
    }
}
