//! What a terminal hears from the room.

use serde::Deserialize;

use super::{
    Answer, AskedSnapshot, Figure, Misconception, Phase, Poll, PollKind, Recorded, RoundSnapshot,
};

/// Something that a seat hears.
#[derive(Clone, Debug)]
pub(crate) enum SeatNews {
    /// The room's state.
    State(Box<SeenState>),
    /// Whether the room can be reached.
    Reached(bool),
    /// There is no room of that code any more.
    NoRoom,
    /// The room did not know the seat any more: this is the new one.
    Seated(String),
    /// The answer in that round stands in the session's file.
    Saved(u32, Answer),
    /// Why an answer is not saved yet; it is sent again.
    NotYet(String),
    /// Why an answer does not count.
    NotTaken(String),
    /// What this machine found stands in the session's file.
    FigureTaken,
    /// Why it does not count.
    FigureNotTaken(String),
}

/// What a room says of itself to a seat.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct SeenState {
    pub(crate) phase: Phase,
    pub(crate) round: u32,
    /// Which vote on the question it is, from 1.
    pub(crate) vote: usize,
    /// Without its answer.
    pub(crate) question: Option<Poll>,
    pub(crate) joined: usize,
    pub(crate) answered: usize,
    pub(crate) yours: Option<Answer>,
    /// The right answer; a number stands in it alone.
    right: Vec<f64>,
    pub(crate) votes: Vec<Vec<f64>>,
    /// How many answered in each vote.
    voters: Vec<usize>,
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
        let is_number = self.question.as_ref()?.kind == PollKind::Number;
        Some(match is_number {
            true => Answer::Number(first),
            false => Answer::List(self.right.iter().map(|index| *index as usize).collect()),
        })
    }

    /// The question as the projector has it, with what came of it: before the reveal, nothing.
    pub(crate) fn asked(&self) -> Option<AskedSnapshot> {
        let question = self.question.as_ref()?;
        let mut said = self.feedback.iter();
        let explain = said.next().map_or("", |said| &said.text);
        let poll = Poll {
            right: self.right(),
            explain: explain.to_owned(),
            reactions: said
                .clone()
                .map(|said| Misconception {
                    answer: None,
                    misconception: said.misconception.clone(),
                    feedback: said.text.clone(),
                })
                .collect(),
            ..question.clone()
        };
        let last = self.votes.len().saturating_sub(1);
        let round = |(at, counts): (usize, &Vec<f64>)| RoundSnapshot {
            round: at as u32 + 1,
            answered: self.voters.get(at).copied().unwrap_or(0),
            right: None,
            distribution: counts.clone(),
            misconceptions: match at == last {
                true => said.clone().map(|said| said.count).enumerate().collect(),
                false => Vec::new(),
            },
        };
        Some(AskedSnapshot {
            poll,
            revealed: self.phase == Phase::Revealed,
            recorded: self.recorded.clone().map(|value| Recorded {
                value,
                kernel: String::new(),
                arch: String::new(),
            }),
            rounds: self.votes.iter().enumerate().map(round).collect(),
            machines: Vec::new(),
        })
    }

    /// Whether an answer is right; none before the reveal.
    pub(crate) fn is_right(&self, answer: &Answer) -> Option<bool> {
        let right = self.right()?;
        Some(self.question.as_ref()?.is_right(answer, &right))
    }
}
