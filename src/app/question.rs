//! A question on the screen: what is chosen or typed, and what was said to it.

use super::Command;
use crate::course::{
    Question, Verdict,
    kinds::{Draft, Key, Kind, Press, Shown},
};
use crate::model::{Given, Summary};

/// A question, as far as it is answered.
#[derive(Clone, Debug)]
pub struct QuestionState {
    /// With its values, where they are drawn.
    pub(crate) asked: Question,
    /// It can be asked again with other values.
    pub(crate) has_others: bool,
    /// Which drawing of values this is.
    turn: u64,
    pub(crate) draft: Draft,
    /// What was said to the last answer.
    pub verdict: Option<Verdict>,
    /// Why the answer cannot be marked here.
    pub(crate) refused: Option<String>,
    pub(crate) hints: usize,
    pub(crate) explained: bool,
    /// The answer waits for the run that marks it.
    pub(crate) waiting: bool,
}

impl QuestionState {
    /// A question that nobody has answered yet. `turn` says which values are drawn, where any are.
    pub(crate) fn new(question: &Question, turn: u64) -> QuestionState {
        let asked = question.asked(turn);
        QuestionState {
            draft: asked.kind.draft(),
            asked,
            has_others: question.is_drawn(),
            turn,
            verdict: None,
            refused: None,
            hints: 0,
            explained: false,
            waiting: false,
        }
    }

    fn kind(&self) -> &dyn Kind {
        &*self.asked.kind
    }

    /// The same question with other values.
    pub(crate) fn draw_again(&mut self, question: &Question) {
        *self = QuestionState::new(question, self.turn.wrapping_add(1));
    }

    /// Digits choose.
    pub(crate) fn chooses(&self) -> bool {
        !self.kind().is_typed()
    }

    /// Digits are typed.
    pub(crate) fn types(&self) -> bool {
        self.kind().is_typed()
    }

    /// How many answers digits choose from.
    pub(crate) fn options(&self) -> usize {
        let means = |digit: &char| {
            let mut draft = self.kind().draft();
            self.kind().press(&mut draft, Key::Digit(*digit)) != Press::Same
        };
        ('1'..='9').filter(means).count()
    }

    /// There is something to take back.
    pub(crate) fn erasable(&self) -> bool {
        self.kind().can_erase(&self.draft)
    }

    /// Whether there is an answer to give: what is chosen is given once.
    pub(crate) fn is_ready(&self) -> bool {
        let is_given = self.chooses() && self.verdict.is_some();
        !is_given && !self.waiting && self.kind().given(&self.draft).is_some()
    }

    pub(crate) fn is_right(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.right)
    }

    /// A key or a click. True: the answer is given, and is to be marked.
    pub(crate) fn press(&mut self, key: Key) -> bool {
        if key == Key::Confirm && !self.is_ready() {
            return false;
        }
        let press = self.asked.kind.press(&mut self.draft, key);
        if press == Press::Changed {
            self.forget_verdict();
        }
        press == Press::Given
    }

    /// Nothing is said to the answer; what was chosen stays.
    pub(crate) fn forget_verdict(&mut self) {
        self.verdict = None;
    }

    /// What its view is made from.
    pub(crate) fn shown(&self, roomy: bool) -> Shown<'_> {
        Shown {
            draft: &self.draft,
            verdict: self.verdict.as_ref(),
            explained: self.explained,
            waiting: self.waiting,
            roomy,
        }
    }

    /// Marks the answer. Gives it, and whether it was right; none where it cannot be marked.
    pub(crate) fn mark(&mut self, run: Option<&Summary>) -> Option<(Given, bool)> {
        self.waiting = false;
        let marked = self.asked.mark(&self.kind().given(&self.draft)?, run);
        let kept = marked.as_ref().ok();
        let kept = kept.map(|marked| (marked.given.clone(), marked.right));
        (self.verdict, self.refused) = match marked {
            Ok(verdict) => (Some(verdict), None),
            Err(why) => (None, Some(why)),
        };
        kept
    }
}

/// What a command means to an answer; none where it means nothing.
pub(super) fn key(command: Command) -> Option<Key> {
    Some(match command {
        Command::Up => Key::Up,
        Command::Down => Key::Down,
        Command::Digit(digit) => Key::Digit(digit),
        Command::Erase => Key::Erase,
        Command::Confirm => Key::Confirm,
        _ => return None,
    })
}
