//! Spaced review: which questions come back when. Pure: a fold over the answers, with the clock given.
//!
//! A question that was answered rightly comes back after 1, then 3, 7 and 21 days, and then every 21. A wrong answer,
//! or none, brings it back at once and starts again at 1. A right answer that comes before its time changes nothing:
//! who repeats at once what was just explained has not remembered it.

use std::collections::HashMap;

use crate::model::{AnswerRecord, Record};

use super::{concept, seeded_rng::SeededRng};

const DAY: u64 = 24 * 60 * 60;
/// Clocks of two machines, and one that is corrected, may differ by less than this (seconds).
const SLACK: u64 = 60 * 60;
/// Days after which a question comes back, one after the other.
pub(crate) const STEPS: [u64; 4] = [1, 3, 7, 21];

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
    pub(crate) fn day_of(self, at: u64) -> Option<usize> {
        usize::try_from(self.calendar_day(at) - self.calendar_day(self.now)).ok()
    }

    /// Days of the learner's calendar since 1970.
    fn calendar_day(self, at: u64) -> i64 {
        let at = (at as i64).saturating_add(self.ahead_of_utc);
        at.div_euclid(DAY as i64)
    }

    /// The name of the weekday that is so many days after today: `Mon`.
    pub(crate) fn weekday(self, days: usize) -> &'static str {
        const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let today = self.calendar_day(self.now).rem_euclid(7);
        NAMES[(today as usize + days) % 7]
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Memory {
    /// How many steps it was remembered; 0: missed.
    step: usize,
    /// When it is due, in seconds since 1970.
    due: u64,
    /// When it was answered last.
    at: u64,
}

impl Memory {
    /// When it is due, as far as that can be known now. An answer from the future was given while the clock was ahead:
    /// nobody knows when, so the question is due.
    fn due(&self, now: u64) -> u64 {
        match self.at > now.saturating_add(SLACK) {
            true => now,
            false => self.due,
        }
    }
}

/// What is remembered, by lesson and question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    questions: HashMap<(String, String), Memory>,
}

impl Review {
    pub(crate) fn add(&mut self, record: &Record) {
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
        let missed = Memory {
            step: 0,
            due: answer.at,
            at: answer.at,
        };
        let known = self.questions.entry(key).or_insert(missed);
        // The log is in the order of the answers: the clock was ahead at the one before, and its date means nothing.
        if known.at > answer.at.saturating_add(SLACK) {
            known.due = answer.at;
        }
        known.at = answer.at;
        if !answer.right {
            *known = missed;
        } else if answer.at >= known.due {
            let days = STEPS[known.step.min(STEPS.len() - 1)];
            known.due = answer.at.saturating_add(days * DAY);
            known.step += 1;
        }
    }

    /// Whether a question is due at a time; what was never asked is not.
    pub(crate) fn is_due(&self, lesson: &str, question: &str, now: u64) -> bool {
        let due = self.due_at(lesson, question, now);
        due.is_some_and(|due| due <= now)
    }

    pub(crate) fn due_at(&self, lesson: &str, question: &str, now: u64) -> Option<u64> {
        let key = (lesson.to_owned(), question.to_owned());
        self.questions.get(&key).map(|memory| memory.due(now))
    }

    /// Which of these questions, each by the ids of its lesson and its own, are due: their places, mixed over the
    /// modules, in the same order all day.
    pub(crate) fn due<'a>(
        &self,
        questions: impl Iterator<Item = (&'a str, &'a str)>,
        now: u64,
    ) -> Vec<usize> {
        let is_due = |(at, (lesson, question))| self.is_due(lesson, question, now).then_some(at);
        let mut due: Vec<usize> = questions.enumerate().filter_map(is_due).collect();
        SeededRng::of(&(now / DAY).to_string()).shuffle(&mut due);
        due
    }

    /// The days, from 0 for today, on which these questions come back that are not due yet.
    pub(crate) fn ahead<'a>(
        &'a self,
        questions: impl Iterator<Item = (&'a str, &'a str)> + 'a,
        clock: Clock,
    ) -> impl Iterator<Item = usize> + 'a {
        let due = questions
            .filter_map(move |(lesson, question)| self.due_at(lesson, question, clock.now));
        due.filter(move |due| *due > clock.now)
            .filter_map(move |due| clock.day_of(due))
    }

    /// When the next one of these questions comes back that is not due yet.
    pub(crate) fn next<'a>(
        &self,
        questions: impl Iterator<Item = (&'a str, &'a str)>,
        now: u64,
    ) -> Option<u64> {
        let due = questions.filter_map(|(lesson, question)| self.due_at(lesson, question, now));
        due.filter(|due| *due > now).min()
    }
}

