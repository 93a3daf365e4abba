//! What the course is made of, and what is known of this machine.

use crate::course::Lesson;
use crate::model::{Card, Figure, Method, Sink, Word};

/// What the course is made of.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The lessons, in order.
    pub lessons: Vec<Lesson>,
    pub(crate) figures: Vec<Figure>,
    /// The source of each method, word for word.
    pub(crate) sources: Vec<(Method, &'static str)>,
    /// The same transfers in C, of the methods that have it.
    pub(crate) c_sources: Vec<(Method, &'static str)>,
    /// The Rust of the server's sending steps.
    pub(crate) sending_steps: Vec<(Method, &'static str)>,
    /// How often the CPU copies each byte of the transfers that lessons are about, from recordings.
    pub(crate) copies: Vec<(Method, Sink, Copies)>,
    /// The errors on purpose, as far as they are known before they run.
    pub(crate) errors: Vec<ErrorCase>,
    /// The test before and after the course, if there is one.
    pub(crate) concept_test: Option<Lesson>,
    pub cards: Vec<Card>,
    pub words: Vec<Word>,
}

/// How often the CPU copies each byte of a transfer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Copies {
    /// In every case.
    pub(crate) always: f64,
    /// Beyond that, as the kernel itself reported of a recorded run (COPIED): it depends on the device.
    pub(crate) reported: f64,
}

/// An error on purpose, before it is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorCase {
    pub(crate) name: String,
    /// What it is about: `sockets`.
    pub(crate) theme: String,
    /// The call, as text.
    pub(crate) call: String,
    /// What is made ready before it.
    pub(crate) setup: String,
}

/// A line of "This machine".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// `ptrace`, `io-uring`.
    pub(crate) name: String,
    /// `available`, or why not.
    pub(crate) state: String,
}
