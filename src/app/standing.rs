//! How the learner stands in the course: where each module goes on, what is due, the concept test.

use super::{Copies, Shared};
use crate::course::{
    Lesson, Question,
    concept::{self, Sitting},
};
use crate::model::{Method, Sink};

/// Days that the week of reviews shows.
pub(crate) const WEEK: usize = 7;

/// How often the CPU copies each byte in a lesson's transfers, at a glance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance {
    /// By the transfer that copies least.
    pub least: f64,
    /// By the one that copies most, with what the kernel reports.
    pub most: f64,
    /// It is one transfer, and part of it is what the kernel reports.
    pub(crate) reported: bool,
}

impl Shared {
    /// The page (index) at which a lesson goes on: the one that was open last; the first once all were seen.
    pub(crate) fn next_page(&self, at: usize) -> usize {
        let Some(lesson) = self.material.lessons.get(at) else {
            return 0;
        };
        let seen = self.progress.lesson(&lesson.id);
        match seen.and_then(|seen| seen.last_page) {
            Some(page) if !self.is_finished(at) => {
                (page as usize).clamp(1, lesson.pages.len().max(1)) - 1
            }
            _ => 0,
        }
    }

    /// Whether every page of a lesson was seen.
    pub(crate) fn is_finished(&self, lesson: usize) -> bool {
        self.material.lessons.get(lesson).is_some_and(|lesson| {
            let mut pages = 1..=lesson.pages.len() as u32;
            pages.all(|page| self.progress.has_seen(&lesson.id, page))
        })
    }

    /// The module to open with: the one that was open last, or the one after it when that is finished.
    pub(crate) fn module_to_open(&self, last: Option<&str>) -> usize {
        let lessons = &self.material.lessons;
        let is_last = |lesson: &Lesson| Some(lesson.id.as_str()) == last;
        match lessons.iter().position(is_last) {
            Some(last) if self.is_finished(last) => (last + 1).min(lessons.len() - 1),
            last => last.unwrap_or(0),
        }
    }

    /// How often the CPU copies each byte in the transfers that a lesson is about. None where it is about none, or where
    /// no recording of one is known.
    pub fn copies_of(&self, lesson: &Lesson) -> Option<Glance> {
        let known = |(method, to): &(Method, Sink)| {
            let mut copies = self.material.copies.iter();
            let found = copies.find(|(of, sink, _)| (of, sink) == (method, to));
            found.map(|(.., copies)| *copies)
        };
        let all: Vec<Copies> = lesson.copies_of.iter().map(known).collect::<Option<_>>()?;
        let of = |copies: &Copies| copies.always + copies.reported;
        Some(Glance {
            least: all.iter().map(|copies| copies.always).reduce(f64::min)?,
            most: all.iter().map(of).reduce(f64::max)?,
            reported: matches!(all[..], [only] if only.reported > 0.0),
        })
    }

    /// The pages of a lesson that hold a question.
    pub(crate) fn questions_of(&self, lesson: usize) -> Vec<usize> {
        let lesson = self.material.lessons.get(lesson);
        let pages = lesson.map_or(&[][..], |lesson| &lesson.pages);
        let asks = |page: &usize| pages[*page].question().is_some();
        (0..pages.len()).filter(asks).collect()
    }

    /// Every question of the course: its place as (lesson, page), and itself.
    fn questions(&self) -> impl Iterator<Item = ((usize, usize), &Question)> {
        let lessons = self.material.lessons.iter().enumerate();
        lessons.flat_map(|(lesson, of)| {
            let pages = of.pages.iter().enumerate();
            pages.filter_map(move |(page, shown)| Some(((lesson, page), shown.question()?)))
        })
    }

    /// Every question of the course, by the ids of its lesson and its own.
    fn question_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        let lesson = |at: usize| self.material.lessons[at].id.as_str();
        let questions = self.questions();
        questions.map(move |((at, _), question)| (lesson(at), question.id.as_str()))
    }

    /// The places of the questions that are due, mixed over the modules.
    pub fn due(&self) -> Vec<(usize, usize)> {
        let places: Vec<_> = self.questions().map(|(place, _)| place).collect();
        let review = &self.progress.review;
        let due = review.due(self.question_ids(), self.clock.now);
        due.into_iter().map(|at| places[at]).collect()
    }

    /// How many questions come back on each day from today on; today, those that are not due yet.
    pub(crate) fn week(&self) -> [usize; WEEK] {
        let mut week = [0; WEEK];
        let ahead = self.progress.review.ahead(self.question_ids(), self.clock);
        for day in ahead.filter(|day| *day < WEEK) {
            week[day] += 1;
        }
        week
    }

    /// When the next question comes back that is not due yet.
    pub(crate) fn next_due(&self) -> Option<u64> {
        let review = &self.progress.review;
        review.next(self.question_ids(), self.clock.now)
    }

    /// The sitting of the concept test that is open: the one before the course until it is complete, then the one after.
    pub(crate) fn sitting(&self) -> Sitting {
        match self.left_open(Sitting::Before).is_empty() {
            false => Sitting::Before,
            true => Sitting::After,
        }
    }

    /// Whether both sittings of the concept test are complete.
    pub(crate) fn test_is_done(&self) -> bool {
        let done = |sitting: &Sitting| self.left_open(*sitting).is_empty();
        Sitting::ALL.iter().all(done)
    }

    /// The pages of the test whose questions were not answered in a sitting.
    pub(crate) fn left_open(&self, sitting: Sitting) -> Vec<usize> {
        let test = self.material.concept_test.as_ref();
        let pages = test.map_or(&[][..], |test| &test.pages);
        let answered = |id: &str| self.progress.answered(sitting.id(), id).is_some();
        let is_open = |question: &Question| !answered(&question.id);
        let open = |page: &usize| pages[*page].question().is_some_and(is_open);
        (0..pages.len()).filter(open).collect()
    }

    /// How the sittings of the concept test went; none where there is no test.
    pub(crate) fn scores(&self) -> Option<[Option<concept::Score>; 2]> {
        let test = self.material.concept_test.as_ref()?;
        Some(self.progress.scores(test))
    }
}
