//! What is remembered of a learner: one line of the log each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An answer to a question or a prediction: made once, where it is marked, and the same in the log and in every export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// The lesson's id.
    pub lesson: String,
    /// The question's id.
    pub question: String,
    /// What was answered.
    pub given: Given,
    /// Whether it was right.
    pub right: bool,
    /// When, in seconds since 1970 (UTC).
    pub at: u64,
}

/// What was answered. The log has it as it is typed in plain lines: `b`, `a c`, `66`, `3 1 2`, `1c 2a`. Numbers in it
/// count from 1, here from 0. The log does not name the kind of question: a single line, `3`, is read as a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Given {
    /// Nothing: the question was passed.
    Skipped,
    /// Options, by letter.
    Options(Vec<usize>),
    /// A number.
    Number(f64),
    /// Lines, in the order of the answer.
    Lines(Vec<usize>),
    /// Pairs: by number on the left, by letter on the right.
    Pairs(Vec<(usize, usize)>),
    /// A line of the log that is none of these.
    Other(String),
}

impl Given {
    /// The letter of an option: `a` is the first.
    pub fn letter(index: usize) -> char {
        char::from(b'a' + (index % 26) as u8)
    }

    /// What a text of the log means, if it means anything.
    fn read(text: &str) -> Option<Given> {
        let index = |text: &str| text.parse::<usize>().ok()?.checked_sub(1);
        let side = |text: &str| match text.as_bytes() {
            [letter @ b'a'..=b'z'] => Some(usize::from(letter - b'a')),
            _ => None,
        };
        let pair = |word: &str| {
            let (left, right) = word.split_at_checked(word.len().checked_sub(1)?)?;
            Some((index(left)?, side(right)?))
        };
        let words = || text.split(' ');
        if text.is_empty() {
            return Some(Given::Skipped);
        }
        let number = text.parse().ok().map(Given::Number);
        number
            .or_else(|| words().map(side).collect::<Option<_>>().map(Given::Options))
            .or_else(|| words().map(index).collect::<Option<_>>().map(Given::Lines))
            .or_else(|| words().map(pair).collect::<Option<_>>().map(Given::Pairs))
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = match self {
            Given::Skipped => Vec::new(),
            Given::Number(number) => vec![number.to_string()],
            Given::Other(text) => vec![text.clone()],
            Given::Options(options) => options
                .iter()
                .map(|option| Given::letter(*option).to_string())
                .collect(),
            Given::Lines(lines) => lines.iter().map(|line| (line + 1).to_string()).collect(),
            Given::Pairs(pairs) => pairs
                .iter()
                .map(|(left, right)| format!("{}{}", left + 1, Given::letter(*right)))
                .collect(),
        };
        f.write_str(&words.join(" "))
    }
}

/// A text that would be written otherwise is kept as it stands.
impl From<String> for Given {
    fn from(text: String) -> Given {
        Given::read(&text)
            .filter(|given| given.to_string() == text)
            .unwrap_or(Given::Other(text))
    }
}

impl From<Given> for String {
    fn from(given: Given) -> String {
        given.to_string()
    }
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

/// One line of the log. Which of the three it is, its keys tell. Keys of later versions are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Record {
    /// An answer: the line that has a `question`.
    Answer(AnswerRecord),
    /// A page that was opened: the line that has a `page`.
    Visit(Visit),
    /// A lesson that was reset: the line that has a `reset`.
    Reset(Reset),
}

impl Record {
    /// When it was written, in seconds since 1970 (UTC).
    pub fn at(&self) -> u64 {
        match self {
            Record::Answer(answer) => answer.at,
            Record::Visit(visit) => visit.at,
            Record::Reset(reset) => reset.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_is_written_as_it_was_read() {
        let cases = [
            ("", Given::Skipped),
            ("b", Given::Options(vec![1])),
            ("a c", Given::Options(vec![0, 2])),
            ("66", Given::Number(66.0)),
            ("0.5", Given::Number(0.5)),
            ("3 1 2", Given::Lines(vec![2, 0, 1])),
            ("1c 2a", Given::Pairs(vec![(0, 2), (1, 0)])),
            ("1 048 576", Given::Other("1 048 576".to_owned())),
            ("\"66\"\n", Given::Other("\"66\"\n".to_owned())),
            ("1e3", Given::Other("1e3".to_owned())),
            ("0a", Given::Other("0a".to_owned())),
            ("µ", Given::Other("µ".to_owned())),
        ];
        for (text, given) in cases {
            assert_eq!(Given::from(text.to_owned()), given);
            assert_eq!(given.to_string(), text);
        }
    }
}
