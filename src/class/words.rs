//! Answers as people type and read them: the same words as in the course.

use super::{Answer, Poll, PollKind};
use crate::course::kinds::typed;
use crate::model::Given;

impl Poll {
    /// An answer as it is typed: `b`, `a c`, `66`, `3 1 2`, `1c 2a`.
    ///
    /// # Errors
    /// A line on how to write it.
    pub(crate) fn read(&self, text: &str) -> Result<Answer, String> {
        let count = self.options.len();
        let list = match self.kind {
            PollKind::Number => {
                let unit = self.unit.as_deref().unwrap_or_default();
                return typed::number(text, unit).map(Answer::Number);
            }
            PollKind::Choice => typed::letters(count, text)?,
            PollKind::Multi => {
                let mut picked = typed::letters(count, text)?;
                picked.sort_unstable();
                picked
            }
            PollKind::Order | PollKind::Bug => typed::positions(count, text)?,
            PollKind::Match => {
                let pairs = typed::pairs(count, self.rights.len(), text)?;
                if pairs.len() < count {
                    return Err(format!("each of the {count} wants a partner, as in 1c 2a"));
                }
                pairs.into_iter().map(|(_, right)| right).collect()
            }
        };
        let answer = Answer::List(list);
        match self.check(&answer) {
            Ok(()) => Ok(answer),
            Err(_) => Err(format!("write {}", self.how())),
        }
    }

    /// How it is answered: `one letter, as in b`.
    pub(crate) fn how(&self) -> String {
        match self.kind {
            PollKind::Choice => "one letter, as in b".to_owned(),
            PollKind::Multi => "every letter that is right, as in a c".to_owned(),
            PollKind::Number => match &self.unit {
                Some(unit) => format!("a number of {unit}"),
                None => "a number".to_owned(),
            },
            PollKind::Order => {
                "the numbers of the lines that belong, in their order, as in 3 1 2".to_owned()
            }
            PollKind::Match => "a pair for each number, as in 1c 2a".to_owned(),
            PollKind::Bug => "the number of the line that is wrong, as in 3".to_owned(),
        }
    }

    /// The mark of an option: `b`, or `2` for lines.
    pub(crate) fn mark(&self, option: usize) -> String {
        match self.kind {
            PollKind::Choice | PollKind::Multi => Given::letter(option).to_string(),
            _ => (option + 1).to_string(),
        }
    }

    /// An answer in its marks: `b`, `a c`, `66 calls`, `3 1 2`.
    pub(crate) fn briefly(&self, answer: &Answer) -> String {
        match (answer, self.kind) {
            (Answer::List(list), PollKind::Choice | PollKind::Multi | PollKind::Bug) => {
                let marks = list.iter().map(|option| self.mark(*option));
                marks.collect::<Vec<_>>().join(" ")
            }
            _ => self.in_words(answer),
        }
    }

    /// An answer in words: `b) none`, `66 calls`, `3 1 2`, `1c 2a`.
    pub(crate) fn in_words(&self, answer: &Answer) -> String {
        let list = match answer {
            Answer::Number(number) => {
                return typed::with_unit(*number, self.unit.as_deref().unwrap_or_default());
            }
            Answer::List(list) => list,
        };
        let option = |at: &usize| {
            let text = self.options.get(*at).map_or("", |text| text.trim());
            format!("{}) {text}", self.mark(*at))
        };
        match self.kind {
            PollKind::Order => Given::Lines(list.clone()).to_string(),
            PollKind::Match => Given::Pairs(list.iter().copied().enumerate().collect()).to_string(),
            _ => list.iter().map(option).collect::<Vec<_>>().join("; "),
        }
    }
}
