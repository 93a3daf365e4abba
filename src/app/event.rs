//! What can happen to the program.

use std::time::Duration;

use super::{Click, Instrument, Key, Material, Outcome, Room, Run};
use crate::class::{SeatNews, Snapshot};
use crate::course::{Fault, review::Clock};
use crate::model::{ExperimentOutcome, JobProgress, TraceReport};

/// What the mouse did, in cells from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Press(u16, u16),
    /// The mouse moved with the left button down.
    Drag(u16, u16),
    /// The wheel, up (negative) or down.
    Wheel(i8),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key.
    Key(Key),
    /// A click on something.
    Click(Click),
    /// The wheel: rows down, or up when negative.
    Wheel(i8),
    /// What time it is. The runtime says so before anything else that happens.
    Clock(Clock),
    /// Time went by while something moves.
    Tick(Duration),
    /// An experiment got further.
    Progress(u64, JobProgress),
    /// An experiment is done.
    Finished(u64, Box<Outcome>),
    /// What an experiment that is no transfer knows so far.
    Partial(u64, Box<ExperimentOutcome>),
    /// An experiment that is no transfer is done.
    Experimented(u64, Box<ExperimentOutcome>),
    /// An experiment failed, was refused, or was stopped.
    Failed(u64, String),
    /// The room that there is, before a frame and after it.
    Room(Room),
    /// More is known of the program that is traced; whether it still runs.
    Snapshot(Box<TraceReport>, bool),
    /// It has written something to its terminal.
    Output(String),
    /// What this machine allows.
    Machine(Vec<Instrument>),
    /// The lessons were read again, with the faults that they have now; or why they cannot be read.
    Lessons(Result<Box<(Material, Vec<Fault>)>, String>),
    /// Runs of an earlier session, the newest last.
    Remembered(Vec<Run>),
    /// Something is new in the room.
    #[allow(private_interfaces)] // The crate's own: nobody else makes one.
    Class(Box<Snapshot>),
    /// Something that a seat heard from its room.
    #[allow(private_interfaces)] // The crate's own: nobody else makes one.
    Seat(SeatNews),
    /// Something to say, once.
    Message(String),
}
