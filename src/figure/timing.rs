//! How long everything is shown. A reference is passed on at once; a copy takes time in proportion to its bytes.

use std::time::Duration;

/// A frame at 30 frames per second.
pub(crate) const STEP: Duration = Duration::from_nanos(33_333_333);
/// Between a call's return and the next call.
pub(super) const REST: Duration = Duration::from_millis(150);
/// How long the mode-switch line stays lit after it was crossed: half of the shortest call at most, so that the two
/// crossings are seen apart.
pub(super) const FLASH: Duration = Duration::from_millis(60);
/// A call, or a step of a figure, in which nothing travels.
const STILL: Duration = Duration::from_millis(400);
/// A reference, whatever it stands for.
const REFERENCE: Duration = Duration::from_millis(133);
/// The largest copy of a recording.
const LARGEST: Duration = Duration::from_millis(800);
/// A sentence: at least so long, and so long per letter (240 words a minute).
const READING: Duration = Duration::from_millis(1500);
const LETTER: Duration = Duration::from_millis(40);
/// A whole recording at speed 1, if it would take longer.
pub(super) const WHOLE: Duration = Duration::from_secs(20);
/// From this factor on no eye can follow single tokens.
const BLUR: f64 = 8.0;

/// A place in the playback: a call, and the time since its entry, before any speed-up. The call has returned once
/// `Playback::travel` is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Which call, or step of a drawn figure, from 0.
    pub call: usize,
    /// How long ago it was entered.
    pub time: Duration,
}

/// How fast the learner wants it: from a quarter to sixteen times, by doubling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(i8);

impl Speed {
    /// Twice as fast, to 16.
    pub(crate) fn faster(self) -> Speed {
        Speed((self.0 + 1).min(4))
    }

    /// Half as fast, to 1/4.
    pub(crate) fn slower(self) -> Speed {
        Speed((self.0 - 1).max(-2))
    }

    pub(crate) fn factor(self) -> f64 {
        2f64.powi(i32::from(self.0))
    }

    /// `1/2x`, `4x`.
    pub fn name(self) -> String {
        match self.0 {
            0.. => format!("{}x", 1 << self.0),
            below => format!("1/{}x", 1 << -below),
        }
    }
}

/// How long it takes to read a sentence.
pub(super) fn reading(text: &str) -> Duration {
    READING.max(LETTER * text.chars().count() as u32)
}

/// What is seen of a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// Nothing travels.
    Still,
    Reference,
    /// So many bytes travel.
    Copy(u64),
}

/// How long hops take in one recording, and how much faster than that it is played at speed 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Bytes of the largest copy.
    largest: u64,
    pub(crate) factor: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            largest: 1,
            factor: 1.0,
        }
    }
}

impl Pace {
    /// From the first token's start until the last one has arrived.
    pub(super) fn hop(self, motion: Motion) -> Duration {
        match motion {
            Motion::Still => STILL,
            Motion::Reference => REFERENCE,
            Motion::Copy(bytes) => STEP + self.copy(bytes),
        }
    }

    fn copy(self, bytes: u64) -> Duration {
        LARGEST.mul_f64(bytes as f64 / self.largest as f64)
    }

    /// From a call's entry to its return.
    pub(super) fn call(self, motions: impl Iterator<Item = Motion>) -> Duration {
        let each = motions.map(|motion| self.hop(motion));
        let sum = each.reduce(|sum, next| sum + REST + next);
        sum.unwrap_or(STILL)
    }

    /// Whether single tokens travel at this speed, or whole hops light up.
    pub(crate) fn shows_tokens(self, speed: Speed) -> bool {
        self.factor * speed.factor() < BLUR
    }
}

/// Adds up a recording, call by call.
#[derive(Default)]
pub(super) struct Length {
    /// All but what depends on the largest copy.
    fixed: Duration,
    copied: u64,
    largest: u64,
}

impl Length {
    pub(super) fn add_call(&mut self, motions: impl Iterator<Item = Motion>) {
        let motions = motions.inspect(|motion| {
            if let Motion::Copy(bytes) = *motion {
                self.copied += bytes;
                self.largest = self.largest.max(bytes);
            }
        });
        let fixed = motions.map(|motion| match motion {
            Motion::Copy(_) => Motion::Copy(0),
            other => other,
        });
        self.fixed += Pace::default().call(fixed) + REST;
    }

    pub(super) fn pace(&self) -> Pace {
        let pace = Pace {
            largest: self.largest.max(1),
            factor: 1.0,
        };
        let whole = self.fixed + pace.copy(self.copied);
        Pace {
            factor: whole.div_duration_f64(WHOLE).max(1.0),
            ..pace
        }
    }
}
