//! A question on the screen: what is chosen or typed, and what was said to it.

use super::Command;
use crate::course::{Question, QuestionKind, QuestionOption};
use crate::course::{
    draw,
    mark::{self, Verdict},
};
use crate::model::Summary;

/// How long a typed number may be.
const LONGEST_NUMBER: usize = 12;

/// A question, as far as it is answered.
#[derive(Clone, Debug, Default)]
pub struct QuestionState {
    kind: Kind,
    /// The option or line under the cursor, in the order shown.
    pub focus: usize,
    /// Chosen options (choice, multi), the line (bug) or lines in their order (order), in the order shown.
    pub picks: Vec<usize>,
    /// For each on the left of a match its partner on the right, in the order shown.
    pub partners: Vec<Option<usize>>,
    /// How many there are on the right of a match.
    pub rights: usize,
    /// The question with its values, where they are drawn.
    drawn: Option<Box<Question>>,
    /// Which drawing of values this is.
    turn: u64,
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
    Match,
    Bug,
}

impl QuestionState {
    /// A question that nobody has answered yet. `turn` says which values are drawn, where any are.
    pub fn new(question: &Question, turn: u64) -> QuestionState {
        let (lefts, rights) = mark::sides(question);
        let (kind, choices) = match &question.kind {
            QuestionKind::Choice(options) => (Kind::Choice, options.len()),
            QuestionKind::Multi(options) => (Kind::Multi, options.len()),
            QuestionKind::Number { .. } | QuestionKind::Drawn(_) => (Kind::Number, 0),
            QuestionKind::Match { .. } => (Kind::Match, lefts.len()),
            QuestionKind::Bug { lines, .. } => (Kind::Bug, lines.len()),
            QuestionKind::Order { .. } => (Kind::Order, mark::presented(question).len()),
        };
        QuestionState {
            kind,
            choices,
            partners: vec![None; lefts.len()],
            rights: rights.len(),
            drawn: draw::is_drawn(question).then(|| Box::new(draw::asked(question, turn))),
            turn,
            ..QuestionState::default()
        }
    }

    /// The question as it is asked: with its values, where they are drawn.
    pub fn asked<'a>(&'a self, question: &'a Question) -> &'a Question {
        self.drawn.as_deref().unwrap_or(question)
    }

    /// Whether it can be asked again with other values.
    pub fn has_others(&self) -> bool {
        self.drawn.is_some()
    }

    /// The same question with other values.
    pub fn draw_again(&mut self, question: &Question) {
        *self = QuestionState::new(question, self.turn.wrapping_add(1));
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
        matches!(self.kind, Kind::Choice | Kind::Bug)
    }

    /// There is something to take back.
    pub fn erasable(&self) -> bool {
        let arranged = self.kind == Kind::Order && !self.picks.is_empty();
        !self.input.is_empty() || arranged || self.partners.iter().any(Option::is_some)
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
                if self.kind == Kind::Match {
                    self.pair(index);
                } else if index < self.choices {
                    return self.pick(index);
                }
            }
            Command::Erase => {
                self.input.pop();
                if self.kind == Kind::Order {
                    self.picks.pop();
                }
                self.unpair();
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
            Kind::Choice | Kind::Bug => {
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
            Kind::Number | Kind::Match => {}
        }
        false
    }

    /// Gives the one under the cursor its partner, and goes on to the next that has none.
    pub fn pair(&mut self, right: usize) {
        let Some(partner) = self.partners.get_mut(self.focus) else {
            return;
        };
        if right >= self.rights {
            return;
        }
        *partner = Some(right);
        self.verdict = None;
        let count = self.partners.len();
        let after = (1..count).map(|step| (self.focus + step) % count);
        let lonely = after
            .into_iter()
            .find(|left| self.partners[*left].is_none());
        self.focus = lonely.unwrap_or(self.focus);
    }

    /// Takes the partner back: of the one under the cursor, else of the one above it.
    fn unpair(&mut self) {
        let upwards = (0..self.partners.len())
            .rev()
            .cycle()
            .skip_while(|left| *left != self.focus);
        let paired = upwards.take(self.partners.len());
        if let Some(left) = paired
            .into_iter()
            .find(|left| self.partners[*left].is_some())
        {
            self.partners[left] = None;
            self.focus = left;
            self.verdict = None;
        }
    }

    /// Whether there is an answer to give.
    pub fn is_ready(&self) -> bool {
        match self.kind {
            Kind::Choice | Kind::Bug => true,
            Kind::Match => self.partners.iter().all(Option::is_some),
            Kind::Multi | Kind::Order => !self.picks.is_empty(),
            Kind::Number => self.input.parse::<f64>().is_ok(),
        }
    }

    /// Whether the last answer was right.
    pub fn is_right(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.right)
    }

    /// Nothing is said to the answer; what was chosen stays.
    pub fn forget_verdict(&mut self) {
        (self.verdict, self.said_at) = (None, None);
    }

    fn confirm(&mut self) -> bool {
        if self.one_key() {
            self.pick(self.focus);
        }
        self.is_ready()
    }

    /// The answer as the log keeps it: `b`, `a c`, `66`, `3 1 2`, `1c 2a`.
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
            Kind::Match => {
                let sides = self.partners.iter().enumerate();
                let pair = |(left, right): (usize, &Option<usize>)| {
                    Some(format!("{}{}", left + 1, mark::letter((*right)?)))
                };
                joined(sides.filter_map(pair).collect())
            }
            Kind::Order | Kind::Bug => joined(
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
                self.said_at = match self.kind {
                    Kind::Bug => verdict.picked.first().copied().filter(|_| !verdict.right),
                    _ => verdict.picked.iter().find(wrongly).copied(),
                };
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
