//! What a player plays, and how its time goes.

use std::time::Duration;

use crate::figure::{Pace, Playback, Position, Race, STEP, Speed, drawn};
use crate::model::{Figure, TransferSpec};

#[derive(Clone, Debug)]
pub(super) enum Content {
    Recording(Box<Playback>),
    Drawn(Figure),
    /// The stage of a transfer before its run.
    Preview(TransferSpec),
    /// Two recordings on one time scale.
    Race(Box<Race>),
}

impl Content {
    pub(super) fn len(&self) -> usize {
        match self {
            Content::Recording(playback) => playback.len(),
            Content::Drawn(figure) => figure.steps.len(),
            Content::Race(race) => race.len(),
            Content::Preview(_) => 0,
        }
    }

    /// Where a call or step is looked at in a still picture.
    pub(super) fn middle(&self, call: usize) -> Position {
        let call = call.min(self.len().saturating_sub(1));
        match self {
            Content::Recording(playback) if !playback.is_empty() => playback.middle(call),
            Content::Drawn(figure) => Position {
                call,
                time: drawn::travel(figure, call),
            },
            Content::Race(race) => race.middle(call),
            _ => Position::default(),
        }
    }

    pub(super) fn end(&self) -> Position {
        match self {
            Content::Recording(playback) if !playback.is_empty() => playback.end(),
            Content::Race(race) => race.end(),
            _ => self.middle(usize::MAX),
        }
    }

    /// Goes on by so much time before any speed-up.
    pub(super) fn advance(&self, from: Position, elapsed: Duration) -> Position {
        match self {
            Content::Recording(playback) if !playback.is_empty() => playback.advance(from, elapsed),
            Content::Drawn(figure) => drawn::advance(figure, from, elapsed),
            Content::Race(race) => race.advance(from, elapsed),
            _ => from,
        }
    }

    /// How long before any speed-up until something else is to be seen.
    pub(super) fn next_change(&self, position: Position, tokens: bool) -> Duration {
        match self {
            Content::Recording(playback) => playback.next_change(position, tokens),
            Content::Drawn(figure) => {
                let travel = drawn::travel(figure, position.call);
                match travel.checked_sub(position.time) {
                    Some(left) if !left.is_zero() => left.min(STEP / 2),
                    _ => drawn::shown(figure, position.call).saturating_sub(position.time),
                }
            }
            Content::Race(race) => race.next_change(),
            Content::Preview(_) => Duration::MAX,
        }
    }

    fn pace(&self) -> Pace {
        match self {
            Content::Recording(playback) => playback.pace,
            _ => Pace::default(),
        }
    }

    /// How much of its own time goes by in a moment of the learner's, at speed 1.
    pub(super) fn factor(&self) -> f64 {
        match self {
            Content::Race(race) => race.factor(),
            _ => self.pace().factor,
        }
    }

    /// Whether single tokens travel at this speed, or whole hops light up.
    pub(super) fn shows_tokens(&self, speed: Speed) -> bool {
        let pace = self.pace();
        pace.shows_tokens(speed)
            && match self {
                Content::Race(race) => race.can_be_followed(),
                _ => true,
            }
    }
}
