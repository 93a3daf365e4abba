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
