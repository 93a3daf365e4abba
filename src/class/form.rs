//! A question of a room as a seat answers it: the forms of the course, filled from what the room sends.

use super::{Answer, Poll, PollKind};
use crate::course::kinds::{Draft, Form, Options};
use crate::model::Given;

impl Poll {
    /// The form that answers it; the answer is not in it.
    pub(crate) fn form(&self) -> Form {
        // The room calls options by their letters; keys choose them by number.
        let lettered = self.options.iter().enumerate();
        let lettered = lettered.map(|(at, text)| format!("{}) {text}", self.mark(at)));
        let rights = self.rights.iter().enumerate();
        let rights = rights.map(|(at, text)| format!("{}) {text}", Given::letter(at)));
        match self.kind {
            PollKind::Choice => Form::One {
                options: Options::new(lettered),
                is_code: false,
            },
            PollKind::Bug => Form::One {
                options: Options::new(self.options.iter().cloned()),
                is_code: true,
            },
            PollKind::Multi => Form::Several(Options::new(lettered)),
            PollKind::Order => Form::Order(self.options.clone()),
            PollKind::Match => Form::Match {
                lefts: lettered.collect(),
                rights: rights.collect(),
            },
            PollKind::Number => Form::number(self.unit.as_deref().unwrap_or_default(), self.scale),
        }
    }

    /// The state of its form with an answer that was given.
    pub(crate) fn draft_of(&self, form: &Form, answer: &Answer) -> Draft {
        form.draft_of(&match (answer, self.kind) {
            (Answer::Number(number), _) => Given::Number(*number),
            (Answer::List(list), PollKind::Match) => {
                Given::Pairs(list.iter().copied().enumerate().collect())
            }
            (Answer::List(list), _) => Given::Options(list.clone()),
        })
    }
}

impl Answer {
    /// What a form gives; none where that is no answer.
    pub(crate) fn of(given: Given) -> Option<Answer> {
        match given {
            Given::Number(number) => Some(Answer::Number(number)),
            Given::Options(picks) | Given::Lines(picks) => Some(Answer::List(picks)),
            Given::Pairs(pairs) => Some(Answer::List(
                pairs.into_iter().map(|(_, right)| right).collect(),
            )),
            Given::Skipped | Given::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::kinds::{Key, Press};

    fn poll(kind: &str) -> Poll {
        let json = serde_json::json!({
            "id": "q", "lesson": "l", "kind": kind, "text": "?", "options": ["a", "b", "c"],
            "rights": ["x", "y"], "unit": "calls", "scale": null, "right": null,
        });
        serde_json::from_value(json).unwrap()
    }

    /// The same keys as in the course; what comes of them is what the room takes, and leads back to the same form.
    #[test]
    fn keys_make_answers_that_the_room_takes() {
        let digits = |text: &str| text.chars().map(Key::Digit).collect::<Vec<_>>();
        for (kind, keys, answer) in [
            ("choice", "12", Answer::List(vec![1])),
            ("bug", "3", Answer::List(vec![2])),
            ("multi", "31", Answer::List(vec![0, 2])),
            ("order", "312", Answer::List(vec![2, 0, 1])),
            ("match", "212", Answer::List(vec![1, 0, 1])),
            ("number", "33", Answer::Number(33.0)),
        ] {
            let poll = poll(kind);
            let form = poll.form();
            let mut draft = form.draft();
            assert_eq!(form.press(&mut draft, Key::Confirm), Press::Same, "{kind}");
            for key in digits(keys) {
                assert_ne!(form.press(&mut draft, key), Press::Given, "{kind}");
            }
            assert_eq!(form.press(&mut draft, Key::Confirm), Press::Given, "{kind}");
            let given = form.given(&draft).and_then(Answer::of).unwrap();
            assert_eq!(given, answer, "{kind}");
            assert_eq!(poll.check(&given), Ok(()), "{kind}");
            let again = form.given(&poll.draft_of(&form, &given));
            assert_eq!(again.and_then(Answer::of), Some(answer), "{kind}");
        }
    }
}
