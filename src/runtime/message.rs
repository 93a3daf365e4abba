//! What reaches the program, from whichever thread: one channel for all of it.

use std::{
    io,
    sync::mpsc::Sender,
    thread::{Builder, JoinHandle},
};

use super::background::Background;
use crate::app::{Event, Mouse};

/// The name of every thread but the one that draws: a panic in one of these leaves the terminal alone.
pub const WORKER: &str = "zclab-worker";

/// Something that happened outside.
pub enum Message {
    Event(Event),
    /// The mouse: what it means depends on what is drawn where.
    Mouse(Mouse),
    /// What the terminal's background is.
    Background(Background),
    /// The terminal has another size.
    Redraw,
    /// The program was stopped, and goes on.
    Continued,
    /// It is asked to stop.
    Stop,
    /// The terminal is gone.
    Closed,
    /// A signal ends it.
    Ended(i32),
    /// The traced program has ended, or could not be traced.
    Traced(Result<(), String>),
}

pub type Messages = Sender<Message>;

/// Runs work in a thread of its own.
pub fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(WORKER.to_owned()).spawn(work)
}
