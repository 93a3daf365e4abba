//! A lesson as plain data: what `course` makes of a Markdown file.

use super::formula::Formula;
use crate::model::{ExperimentSpec, Method, Query, Sink, TransferSpec};

/// A lesson: one file of `lessons/`, named `NN-id.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Its identity: progress is kept under it, so it never changes.
    pub id: String,
    /// Its place in the course, from 1.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// About how long it takes, in minutes.
    pub minutes: u32,
    /// What the learner can do afterwards.
    pub objectives: Vec<Objective>,
    /// The transfers that it is about: the course says beside it how often the CPU copies each of their bytes.
    pub copies_of: Vec<(Method, Sink)>,
    /// Its pages.
    pub pages: Vec<Page>,
}

impl Lesson {
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
    /// Its heading.
    pub title: String,
    /// Its prose, in CommonMark without the heading and the interactive blocks.
    pub prose: String,
    /// What stands beside the prose.
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
    /// Its identity within the course.
    pub id: String,
    /// What is run.
    pub spec: TransferSpec,
    /// What is asked before it.
    pub predict: Option<Predict>,
}

/// An experiment of a page that is no single transfer.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its identity within the course.
    pub id: String,
    /// What is tried.
    pub what: ExperimentSpec,
    /// What is asked before it.
    pub predict: Option<Predict>,
}

/// A question whose answer is a figure of the run that follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Predict {
    /// Its identity within the course.
    pub id: String,
    /// The objective that it serves.
    pub objective: Option<String>,
    /// The question.
    pub text: String,
    /// Which figure of the run answers it.
    pub query: Query,
    /// What the guess is.
    pub ask: Ask,
    /// Hints, in steps.
    pub hints: Vec<String>,
    /// Said under guess and recorded figure, unless the guess shows a misconception.
    pub explain: String,
}

impl Predict {
    /// What is said to guesses that show a misconception.
    pub fn reactions(&self) -> Vec<&Reaction> {
        match &self.ask {
            Ask::Number(asked) => asked.wrong.iter().map(|wrong| &wrong.reaction).collect(),
            Ask::Choice(options) => options.iter().map(|option| &option.reaction).collect(),
        }
    }
}

/// What a guess is.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A number.
    Number(AskedNumber),
    /// One of these.
    Choice(Vec<PredictOption>),
}

/// A number that is asked for before a run.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedNumber {
    /// `calls`, `copies a byte`.
    pub unit: String,
    /// The ends of the scale that the guess is shown on.
    pub scale: (f64, f64),
    /// How far off the figure is still right: more than 0 where it differs from machine to machine.
    pub tolerance: f64,
    /// Guesses that show a misconception.
    pub wrong: Vec<WrongNumber>,
}

/// One thing that may be foretold of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredictOption {
    /// What it says.
    pub text: String,
    /// What the run answers where it is right: a word (`shared`, `EINVAL`) or a number.
    pub answer: String,
    /// What is said where the run answers otherwise; empty where nothing is.
    pub reaction: Reaction,
}

/// A question of the course.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Its identity within the course: progress is kept under it.
    pub id: String,
    /// The objective that it serves.
    pub objective: Option<String>,
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
}

/// The kinds of question.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionKind {
    /// One option is right.
    Choice(Vec<QuestionOption>),
    /// Any number of options are right: all of them and no other must be chosen.
    Multi(Vec<QuestionOption>),
    /// A number.
    Number {
        /// The fixed answer; none where a run answers.
        answer: Option<f64>,
        /// The run and the figure of it that answers.
        run: Option<(TransferSpec, Query)>,
        /// How far off is still right.
        tolerance: f64,
        /// `calls`, `copies`.
        unit: String,
        /// Numbers that show a misconception.
        wrong: Vec<WrongNumber>,
        /// Said to any other wrong number.
        otherwise: Reaction,
    },
    /// Lines to bring in order.
    Order {
        /// The lines, in the right order.
        lines: Vec<String>,
        /// Lines that do not belong, each with what it shows.
        distractors: Vec<QuestionOption>,
        /// Said when the right lines stand in a wrong order.
        otherwise: Reaction,
    },
    /// A number that follows from drawn values: asked with other values each time.
    Drawn(Drawn),
    /// Things on the left, each to be paired with one on the right.
    Match {
        /// The pairs. Two may have the same right side.
        pairs: Vec<Pair>,
        /// Right sides that belong to nothing.
        distractors: Vec<String>,
    },
    /// One of the lines is wrong.
    Bug {
        /// The lines, as they are shown.
        lines: Vec<String>,
        /// Which one is wrong, from 0.
        bug: usize,
        /// Lines that show a misconception when they are named.
        wrong: Vec<WrongLine>,
        /// Said to any other line.
        otherwise: Reaction,
    },
}

impl QuestionKind {
    /// Its name in lessons and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            QuestionKind::Choice(_) => "choice",
            QuestionKind::Multi(_) => "multi",
            QuestionKind::Number { .. } | QuestionKind::Drawn(_) => "number",
            QuestionKind::Order { .. } => "order",
            QuestionKind::Match { .. } => "match",
            QuestionKind::Bug { .. } => "bug",
        }
    }
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionOption {
    /// What it says.
    pub text: String,
    /// Whether it is right.
    pub right: bool,
    /// What choosing it (or, in a multi, leaving a right one out) shows.
    pub reaction: Reaction,
}

/// What is said to a wrong answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// The misconception by name: `A mode switch taken for a context switch.`
    pub misconception: String,
    /// What answers it, in CommonMark.
    pub feedback: String,
}

impl Reaction {
    /// Both, as two paragraphs.
    pub fn markdown(&self) -> String {
        format!("{}\n\n{}", self.misconception, self.feedback)
    }
}

/// A wrong number that shows a misconception.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongNumber {
    /// The number.
    pub answer: f64,
    /// What it shows.
    pub reaction: Reaction,
}

/// A number question whose values are drawn: its text, hints and explanation name them as `{size_kib}`, or compute
/// with them, as in `{size_kib / chunk_kib}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The names, each with the values that it can have.
    pub vars: Vec<(String, Vec<f64>)>,
    /// The answer.
    pub answer: Formula,
    /// How far off is still right.
    pub tolerance: f64,
    /// `calls`, `copies`.
    pub unit: String,
    /// Numbers that show a misconception.
    pub wrong: Vec<WrongFormula>,
    /// Said to any other wrong number.
    pub otherwise: Reaction,
}

/// A wrong number that follows from the drawn values.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongFormula {
    /// The number.
    pub answer: Formula,
    /// What it shows.
    pub reaction: Reaction,
}

/// Two things that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// `sendfile`.
    pub left: String,
    /// `page references`.
    pub right: String,
    /// What pairing the left one with anything else shows.
    pub reaction: Reaction,
}

/// A line that is not the wrong one, and what naming it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongLine {
    /// Which, from 0.
    pub line: usize,
    /// What it shows.
    pub reaction: Reaction,
}
