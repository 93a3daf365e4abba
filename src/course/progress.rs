//! What a learner has seen and answered: a fold over the records of the log, in their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::model::{AnswerRecord, Given, Record, Reset, Visit};

use super::{
    catalogue::Catalogue,
    concept::{Score, Sitting},
    lesson::{Lesson, Objective, Question},
    review::Review,
};

/// The state that the records come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    lessons: HashMap<String, LessonProgress>,
    /// Which questions come back when.
    pub(crate) review: Review,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LessonProgress {
    /// The pages that were opened, from 1.
    pub pages_seen: BTreeSet<u32>,
    /// The page that was opened last: where to go on.
    pub last_page: Option<u32>,
    /// The last answer to each question and prediction, by its id.
    pub answers: BTreeMap<String, LastAnswer>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LastAnswer {
    /// What was answered: a question that was passed unanswered keeps its last answer.
    pub given: Given,
    pub right: bool,
    /// When, in seconds since 1970 (UTC).
    pub at: u64,
    /// How often the question was answered.
    pub times: u32,
}

/// Counts over one lesson, or over the course, as an export has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub pages_seen: usize,
    pub pages: usize,
    /// Questions whose last answer was right.
    #[serde(rename = "questions_right")]
    pub right: usize,
    #[serde(rename = "questions_wrong")]
    pub wrong: usize,
    /// Questions there are, without predictions.
    pub questions: usize,
    pub objectives_reached: usize,
    pub objectives: usize,
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, other: Totals) {
        self.pages += other.pages;
        self.pages_seen += other.pages_seen;
        self.questions += other.questions;
        self.right += other.right;
        self.wrong += other.wrong;
        self.objectives += other.objectives;
        self.objectives_reached += other.objectives_reached;
    }
}

impl Progress {
    /// The state after all of these records.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Progress {
        let mut progress = Progress::default();
        for record in records {
            progress.add(record);
        }
        progress
    }

    /// Takes one more record.
    pub fn add(&mut self, record: &Record) {
        self.review.add(record);
        match record {
            Record::Answer(answer) => self.answer(answer),
            Record::Visit(Visit { lesson, page, .. }) => {
                let lesson = self.entry(lesson);
                lesson.pages_seen.insert(*page);
                lesson.last_page = Some(*page);
            }
            Record::Reset(Reset { lesson, .. }) => {
                self.lessons.remove(lesson);
            }
        }
    }

    fn answer(&mut self, answer: &AnswerRecord) {
        if answer.given == Given::Skipped {
            return;
        }
        let answers = &mut self.entry(&answer.lesson).answers;
        let times = answers.get(&answer.question).map_or(0, |last| last.times);
        let last = LastAnswer {
            given: answer.given.clone(),
            right: answer.right,
            at: answer.at,
            times: times.saturating_add(1),
        };
        answers.insert(answer.question.clone(), last);
    }

    fn entry(&mut self, lesson: &str) -> &mut LessonProgress {
        // Nearly every record is of a lesson that is there already: no key is made for those.
        if !self.lessons.contains_key(lesson) {
            self.lessons
                .insert(lesson.to_owned(), LessonProgress::default());
        }
        self.lessons.get_mut(lesson).expect("just put there")
    }

    /// The state of a lesson; none where nothing of it is remembered.
    pub fn lesson(&self, id: &str) -> Option<&LessonProgress> {
        self.lessons.get(id)
    }

    /// The last answer to a question or prediction.
    pub fn answered(&self, lesson: &str, question: &str) -> Option<&LastAnswer> {
        self.lesson(lesson)?.answers.get(question)
    }

    /// Whether a page was opened.
    pub fn has_seen(&self, lesson: &str, page: u32) -> bool {
        self.lesson(lesson)
            .is_some_and(|lesson| lesson.pages_seen.contains(&page))
    }

    /// The objectives that were reached: every question of it was answered rightly when it was answered last,
    /// and every prediction of it was made. A guess can be wrong and still have taught what it was for.
    pub fn objectives_reached<'a>(&self, lesson: &'a Lesson) -> Vec<&'a Objective> {
        let of = |id: &str| self.answered(&lesson.id, id);
        let is_reached = |objective: &&Objective| {
            let serves = |named: &Option<String>| named.as_ref() == Some(&objective.id);
            let questions = lesson.questions().filter(|it| serves(&it.objective));
            let right = questions.map(|question| of(&question.id).is_some_and(|last| last.right));
            let predictions = lesson.predictions().filter(|it| serves(&it.objective));
            let made = predictions.map(|predict| of(&predict.id).is_some());
            let mut reached = right.chain(made).peekable();
            reached.peek().is_some() && reached.all(|reached| reached)
        };
        lesson.objectives.iter().filter(is_reached).collect()
    }

    /// Counts over a lesson as it is now: pages and questions that it no longer has do not count.
    pub(crate) fn totals_of(&self, lesson: &Lesson) -> Totals {
        let mut totals = Totals {
            pages: lesson.pages.len(),
            questions: lesson.questions().count(),
            objectives: lesson.objectives.len(),
            objectives_reached: self.objectives_reached(lesson).len(),
            ..Totals::default()
        };
        if let Some(state) = self.lesson(&lesson.id) {
            let is_there = |page: &&u32| (1..=lesson.pages.len()).contains(&(**page as usize));
            totals.pages_seen = state.pages_seen.iter().filter(is_there).count();
            let last = lesson
                .questions()
                .filter_map(|it| state.answers.get(&it.id));
            let (right, wrong): (Vec<_>, Vec<_>) = last.partition(|last| last.right);
            (totals.right, totals.wrong) = (right.len(), wrong.len());
        }
        totals
    }

    /// The score of a sitting of the concept test; none where nothing was answered.
    pub(crate) fn score(&self, test: &Lesson, sitting: Sitting) -> Option<Score> {
        let answer = |question: &Question| self.answered(sitting.id(), &question.id);
        let answers: Vec<_> = test.questions().filter_map(answer).collect();
        (!answers.is_empty()).then(|| Score {
            answered: answers.len(),
            right: answers.iter().filter(|last| last.right).count(),
            of: test.questions().count(),
        })
    }

    pub(crate) fn scores(&self, test: &Lesson) -> [Option<Score>; 2] {
        Sitting::ALL.map(|sitting| self.score(test, sitting))
    }

    /// Counts over the course.
    pub fn totals(&self, catalogue: &Catalogue) -> Totals {
        let mut totals = Totals::default();
        for lesson in catalogue.lessons() {
            totals += self.totals_of(lesson);
        }
        totals
    }
}
