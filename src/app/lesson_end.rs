//! The page behind the last page of a lesson: what was predicted and what was recorded, which questions to come back to,
//! what is next.

use super::{PageAt, Purpose, Shared};
use crate::course::{Ask, Lesson, Page, Predict, Target};
use crate::model::{ExperimentValue, Given};

/// What a lesson came to.
pub(crate) struct LessonEnd {
    /// Its predictions, in order.
    pub(crate) predictions: Vec<Predicted>,
    /// How many of its questions were answered rightly when they were answered last.
    pub(crate) right: usize,
    /// How many there are.
    pub(crate) questions: usize,
    /// Where to go on: the questions to come back to, then what follows the lesson.
    pub(crate) ways: Vec<Onward>,
}

/// A prediction, and the figure that it is compared with.
pub(crate) struct Predicted {
    /// The title of its page.
    pub(crate) title: String,
    /// What was said; none: it was passed.
    pub(crate) guess: Option<String>,
    pub(crate) right: bool,
    /// What the run came to, as far as this machine still knows it.
    pub(crate) recorded: Option<String>,
}

/// Where to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onward {
    /// A page whose question waits for a right answer.
    Page(usize),
    /// The next lesson.
    Lesson(usize),
    /// The concept test, after the last lesson.
    Test,
    Course,
}

impl Shared {
    /// What a lesson (by its index) came to.
    pub(crate) fn end_of(&self, lesson: usize) -> LessonEnd {
        let mut end = LessonEnd {
            predictions: Vec::new(),
            right: 0,
            questions: 0,
            ways: Vec::new(),
        };
        let Some(of) = self.material.lessons.get(lesson) else {
            end.ways.push(Onward::Course);
            return end;
        };
        for (index, page) in of.pages.iter().enumerate() {
            if let Some(predict) = page.predict() {
                let at = PageAt::of(lesson, index);
                end.predictions
                    .push(self.predicted_on(of, at, page, predict));
            }
            if let Some(question) = page.question() {
                let last = self.progress.answered(&of.id, &question.id);
                let right = last.is_some_and(|last| last.right);
                end.questions += 1;
                end.right += usize::from(right);
                end.ways.extend((!right).then_some(Onward::Page(index)));
            }
        }
        let is_last = lesson + 1 >= self.material.lessons.len();
        end.ways.push(match (is_last, &self.material.concept_test) {
            (false, _) => Onward::Lesson(lesson + 1),
            (true, Some(_)) if !self.test_is_done() => Onward::Test,
            _ => Onward::Course,
        });
        end
    }

    fn predicted_on(&self, of: &Lesson, at: PageAt, page: &Page, predict: &Predict) -> Predicted {
        let last = self.progress.answered(&of.id, &predict.id);
        let recorded = match &page.target {
            Some(Target::Lab(lab)) => self
                .run_of(&lab.spec)
                .and_then(|run| predict.query.of(&run.summary))
                .map(ExperimentValue::Number),
            _ => self
                .experiment(Purpose::Page(at))
                .and_then(|page| page.found.as_ref()?.figure(&predict.query.to_string())),
        };
        Predicted {
            title: page.title.clone(),
            guess: last.map(|last| in_words(&predict.ask, &last.given)),
            right: last.is_some_and(|last| last.right),
            recorded: recorded.map(|figure| predict.ask.in_words(&figure)),
        }
    }
}

/// A guess as the learner would say it.
fn in_words(ask: &Ask, given: &Given) -> String {
    match (ask.option(given), given) {
        (Some(option), _) => option.text.clone(),
        (None, Given::Number(value)) => ask.in_words(&ExperimentValue::Number(*value)),
        (None, given) => given.to_string(),
    }
}
