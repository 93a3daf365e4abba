//! What is remembered of a learner: one line of the log each.

use serde::{Deserialize, Serialize};

/// An answer that was given to a question or a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The lesson's id.
    pub lesson: String,
    /// The question's id.
    pub question: String,
    /// What was answered, as typed in plain lines: `b`, `a c`, `66`, `3 1 2`. Empty: skipped.
    pub given: String,
    /// Whether it was right.
    pub right: bool,
    /// When, in seconds since 1970 (UTC).
    pub at: u64,
}

/// A page that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The lesson's id.
    pub lesson: String,
    /// The page, from 1.
    pub page: u32,
    /// When, in seconds since 1970 (UTC).
    pub at: u64,
}

/// A lesson that was reset: what was remembered of it until then counts no more. Nothing is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// The lesson's id.
    #[serde(rename = "reset")]
    pub lesson: String,
    /// When, in seconds since 1970 (UTC).
    pub at: u64,
}

/// One line of the log. Which of the three it is, its keys tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Keys")]
pub enum Record {
    /// An answer: the line that has a `question`.
    Answer(Answer),
    /// A page that was opened: the line that has a `page`.
    Visit(Visit),
    /// A lesson that was reset: the line that has a `reset`.
    Reset(Reset),
}

/// Every key that a line can have. Keys of later versions are passed over.
#[derive(Deserialize)]
struct Keys {
    at: u64,
    lesson: Option<String>,
    question: Option<String>,
    given: Option<String>,
    right: Option<bool>,
    page: Option<u32>,
    reset: Option<String>,
}

impl TryFrom<Keys> for Record {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Record, &'static str> {
        let at = keys.at;
        match keys {
            Keys {
                lesson: Some(lesson),
                question: Some(question),
                given: Some(given),
                right: Some(right),
                ..
            } => Ok(Record::Answer(Answer {
                lesson,
                question,
                given,
                right,
                at,
            })),
            Keys {
                lesson: Some(lesson),
                page: Some(page),
                question: None,
                ..
            } => Ok(Record::Visit(Visit { lesson, page, at })),
            Keys {
                reset: Some(lesson),
                lesson: None,
                ..
            } => Ok(Record::Reset(Reset { lesson, at })),
            _ => Err("neither an answer nor a visit nor a reset"),
        }
    }
}
