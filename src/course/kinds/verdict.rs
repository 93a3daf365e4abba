//! How an answer is judged, and what is said to it.

use crate::model::Given;

/// How an answer was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether it is right.
    pub right: bool,
    /// What is said to a wrong answer; none where nothing is known about that answer.
    pub reaction: Option<Reaction>,
    /// The right answer, in words: `b) none`, `66 calls`, `3 1 2`.
    pub answer: String,
    /// The answer that was judged.
    pub given: Given,
}

/// What is said to a wrong answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// The belief behind the answer, as the learner would put it: `A mode switch is a context switch.`
    pub misconception: String,
    /// What answers it, in CommonMark.
    pub feedback: String,
}

impl Verdict {
    /// Right where there is no reaction.
    pub(super) fn of(given: &Given, reaction: Option<Reaction>, answer: String) -> Verdict {
        Verdict {
            right: reaction.is_none(),
            reaction,
            answer,
            given: given.clone(),
        }
    }
}

impl Reaction {
    /// Both, as two paragraphs.
    pub(crate) fn markdown(&self) -> String {
        format!("{}\n\n{}", self.misconception, self.feedback)
    }

    /// What is said where nothing is wrong, and something is missing.
    pub(super) fn incomplete(feedback: String) -> Reaction {
        Reaction {
            feedback,
            ..Reaction::default()
        }
    }
}

/// A wrong answer that shows a misconception.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong<T> {
    /// The answer: a number, a formula, a line.
    pub answer: T,
    pub reaction: Reaction,
}
