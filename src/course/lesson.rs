//! A lesson as plain data: what `course` makes of a Markdown file.

use std::str::FromStr;

use super::kinds::{Ask, QuestionKind, Verdict, filled};
use crate::model::{
    ExperimentSpec, ExperimentValue, Given, Method, Query, Sink, Summary, TransferSpec,
};

/// A lesson: one file of `lessons/`, named `NN-id.md`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    /// Its identity: progress is kept under it, so it never changes.
    pub id: String,
    /// Its place in the course, from 1.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// About how long it takes, in minutes: counted from its text, questions and experiments.
    pub minutes: u32,
    /// It belongs to the short course, for a class that has one double lesson.
    pub short: bool,
    /// What the learner can do afterwards.
    pub objectives: Vec<Objective>,
    /// The transfers that it is about: the course says beside it how often the CPU copies each of their bytes.
    pub copies_of: Vec<(Method, Sink)>,
    /// Its pages.
    pub pages: Vec<Page>,
}

impl Lesson {
    /// Its questions, in order.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.pages.iter().filter_map(Page::question)
    }

    /// Its predictions, in order.
    pub fn predictions(&self) -> impl Iterator<Item = &Predict> {
        self.pages.iter().filter_map(Page::predict)
    }

    /// What each of its questions and predictions asks of the learner, where the author says so.
    pub(crate) fn levels(&self) -> impl Iterator<Item = Option<Level>> {
        let questions = self.questions().map(|question| question.level);
        questions.chain(self.predictions().map(|predict| predict.level))
    }

    /// Its transfers, in order.
    pub fn labs(&self) -> impl Iterator<Item = &Lab> {
        self.pages.iter().filter_map(|page| match &page.target {
            Some(Target::Lab(lab)) => Some(lab),
            _ => None,
        })
    }
}

/// Something that the learner can do after a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// What questions name it by.
    pub id: String,
    /// `predict the calls of a copy loop`: completes "After this you can".
    pub text: String,
}

/// One page: prose, and at most one target (figure, experiment or question) beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub title: String,
    /// Its prose, in CommonMark without the heading and the interactive blocks.
    pub prose: String,
    pub target: Option<Target>,
    /// The line of the file on which it starts, from 1.
    pub line: usize,
}

impl Page {
    /// What is asked before its experiment.
    pub fn predict(&self) -> Option<&Predict> {
        match self.target.as_ref()? {
            Target::Lab(lab) => lab.predict.as_ref(),
            Target::Trial(trial) => trial.predict.as_ref(),
            Target::Figure(_) | Target::Question(_) => None,
        }
    }

    /// The id of what it asks: of its question, or of what it has predicted.
    pub(crate) fn asks(&self) -> Option<&str> {
        let question = self.question().map(|question| question.id.as_str());
        question.or_else(|| self.predict().map(|predict| predict.id.as_str()))
    }

    pub(crate) fn question(&self) -> Option<&Question> {
        match self.target.as_ref()? {
            Target::Question(question) => Some(question),
            _ => None,
        }
    }

    /// Whether it has an experiment, of whatever kind.
    pub fn has_experiment(&self) -> bool {
        matches!(self.target, Some(Target::Lab(_) | Target::Trial(_)))
    }
}

/// What stands beside a page's prose.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The figure of that id.
    Figure(String),
    /// A transfer that is run live.
    Lab(Lab),
    /// An experiment of another kind.
    Trial(Trial),
    /// A question.
    Question(Question),
}

/// An experiment: a transfer that is run live, after a prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Lab {
    pub id: String,
    pub spec: TransferSpec,
    pub predict: Option<Predict>,
}

/// An experiment of a page that is no single transfer.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub id: String,
    pub what: ExperimentSpec,
    pub predict: Option<Predict>,
}

/// What a question asks of the learner, after Bloom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// To say what a page before it said.
    Recall,
    /// To use it on a case that no page has worked out.
    Apply,
    /// To take a case apart: find the bug, weigh the evidence, choose.
    Analyse,
}

impl Level {
    /// All of them, the lowest first.
    pub(crate) const ALL: [Level; 3] = [Level::Recall, Level::Apply, Level::Analyse];

    /// Its name in lessons and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Recall => "recall",
            Level::Apply => "apply",
            Level::Analyse => "analyse",
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        let named = Level::ALL.into_iter().find(|level| level.name() == text);
        named.ok_or_else(|| {
            format!("'{text}' is no level of a question: write recall, apply or analyse")
        })
    }
}

/// A question whose answer is a figure of the run that follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Predict {
    pub id: String,
    pub objective: Option<String>,
    pub level: Option<Level>,
    pub text: String,
    /// Which figure of the run answers it.
    pub query: Query,
    pub ask: Ask,
    pub hints: Vec<String>,
    /// Said under guess and recorded figure, unless the guess shows a misconception.
    pub explain: String,
}

impl Predict {
    /// Compares a guess with the figure of the run that followed it.
    ///
    /// # Errors
    /// One line: the guess cannot be understood, or the run has no such figure.
    pub fn mark(&self, given: &Given, summary: &Summary) -> Result<Verdict, String> {
        self.ask.mark(given, figure(&self.query, summary))
    }
}

fn figure(query: &Query, summary: &Summary) -> Result<ExperimentValue, String> {
    let value = query.of(summary).map(ExperimentValue::Number);
    value.ok_or_else(|| {
        let which = if query.is_measured() {
            "untraced"
        } else {
            "traced"
        };
        format!("this run has no {query}: it needs the {which} run, which could not be made here")
    })
}

/// A question of the course.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Its identity within the course: progress is kept under it.
    pub id: String,
    /// The objective that it serves.
    pub objective: Option<String>,
    /// What it asks of the learner, where the author says so.
    pub level: Option<Level>,
    /// The question, in CommonMark.
    pub text: String,
    /// What is asked for, and the answer.
    pub kind: QuestionKind,
    /// Hints, in steps.
    pub hints: Vec<String>,
    /// Said after a right answer, and on request.
    pub explain: String,
    /// The line of the file on which it starts, from 1.
    pub line: usize,
}

impl Question {
    /// Whether it is the same question, wherever it stands.
    pub fn is_like(&self, other: &Question) -> bool {
        let here = Question {
            line: other.line,
            ..self.clone()
        };
        here == *other
    }

    /// Marks an answer. `run` is the run that a question with a run asks about.
    ///
    /// # Errors
    /// One line on what is missing for a mark. It is no mark, and not to be kept.
    pub fn mark(&self, given: &Given, run: Option<&Summary>) -> Result<Verdict, String> {
        let found = match (self.kind.run(), run) {
            (Some((_, query)), Some(summary)) => Some(figure(query, summary)?),
            _ => None,
        };
        self.kind.mark(given, found.as_ref())
    }

    /// The question with values in it, where they are drawn: the same for the same `turn`. Others are asked as they are
    /// written.
    pub fn asked(&self, turn: u64) -> Question {
        let QuestionKind::Drawn(drawn) = &self.kind else {
            return self.clone();
        };
        let (number, values) = drawn.with_values(&self.id, turn);
        let hints = self.hints.iter().map(|hint| filled(hint, &values));
        Question {
            text: filled(&self.text, &values),
            hints: hints.collect(),
            explain: filled(&self.explain, &values),
            kind: QuestionKind::Number(number),
            ..self.clone()
        }
    }

    /// Whether other values can be drawn for it.
    pub fn is_drawn(&self) -> bool {
        matches!(self.kind, QuestionKind::Drawn(_))
    }
}
