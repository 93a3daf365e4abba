//! What the program asks to be done outside.

use std::sync::Arc;

use crate::class;
use crate::model::{ExperimentSpec, ExperimentValue, Record, Recording, TransferSpec};

/// Something to do outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Run an experiment.
    Run {
        /// The job's number.
        job: u64,
        /// What to run.
        spec: TransferSpec,
    },
    /// Run an experiment that is no transfer.
    Try {
        /// The job's number.
        job: u64,
        /// What to try.
        what: ExperimentSpec,
    },
    /// Stop the experiment that runs.
    Cancel,
    /// Write an answer or a visit to the log.
    Keep(Record),
    /// Keep a run for the next start of the program.
    Remember(Arc<Recording>),
    /// Save a recording to a file.
    Save(Arc<Recording>),
    /// Save what is on the screen as a picture; the screen's name.
    Picture(&'static str),
    /// Mouse reports on or off.
    Mouse(bool),
    /// Something for the room of a class.
    #[allow(private_interfaces)] // The crate's own: nobody else takes one.
    Class(class::Command),
    /// What the run that was begun in this round of the room answered.
    ClassRecorded(u32, ExperimentValue),
    /// A seat's answer in this round of its room.
    #[allow(private_interfaces)] // The crate's own: nobody else takes one.
    SeatVote(u32, class::Answer),
    /// What a seat's machine found in this round, under the figure's name.
    SeatFigure(u32, String, ExperimentValue),
    /// The next theme.
    NextTheme,
    /// Ctrl-C for the traced program.
    Interrupt,
    /// To the shell.
    Suspend,
    /// The end.
    Quit,
}
