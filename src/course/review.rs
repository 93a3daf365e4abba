//! Spaced review: which questions come back when. Pure: a fold over the answers, with the clock given.
//!
//! A question that was answered rightly comes back after 1, then 3, 7 and 21 days, and then every 21. A wrong answer,
//! or none, brings it back at once and starts again at 1. A right answer that comes before its time changes nothing:
//! who repeats at once what was just explained has not remembered it.

use std::collections::HashMap;

use crate::model::{AnswerRecord, Record};

use super::{concept, seeded_rng::SeededRng};

const DAY: u64 = 24 * 60 * 60;
/// Days after which a question comes back, one after the other.
pub const STEPS: [u64; 4] = [1, 3, 7, 21];

/// A moment, and how far the learner's wall clock is ahead of UTC then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Seconds since 1970 (UTC).
    pub now: u64,
    /// Seconds; less than 0 where it is behind.
    pub ahead_of_utc: i64,
}

impl Clock {
    /// On which day of the learner's calendar a time is: 0 today, 1 tomorrow. None: it was before today.
    pub fn day_of(self, at: u64) -> Option<usize> {
        let day = |at: u64| {
            (at as i64)
                .saturating_add(self.ahead_of_utc)
                .div_euclid(DAY as i64)
        };
        usize::try_from(day(at) - day(self.now)).ok()
    }

    /// The name of the weekday that is so many days after today: `Mon`.
    pub fn weekday(self, days: usize) -> &'static str {
        const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let today = (self.now as i64)
            .saturating_add(self.ahead_of_utc)
            .div_euclid(DAY as i64);
        NAMES[(today.rem_euclid(7) as usize + days) % 7]
    }
}

/// What is remembered of one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Memory {
    /// How many steps it was remembered; 0: missed.
    step: usize,
    /// When it is due, in seconds since 1970.
    due: u64,
}

/// What is remembered, by lesson and question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    questions: HashMap<(String, String), Memory>,
}

impl Review {
    /// The state after all of these records.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Review {
        let mut review = Review::default();
        for record in records {
            review.add(record);
        }
        review
    }

    /// Takes one more record.
    pub fn add(&mut self, record: &Record) {
        match record {
            Record::Answer(answer) if !concept::is_sitting(&answer.lesson) => self.answer(answer),
            Record::Reset(reset) => self
                .questions
                .retain(|(lesson, _), _| *lesson != reset.lesson),
            _ => {}
        }
    }

    fn answer(&mut self, answer: &AnswerRecord) {
        let key = (answer.lesson.clone(), answer.question.clone());
        let known = self.questions.entry(key).or_insert(Memory {
            step: 0,
            due: answer.at,
        });
        if !answer.right {
            *known = Memory {
                step: 0,
                due: answer.at,
            };
        } else if answer.at >= known.due {
            known.due = answer
                .at
                .saturating_add(STEPS[known.step.min(STEPS.len() - 1)] * DAY);
            known.step += 1;
        }
    }

    /// Whether a question is due at a time; what was never asked is not.
    pub fn is_due(&self, lesson: &str, question: &str, now: u64) -> bool {
        self.due_at(lesson, question).is_some_and(|due| due <= now)
    }

    /// When a question comes back.
    pub fn due_at(&self, lesson: &str, question: &str) -> Option<u64> {
        let key = (lesson.to_owned(), question.to_owned());
        self.questions.get(&key).map(|memory| memory.due)
    }

    /// Which of these questions, each by the ids of its lesson and its own, are due: their places, mixed over the
    /// modules, in the same order all day.
    pub fn due<'a>(
        &self,
        questions: impl Iterator<Item = (&'a str, &'a str)>,
        now: u64,
    ) -> Vec<usize> {
        let mut due: Vec<usize> = questions
            .enumerate()
            .filter(|(_, (lesson, question))| self.is_due(lesson, question, now))
            .map(|(at, _)| at)
            .collect();
        SeededRng::of(&(now / DAY).to_string()).shuffle(&mut due);
        due
    }

    /// The days, from 0 for today, on which these questions come back that are not due yet.
    pub fn ahead<'a>(
        &'a self,
        questions: impl Iterator<Item = (&'a str, &'a str)> + 'a,
        clock: Clock,
    ) -> impl Iterator<Item = usize> + 'a {
        questions
            .filter_map(|(lesson, question)| self.due_at(lesson, question))
            .filter(move |due| *due > clock.now)
            .filter_map(move |due| clock.day_of(due))
    }

    /// When the next one of these questions comes back that is not due yet.
    pub fn next<'a>(
        &self,
        questions: impl Iterator<Item = (&'a str, &'a str)>,
        now: u64,
    ) -> Option<u64> {
        let due = questions.filter_map(|(lesson, question)| self.due_at(lesson, question));
        due.filter(|due| *due > now).min()
    }
}

