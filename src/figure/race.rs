//! Two recordings on one time scale: that of their traced runs, each from its first call on, stretched until an eye can
//! follow it.

use std::time::Duration;

use super::{
    Playback, Position,
    timing::{STEP, WHOLE},
};
use crate::model::{Call, How};

/// So many calls an eye can follow, one after the other, in [`WHOLE`].
const FOLLOWED: usize = 400;

/// A call of either side.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Nanoseconds after the first call of its side.
    at: u64,
    side: usize,
    call: usize,
}

/// Two recordings with calls. A position counts the calls of both, in the order in which they were entered; its time is
/// recorded time.
#[derive(Clone, Debug)]
pub(crate) struct Race {
    pub(crate) sides: [Playback; 2],
    entries: Vec<Entry>,
    /// Recorded nanoseconds until the slower one has ended.
    total: u64,
}

impl Race {
    /// None: one of them has no calls.
    pub(crate) fn new(sides: [Playback; 2]) -> Option<Race> {
        let entries_of = |side: usize| {
            let calls = sides[side].trace().calls.iter().enumerate();
            let first = first(&sides[side]);
            calls.map(move |(call, of)| Entry {
                at: of.start_ns.saturating_sub(first),
                side,
                call,
            })
        };
        let mut entries: Vec<Entry> = entries_of(0).chain(entries_of(1)).collect();
        entries.sort_by_key(|entry| entry.at);
        let total = sides.iter().map(end).max()?;
        let runs = sides.iter().all(|side| !side.is_empty());
        runs.then_some(Race {
            sides,
            entries,
            total: total.max(1),
        })
    }

    /// Calls of both.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// When a side's last call returned.
    pub(crate) fn end_of(&self, side: usize) -> u64 {
        end(&self.sides[side])
    }

    /// Recorded time for each moment of the learner's.
    pub(crate) fn factor(&self) -> f64 {
        self.total as f64 / WHOLE.as_nanos() as f64
    }

    pub(crate) fn can_be_followed(&self) -> bool {
        self.entries.len() <= FOLLOWED
    }

    /// Recorded nanoseconds from the start to a position.
    pub(crate) fn time(&self, position: Position) -> u64 {
        let entry = self.entries.get(position.call);
        entry.map_or(0, |entry| entry.at) + position.time.as_nanos() as u64
    }

    pub(crate) fn at(&self, time: u64) -> Position {
        let time = time.min(self.total);
        let after = self.entries.partition_point(|entry| entry.at <= time);
        let call = after.saturating_sub(1);
        Position {
            call,
            time: Duration::from_nanos(time - self.entries[call].at.min(time)),
        }
    }

    /// Where a side is at a position: its call, as far on its way as its recorded time is over.
    pub(crate) fn of_side(&self, side: usize, position: Position) -> Position {
        let (playback, time) = (&self.sides[side], self.time(position));
        let Some((call, made)) = call_at(playback, time) else {
            return Position::default();
        };
        let travel = playback.travel(call);
        let gone = time - (made.start_ns - first(playback)).min(time);
        let time = match gone < made.duration_ns {
            true => travel.mul_f64(gone as f64 / made.duration_ns as f64),
            false => travel,
        };
        Position { call, time }
    }

    /// Whether a side is in the kernel at a time, and how the bytes of such a call go.
    pub(crate) fn how_at(&self, side: usize, time: u64) -> Option<Option<How>> {
        let playback = &self.sides[side];
        let (_, call) = call_at(playback, time)?;
        let returned = call.start_ns - first(playback) + call.duration_ns;
        let named = playback.named(call.name);
        (time < returned).then(|| named.and_then(|named| named.how))
    }

    pub(crate) fn end(&self) -> Position {
        self.at(self.total)
    }

    /// In the middle of a call of either side.
    pub(crate) fn middle(&self, call: usize) -> Position {
        let call = call.min(self.entries.len().saturating_sub(1));
        let entry = self.entries[call];
        let made = self.sides[entry.side].call(entry.call);
        self.at(entry.at + made.map_or(0, |made| made.duration_ns / 2))
    }

    pub(crate) fn advance(&self, from: Position, elapsed: Duration) -> Position {
        let elapsed = elapsed.as_nanos() as u64;
        self.at(self.time(from).saturating_add(elapsed.max(1)))
    }

    /// Recorded time until something else is to be seen.
    pub(crate) fn next_change(&self) -> Duration {
        STEP.mul_f64(self.factor())
    }
}

fn first(playback: &Playback) -> u64 {
    playback.call(0).map_or(0, |call| call.start_ns)
}

fn end(playback: &Playback) -> u64 {
    let calls = playback.trace().calls.iter();
    let ends = calls.map(|call| call.start_ns + call.duration_ns);
    ends.max().unwrap_or(0).saturating_sub(first(playback))
}

/// The last call that was entered by then.
fn call_at(playback: &Playback, time: u64) -> Option<(usize, &Call)> {
    let first = first(playback);
    let calls = &playback.trace().calls;
    let entered = calls.partition_point(|call| call.start_ns.saturating_sub(first) <= time);
    let call = entered.checked_sub(1)?;
    Some((call, &calls[call]))
}
