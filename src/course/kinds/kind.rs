//! What a kind of question is: how it is asked in plain lines, answered, marked, drawn and taken elsewhere.

use serde::Serialize;

use super::{
    draft::{Draft, Key, Press},
    item::Item,
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

    fn plain(&self) -> Plain;

    /// How it is exported as JSON. `recorded` is the answer where a run gives it.
    fn export(&self, recorded: Option<f64>) -> Exported;

    /// How other systems know it; none where its answer is not known.
    fn item(&self, recorded: Option<f64>) -> Option<Item>;

    /// The state of an answer that nobody has begun.
    fn draft(&self) -> Draft {
        Draft::default()
    }

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
pub(in crate::course) trait Read: Sized {
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
    /// A number is typed.
    pub(super) fn number(unit: &str) -> Plain {
        Plain::marked([], |_| String::new(), &format!("a number of {unit}."))
    }

    pub(super) fn lettered<'t>(texts: impl IntoIterator<Item = &'t String>, answer: &str) -> Plain {
        Plain::marked(texts, |at| format!("{}) ", Given::letter(at)), answer)
    }

    pub(super) fn numbered<'t>(texts: impl IntoIterator<Item = &'t String>, answer: &str) -> Plain {
        Plain::marked(texts, |at| format!("{}) ", at + 1), answer)
    }

    fn marked<'t>(
        texts: impl IntoIterator<Item = &'t String>,
        mark: fn(usize) -> String,
        answer: &str,
    ) -> Plain {
        let texts = texts.into_iter().enumerate();
        Plain {
            items: texts.map(|(at, text)| (mark(at), text.clone())).collect(),
            is_code: false,
            answer: answer.to_owned(),
        }
    }
}

/// A kind in JSON.
#[derive(Default)]
pub struct Exported {
    pub options: Vec<ExportedOption>,
    /// The right answer in plain lines; none where only a run knows it.
    pub answer: Option<String>,
    pub otherwise: Option<String>,
}

/// What can be answered: an option, a line, a pair, a number that shows a misconception.
#[derive(Serialize)]
pub struct ExportedOption {
    pub(super) text: String,
    pub(super) right: bool,
    pub(in crate::course) feedback: Option<String>,
    /// The right side of a pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partner: Option<String>,
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
}

/// What an export says to an answer; none where nothing is said.
pub(super) fn feedback(reaction: &Reaction) -> Option<String> {
    (!reaction.feedback.is_empty()).then(|| reaction.markdown().trim().to_owned())
}

/// What an answer of another kind of question is told.
pub(super) fn not_for_this(given: &Given) -> String {
    format!("'{given}' does not answer this kind of question")
}
