//! What a kind of question is: how it is asked in plain lines, answered, marked, drawn and taken elsewhere.

use serde::Serialize;

use super::{
    draft::{Draft, Key, Press},
    verdict::{Reaction, Verdict},
    view::{Shown, View},
};
use crate::course::block::Block;
use crate::model::{ExperimentValue, Given, Query, TransferSpec};

/// A kind of question, as far as the rest of the program knows it.
pub trait Kind {
    /// The run that answers it, and the figure of it.
    fn run(&self) -> Option<&(TransferSpec, Query)> {
        None
    }

    /// What its form gives away: what is wrong, and what to do.
    fn lint(&self) -> Vec<(String, &'static str)> {
        Vec::new()
    }

    /// Where the right option stands, of one right option.
    fn right_place(&self) -> Option<usize> {
        None
    }

    /// An answer as it is typed in plain lines.
    ///
    /// # Errors
    /// One line on what cannot be understood.
    fn read_answer(&self, typed: &str) -> Result<Given, String>;

    /// Marks an answer. `found` is what the run that answers came to.
    ///
    /// # Errors
    /// One line: the answer is of another kind, or the run that marks it has not been made.
    fn mark(&self, given: &Given, found: Option<&ExperimentValue>) -> Result<Verdict, String>;

    /// How it is asked in plain lines.
    fn plain(&self) -> Plain;

    /// How it is exported as JSON. `recorded` is the answer where a run gives it.
    fn export(&self, recorded: Option<f64>) -> Exported;

    /// How it is exported as GIFT; none where its answer is not known.
    fn gift(&self, recorded: Option<f64>) -> Option<Gift>;

    /// The state of an answer that nobody has begun.
    fn draft(&self) -> Draft {
        Draft::default()
    }

    /// A key or a click on the way to an answer.
    fn press(&self, draft: &mut Draft, key: Key) -> Press;

    /// The answer, as far as there is a whole one.
    fn given(&self, draft: &Draft) -> Option<Given>;

    /// Whether digits are typed; else they choose.
    fn is_typed(&self) -> bool {
        false
    }

    /// Whether there is something to take back.
    fn can_erase(&self, _: &Draft) -> bool {
        false
    }

    /// What the screen shows below the question.
    fn view(&self, shown: &Shown) -> View;

    /// What the screen shows beside the question while it is answered.
    fn beside(&self, _: &Draft) -> Option<View> {
        None
    }

    /// The right answer in words, above the explanation, where the view does not show it.
    fn solution(&self) -> Option<String> {
        None
    }
}

/// How a kind stands in a lesson.
pub(in crate::course) trait Read: Kind + Sized {
    /// Its `kind` in lessons and JSON.
    const NAME: &'static str;

    /// Whether a block of that name is of this kind: `number` has two forms.
    fn claims(_: &Block) -> bool {
        true
    }

    /// Reads its keys; none where it is at fault, which is reported.
    fn read(block: &mut Block, asked: &Asked) -> Option<Self>;
}

/// What is known of a question before its kind is read.
pub(in crate::course) struct Asked<'a> {
    /// Its id: what is shuffled is shuffled by it.
    pub id: &'a str,
    /// Its texts stand in the report from this one on.
    pub first_text: usize,
}

/// A question in plain lines: what can be chosen, and how to answer.
pub struct Plain {
    /// Each with the mark that names it: `a) `.
    pub items: Vec<(String, String)>,
    /// They are lines of code, and stand as they are.
    pub is_code: bool,
    /// `one letter.`
    pub answer: String,
}

impl Plain {
    /// Nothing to choose from.
    pub(super) fn typed(answer: String) -> Plain {
        Plain {
            items: Vec::new(),
            is_code: false,
            answer,
        }
    }

    /// Items named by letters.
    pub(super) fn lettered<'t>(texts: impl IntoIterator<Item = &'t str>, answer: &str) -> Plain {
        let mark =
            |(at, text): (usize, &str)| (format!("{}) ", Given::letter(at)), text.to_owned());
        Plain {
            items: texts.into_iter().enumerate().map(mark).collect(),
            is_code: false,
            answer: answer.to_owned(),
        }
    }

    /// Items named by numbers.
    pub(super) fn numbered<'t>(texts: impl IntoIterator<Item = &'t str>, answer: &str) -> Plain {
        let mark = |(at, text): (usize, &str)| (format!("{}) ", at + 1), text.to_owned());
        Plain {
            items: texts.into_iter().enumerate().map(mark).collect(),
            ..Plain::typed(answer.to_owned())
        }
    }
}

/// A kind in JSON.
#[derive(Default)]
pub struct Exported {
    /// What can be answered.
    pub options: Vec<ExportedOption>,
    /// The right answer in plain lines; none where only a run knows it.
    pub answer: Option<String>,
    /// What is said to any other answer.
    pub otherwise: Option<String>,
}

/// What can be answered: an option, a line, a pair, a number that shows a misconception.
#[derive(Serialize)]
pub struct ExportedOption {
    text: String,
    right: bool,
    feedback: Option<String>,
    /// The right side of a pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
}

impl ExportedOption {
    pub(super) fn new(text: impl Into<String>, right: bool, reaction: Option<&Reaction>) -> Self {
        ExportedOption {
            text: text.into(),
            right,
            feedback: reaction.and_then(feedback),
            partner: None,
        }
    }

    /// With the right side that belongs to it.
    pub(super) fn with_partner(self, partner: &str) -> Self {
        ExportedOption {
            partner: Some(partner.to_owned()),
            ..self
        }
    }
}

/// What an export says to an answer; none where nothing is said.
pub(super) fn feedback(reaction: &Reaction) -> Option<String> {
    (!reaction.feedback.is_empty()).then(|| reaction.markdown().trim().to_owned())
}

/// A kind in GIFT.
pub struct Gift {
    /// What follows the question's text.
    pub text: String,
    /// Its answers, a line each.
    pub answers: String,
}

impl Gift {
    pub(super) fn of(answers: String) -> Gift {
        Gift {
            text: String::new(),
            answers,
        }
    }
}

/// What an answer of another kind of question is told.
pub(super) fn not_for_this(given: &Given) -> String {
    format!("'{given}' does not answer this kind of question")
}