/// `in 3 days`, `tomorrow`, `within the hour`.
pub(crate) fn until(due: u64, now: u64) -> String {
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

    fn review(answers: &[(bool, u64)]) -> Review {
        let mut review = Review::default();
        for (right, at) in answers {
            review.add(&Record::Answer(AnswerRecord {
                lesson: "road".into(),
                question: "count".into(),
                given: Given::Options(vec![1]),
                right: *right,
                at: *at,
            }));
        }
        review
    }

    #[test]
    fn a_question_comes_back_when_it_is_due() {
        let (right, missed) = (true, false);
        let day = |days: u64| (right, days * DAY);
        for (answers, due) in [
            (&[day(0)][..], DAY),
            (&[day(0), day(1)], 4 * DAY),
            (&[day(0), day(1), day(4)], 11 * DAY),
            (&[day(0), day(1), day(4), day(11)], 32 * DAY),
            (&[day(0), day(1), day(4), day(11), day(32)], 53 * DAY),
            (&[day(0), day(1), (missed, 2 * DAY)], 2 * DAY),
            (
                &[day(0), day(1), (missed, 2 * DAY), (right, 2 * DAY + 5)],
                3 * DAY + 5,
            ),
            // Before its time, a right answer changes nothing.
            (&[day(0), (right, 60), (right, 120)], DAY),
        ] {
            assert_eq!(
                review(answers).due_at("road", "count", 99 * DAY),
                Some(due),
                "{answers:?}"
            );
        }
    }

    #[test]
    fn what_was_passed_is_due_and_what_was_reset_is_forgotten() {
        let mut review = review(&[(false, 7)]);
        assert!(review.is_due("road", "count", 7));
        review.add(&Record::Reset(Reset {
            lesson: "road".into(),
            at: 8,
        }));
        assert_eq!(review.due_at("road", "count", 9), None);
        assert!(!review.is_due("road", "count", u64::MAX));
    }

    #[test]
    fn an_answer_from_the_future_is_due_now_and_does_not_count_against_later_ones() {
        let ahead = 1000 * DAY;
        for was_right in [true, false] {
            let mut review = review(&[(was_right, ahead)]);
            assert!(review.is_due("road", "count", 0));
            assert_eq!(review.next([("road", "count")].into_iter(), 0), None);
            review.add(&Record::Answer(AnswerRecord {
                lesson: "road".into(),
                question: "count".into(),
                given: Given::Options(vec![1]),
                right: true,
                at: DAY,
            }));
            let days = if was_right { 3 } else { 1 };
            assert!(!review.is_due("road", "count", DAY + 1));
            assert_eq!(review.due_at("road", "count", DAY), Some(DAY + days * DAY));
        }
        // Two clocks that differ by a minute.
        let review = review(&[(true, 60)]);
        assert_eq!(review.due_at("road", "count", 0), Some(60 + DAY));
    }

    #[test]
    fn days_are_those_of_the_learner_and_what_is_due_is_on_none() {
        // 1970-01-01 was a Thursday. It is 22:00 UTC: 23:00 for the learner, an hour before Friday.
        let clock = |now| Clock {
            now,
            ahead_of_utc: 3600,
        };
        let evening = clock(22 * 3600);
        assert_eq!((evening.weekday(0), evening.weekday(1)), ("Thu", "Fri"));
        assert_eq!(evening.day_of(evening.now + 3599), Some(0));
        assert_eq!(evening.day_of(evening.now + 3600), Some(1));
        assert_eq!(evening.day_of(0), Some(0));
        assert_eq!(clock(3 * DAY).day_of(0), None);
        let review = review(&[(true, evening.now)]);
        let ahead = |clock| -> Vec<usize> {
            let questions = [("road", "count"), ("road", "never-asked")];
            review.ahead(questions.into_iter(), clock).collect()
        };
        assert_eq!(ahead(evening), [1]);
        assert!(ahead(clock(evening.now + DAY)).is_empty());
    }

    #[test]
    fn the_time_until_then_in_words() {
        for (due, words) in [
            (0, "within the hour"),
            (5 * 3600, "in 5 hours"),
            (DAY + 5, "tomorrow"),
            (3 * DAY, "in 3 days"),
        ] {
            assert_eq!(until(due, 0), words);
        }
    }
}
