//! A question as it is put to a room: plain data, self-contained, so that a session file can be read years later
//! without the lesson.

use serde::{Deserialize, Serialize};

use super::{Answer, Figure};

/// What kind of answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PollKind {
    /// One option: `[i]`.
    Choice,
    /// Options, ascending: `[i, j]`.
    Multi,
    /// A number, or a guess on a scale.
    Number,
    /// The options that belong, as they are arranged.
    Order,
    /// For each option its partner among the right sides.
    Match,
    /// One line, of those that the options are: `[i]`.
    Bug,
}

impl PollKind {
    /// Its name in lessons and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            PollKind::Choice => "choice",
            PollKind::Multi => "multi",
            PollKind::Number => "number",
            PollKind::Order => "order",
            PollKind::Match => "match",
            PollKind::Bug => "bug",
        }
    }
}

/// A question as it is put to a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// The id of the question or of the prediction.
    pub id: String,
    /// The id of its lesson.
    #[serde(default)]
    pub lesson: String,
    pub kind: PollKind,
    /// The question, in CommonMark.
    pub text: String,
    /// What can be chosen or arranged, or the left sides of a match, in the course's order.
    #[serde(default)]
    pub options: Vec<String>,
    /// The right sides of a match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<String>,
    /// What a number counts.
    pub unit: Option<String>,
    /// The ends of the scale that a guess is shown on.
    pub scale: Option<(f64, f64)>,
    /// The right answer; none where only a run knows it.
    pub right: Option<Answer>,
    /// How far off a number is still right.
    #[serde(default)]
    pub tolerance: f64,
    /// For each option of a guess, what the run answers where it is right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// The figure of the run that answers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Why kernels may find different figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Misconceptions, and the answers that show them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Misconception>,
    /// Said after the answer, in CommonMark.
    #[serde(default)]
    pub explain: String,
    /// Which drawing of values this is.
    #[serde(default)]
    pub turn: u64,
    /// It can be asked again with other values.
    #[serde(default)]
    pub has_others: bool,
}

/// A belief, and what answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Misconception {
    /// The part of an answer that shows it: an option, a line, a number, a left side that has a wrong partner. None: any
    /// wrong answer that shows no other one.
    pub answer: Option<Answer>,
    /// The belief, as the learner would put it.
    pub misconception: String,
    /// What answers it, in CommonMark.
    pub feedback: String,
}

/// A known cause of different values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The kernels that it makes different: from the first version up to the second, without it. None: a setting of the
    /// machine, whatever its kernel.
    pub versions: Option<((u32, u32), (u32, u32))>,
    /// What those kernels answer; empty: any value that no other kernel has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// In a sentence or two.
    pub text: String,
}

impl Cause {
    /// Whether those kernels answer this.
    pub(crate) fn gives(&self, value: &Figure) -> bool {
        let is_it = |answer: &String| *value == Figure::Word(answer.clone());
        self.answers.is_empty() || self.answers.iter().any(is_it)
    }
}

/// Numbers that differ by less than this part of them are the same.
const SAME: f64 = 1e-9;

impl Poll {
    /// Whether this can be answered so; a line that says why not.
    ///
    /// # Errors
    /// The line.
    pub fn check(&self, answer: &Answer) -> Result<(), &'static str> {
        let list = match (self.kind, answer) {
            (PollKind::Number, Answer::Number(number)) if number.is_finite() => return Ok(()),
            (PollKind::Number, _) => return Err("the answer is a number"),
            (_, Answer::Number(_)) => return Err("the answer is a list of indices"),
            (_, Answer::List(list)) => list,
        };
        let sides = match self.kind {
            PollKind::Match => self.rights.len(),
            _ => self.options.len(),
        };
        if list.iter().any(|index| *index >= sides) {
            return Err("there is no option of that index");
        }
        match self.kind {
            PollKind::Choice | PollKind::Bug if list.len() != 1 => {
                Err("the answer is one index in a list")
            }
            PollKind::Multi if list.is_empty() || !list.is_sorted_by(|a, b| a < b) => {
                Err("the answer is a list of indices, ascending, each once")
            }
            PollKind::Order if list.is_empty() || has_twice(list) => {
                Err("the answer is a list of indices, each once")
            }
            PollKind::Match if list.len() != self.options.len() => {
                Err("the answer has an index for each on the left")
            }
            _ => Ok(()),
        }
    }

    /// The right answer, by the figure of the run where that decides.
    pub fn right_by(&self, recorded: Option<&Figure>) -> Option<Answer> {
        if let Some(right) = &self.right {
            return Some(right.clone());
        }
        match (self.kind, recorded?) {
            (PollKind::Number, Figure::Number(number)) => Some(Answer::Number(*number)),
            (PollKind::Choice, found) => {
                let is_it = |word: &String| match found {
                    Figure::Word(found) => word == found,
                    Figure::Number(number) => {
                        word.parse().is_ok_and(|word| is_near(word, *number, 0.0))
                    }
                };
                let option = self.words.iter().position(is_it)?;
                Some(Answer::List(vec![option]))
            }
            _ => None,
        }
    }

    /// Whether an answer is right.
    pub fn is_right(&self, answer: &Answer, right: &Answer) -> bool {
        match (answer, right) {
            (Answer::Number(given), Answer::Number(right)) => {
                is_near(*given, *right, self.tolerance)
            }
            // Of equal lines it does not matter which one stands where.
            (Answer::List(given), Answer::List(right)) if self.kind == PollKind::Order => {
                let texts = |list: &[usize]| -> Vec<&String> {
                    list.iter().filter_map(|at| self.options.get(*at)).collect()
                };
                texts(given) == texts(right)
            }
            _ => answer == right,
        }
    }

    /// The misconception that a wrong answer shows, by its place in `reactions`.
    pub fn shows(&self, answer: &Answer, right: &Answer) -> Option<usize> {
        let find = |part: &Answer| {
            let parts = self.reactions.iter();
            let mut parts = parts.map(|said| said.answer.as_ref());
            parts.position(|shown| match (shown, part) {
                (Some(Answer::Number(a)), Answer::Number(b)) => is_near(*a, *b, 0.0),
                (shown, part) => shown == Some(part),
            })
        };
        let one = |index: usize| find(&Answer::List(vec![index]));
        let known = match (self.kind, answer, right) {
            (PollKind::Number, number, _) => find(number),
            // What was wrongly chosen says more than what was left out.
            (PollKind::Multi, Answer::List(given), Answer::List(right)) => {
                let wrongly = given.iter().find(|index| !right.contains(index));
                let mut left_out = right.iter().filter(|index| !given.contains(index));
                match wrongly {
                    Some(index) => one(*index),
                    None => left_out.find_map(|index| one(*index)),
                }
            }
            (PollKind::Match, Answer::List(given), Answer::List(right)) => {
                let mut sides = given.iter().zip(right);
                let left = sides.position(|(given, right)| given != right);
                left.and_then(one)
            }
            (_, Answer::List(given), _) => given.iter().find_map(|index| one(*index)),
            _ => None,
        };
        known.or_else(|| self.reactions.iter().position(|said| said.answer.is_none()))
    }
}

fn has_twice(list: &[usize]) -> bool {
    let twice = |(at, index): (usize, &usize)| list[..at].contains(index);
    list.iter().enumerate().any(twice)
}

fn is_near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance + SAME * a.abs().max(b.abs())
}