/// `in 3 days`, `tomorrow`, `within the hour`.
pub fn until(due: u64, now: u64) -> String {
    match due.saturating_sub(now) {
        0..3600 => "within the hour".to_owned(),
        seconds @ 3600..DAY => format!("in {} hours", seconds.div_ceil(3600)),
        seconds if seconds < 2 * DAY => "tomorrow".to_owned(),
        seconds => format!("in {} days", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Given, Reset};

    fn answer(right: bool, at: u64) -> Record {
        Record::Answer(AnswerRecord {
            lesson: "road".into(),
            question: "count".into(),
            given: Given::Options(vec![1]),
            right,
            at,
        })
    }

    fn due(records: &[Record]) -> Option<u64> {
        Review::of(records).due_at("road", "count")
    }

    #[test]
    fn right_answers_in_their_time_come_back_after_1_3_7_and_21_days() {
        let mut records = Vec::new();
        let mut now = 1_000_000;
        for days in [1, 3, 7, 21, 21, 21] {
            records.push(answer(true, now));
            assert_eq!(due(&records), Some(now + days * DAY));
            now += days * DAY;
        }
    }

    #[test]
    fn a_missed_one_comes_back_at_once_and_starts_again() {
        let mut records = vec![answer(true, 0), answer(true, DAY), answer(false, 2 * DAY)];
        assert_eq!(due(&records), Some(2 * DAY));
        records.push(answer(true, 2 * DAY + 5));
        assert_eq!(due(&records), Some(3 * DAY + 5));
    }

    #[test]
    fn a_right_answer_before_its_time_changes_nothing() {
        let records = [answer(true, 0), answer(true, 60), answer(true, 120)];
        assert_eq!(due(&records), Some(DAY));
    }

    #[test]
    fn what_was_passed_is_due_and_what_was_reset_is_forgotten() {
        let mut records = vec![answer(false, 7)];
        assert!(Review::of(&records).is_due("road", "count", 7));
        records.push(Record::Reset(Reset {
            lesson: "road".into(),
            at: 8,
        }));
        assert_eq!(due(&records), None);
        assert!(!Review::default().is_due("road", "count", u64::MAX));
    }

    #[test]
    fn days_are_those_of_the_learner_and_what_is_due_is_on_none() {
        // 1970-01-01 was a Thursday. It is 22:00 UTC: 23:00 for the learner, an hour before Friday.
        let clock = Clock {
            now: 22 * 3600,
            ahead_of_utc: 3600,
        };
        assert_eq!((clock.weekday(0), clock.weekday(1)), ("Thu", "Fri"));
        assert_eq!(clock.day_of(clock.now + 3599), Some(0));
        assert_eq!(clock.day_of(clock.now + 3600), Some(1));
        assert_eq!(clock.day_of(0), Some(0));
        assert_eq!(
            Clock {
                now: 3 * DAY,
                ..clock
            }
            .day_of(0),
            None
        );
        let later = Clock {
            now: clock.now + DAY,
            ..clock
        };
        let review = Review::of(&[answer(true, clock.now)]);
        let ahead = |clock| -> Vec<usize> {
            let questions = [("road", "count"), ("road", "never-asked")];
            review.ahead(questions.into_iter(), clock).collect()
        };
        assert_eq!(ahead(clock), [1]);
        assert!(ahead(later).is_empty(), "what is due comes back no more");
    }

    #[test]
    fn the_time_until_then_in_words() {
        assert_eq!(until(100, 100), "within the hour");
        assert_eq!(until(5 * 3600, 0), "in 5 hours");
        assert_eq!(until(DAY + 5, 0), "tomorrow");
        assert_eq!(until(3 * DAY, 0), "in 3 days");
    }
}
