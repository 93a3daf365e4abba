//! The state as a terminal reads it from the room.

use serde::Deserialize;

use super::{Answer, Figure, Phase, Poll};

/// What a room says of itself to a seat.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct SeenState {
    pub(crate) phase: Phase,
    pub(crate) round: u32,
    /// Without its answer.
    pub(crate) question: Option<Poll>,
    pub(crate) joined: usize,
    pub(crate) answered: usize,
    pub(crate) yours: Option<Answer>,
    /// The right answer; a number stands in it alone.
    right: Vec<f64>,
    pub(crate) votes: Vec<Vec<f64>>,
    pub(crate) recorded: Option<Figure>,
    pub(crate) feedback: Vec<SeenFeedback>,
}

/// The explanation, then misconceptions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct SeenFeedback {
    pub(crate) misconception: String,
    /// In CommonMark.
    pub(crate) text: String,
    pub(crate) count: usize,
}

impl SeenState {
    /// The right answer, once it is shown.
    pub(crate) fn right(&self) -> Option<Answer> {
        let first = *self.right.first()?;
        let is_number = self.question.as_ref()?.kind == super::PollKind::Number;
        Some(match is_number {
            true => Answer::Number(first),
            false => Answer::List(self.right.iter().map(|index| *index as usize).collect()),
        })
    }
}
