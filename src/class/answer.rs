//! An answer, as it stands in a request, in the state and in the session file.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::model::ExperimentValue;

/// A list of indices from 0, or a number. What the indices are, the kind of question says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A number, or a guess.
    Number(f64),
    /// Options, lines, or for each left the right's index.
    List(Vec<usize>),
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Answer::Number(number) => number_json(*number).serialize(to),
            Answer::List(list) => list.serialize(to),
        }
    }
}

/// A number as JSON has it: `33`, not `33.0`.
pub(crate) fn number_json(number: f64) -> serde_json::Value {
    /// Up to here every whole number is exact.
    const EXACT: f64 = (1_u64 << 53) as f64;
    match number.fract() == 0.0 && number.abs() < EXACT {
        true => (number as i64).into(),
        false => number.into(),
    }
}

/// What a run answered: a figure or a word.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    /// `33`.
    Number(f64),
    /// `shared`, `EINVAL`.
    Word(String),
}

impl Figure {
    pub(crate) fn of(found: ExperimentValue) -> Figure {
        match found {
            ExperimentValue::Number(number) => Figure::Number(number),
            ExperimentValue::Word(word) => Figure::Word(word),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::Number(number) => number_json(*number).fmt(f),
            Figure::Word(word) => word.fmt(f),
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Figure::Number(number) => number_json(*number).serialize(to),
            Figure::Word(word) => word.serialize(to),
        }
    }
}
