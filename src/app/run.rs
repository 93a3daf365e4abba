//! Experiments: what runs, how far it is, what came of it.

use std::sync::Arc;

use super::{PageAt, Player};
use crate::model::{JobProgress, Recording, Summary, TransferSpec};

/// A recording, and what it comes to.
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) recording: Arc<Recording>,
    /// What it comes to.
    pub summary: Arc<Summary>,
    pub(crate) player: Player,
}

impl Run {
    /// A recording, with the source of its method. Reads every call once: not for the thread that draws.
    pub fn new(recording: Recording, source: &str) -> Run {
        Run::of(Arc::new(recording), source)
    }

    /// The same of one that is kept elsewhere, too.
    pub(crate) fn of(recording: Arc<Recording>, source: &str) -> Run {
        let player = Player::new(recording.clone(), source);
        let summary = player.playback().map(|playback| playback.summary.clone());
        Run {
            recording,
            summary: Arc::new(summary.unwrap_or_default()),
            player,
        }
    }
}

/// What came of an experiment.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was run here. It has no trace where ptrace is refused.
    pub live: Run,
    /// The nearest recording that is shipped, where there is no trace of this machine. It may be of another size, chunk
    /// or cache: `Outcome::stand_in`.
    pub shipped: Option<Run>,
}

impl Outcome {
    /// The run that can be played: this machine's, else the shipped one.
    pub(crate) fn playable(&self) -> &Run {
        match &self.shipped {
            Some(shipped) if self.live.recording.trace.is_none() => shipped,
            _ => &self.live,
        }
    }

    /// What the shipped recording is of, where it is not of the transfer that was asked for.
    pub(crate) fn stand_in(&self) -> Option<&TransferSpec> {
        let shown = &self.playable().recording.spec;
        (*shown != self.live.recording.spec).then_some(shown)
    }

    /// The run that answers questions about the transfer. The recording of another one does not.
    pub(crate) fn answering(&self) -> &Run {
        match self.stand_in() {
            Some(_) => &self.live,
            None => self.playable(),
        }
    }

    /// Why this machine's own calls are not shown, if they are not.
    pub(crate) fn refused(&self) -> Option<String> {
        if self.live.recording.trace.is_some() {
            return None;
        }
        let reason = self.live.recording.unavailable.iter().find_map(|missing| {
            match missing.instrument.as_str() {
                "ptrace" => Some(missing.reason.clone()),
                "io-uring" => Some(format!("io_uring: {}", missing.reason)),
                "ktls" => Some(format!("ktls: {}", missing.reason)),
                _ => None,
            }
        });
        Some(reason.unwrap_or_else(|| "ptrace: not available".to_owned()))
    }
}

/// What an experiment is for: where its outcome goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The experiment of a page.
    Page(PageAt),
    /// The run that marks the answer to a page's question.
    Mark(PageAt),
    /// A side of the free lab.
    Side(usize),
    /// An entry of the list of experiments.
    Entry(usize),
    /// The transfer that answers what a class is asked, on a seat's own machine.
    Seat,
}

/// The experiment that runs now. There is one at a time.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number: events of an older one are dropped.
    pub(crate) id: u64,
    /// What is run: `sendfile to tcp, 1 MiB`.
    pub(crate) title: String,
    pub(crate) purpose: Purpose,
    pub(crate) progress: Option<JobProgress>,
    /// It was asked to stop.
    pub(crate) cancelled: bool,
}
