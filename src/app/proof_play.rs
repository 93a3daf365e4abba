//! The three steps of the alias proof as they are played: send, overwrite, receive.

use std::time::Duration;

/// How long a step takes.
const STEP: Duration = Duration::from_millis(1_200);
/// How many there are.
const STEPS: u32 = 3;
/// At most so many pictures a second.
const FRAME: Duration = Duration::from_millis(33);

/// How far it is. It knows no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProofPlay {
    time: Duration,
    playing: bool,
    /// Whole steps, one after the other.
    reduced_motion: bool,
}

impl ProofPlay {
    pub(crate) fn start(reduced_motion: bool) -> ProofPlay {
        ProofPlay {
            time: Duration::ZERO,
            playing: true,
            reduced_motion,
        }
    }

    pub(crate) fn toggle(&mut self) {
        self.playing = !self.playing;
    }

    pub(crate) fn is_playing(&self) -> bool {
        self.playing
    }

    /// Whether all three steps are done.
    pub(crate) fn is_done(&self) -> bool {
        self.time >= STEP * STEPS
    }

    /// The step, from 0, and how far it is: from 0 to 1.
    pub(crate) fn step(&self) -> (usize, f64) {
        let steps = self.time.div_duration_f64(STEP);
        let step = (steps as usize).min(STEPS as usize - 1);
        match self.reduced_motion {
            true => (step, 1.0),
            false => (step, (steps - step as f64).min(1.0)),
        }
    }

    pub(crate) fn tick(&mut self, elapsed: Duration) {
        if self.playing {
            self.time += elapsed;
            self.playing = !self.is_done();
        }
    }

    /// How long until the picture changes. None while paused.
    pub(crate) fn next_frame(&self) -> Option<Duration> {
        if !self.playing {
            return None;
        }
        let gone = self.time.as_millis() as u64 % STEP.as_millis() as u64;
        let left = STEP.saturating_sub(Duration::from_millis(gone));
        Some(match self.reduced_motion {
            true => left.max(FRAME),
            false => FRAME,
        })
    }
}
