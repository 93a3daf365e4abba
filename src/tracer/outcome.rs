//! What came of tracing, or why nothing did.

use crate::model::{Counted, Exit, Trace};

/// What came of a traced program, beside what an [`Observer`](super::Observer) saw.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The calls that were kept.
    pub trace: Trace,
    /// How often each call returned, with those that are not kept.
    pub calls_by_name: Vec<(String, Counted)>,
    /// Those that were traced.
    pub processes: u64,
    pub threads: u64,
    /// How the program ended; none where it was left running.
    pub ended: Option<Exit>,
    /// What must be known to read this rightly.
    pub notes: Vec<String>,
    /// Of processes that go on with their filter.
    pub guard: Option<Guard>,
}

/// Answers the filter of processes that go on after the tracing: without a tracer the calls that it selects would fail
/// with ENOSYS (seccomp(2)), and it cannot be taken off.
pub(crate) struct Guard(pub(super) Box<dyn FnOnce() + Send>);

impl Guard {
    /// Stays with them until the last one has ended. To be called by the thread that has traced them.
    pub fn stay(self) {
        (self.0)();
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

/// Why there is no trace.
#[derive(Debug)]
pub enum TraceError {
    /// ptrace is not allowed here: the exact cause, in one sentence.
    Refused(String),
    /// [`Cancel::cancel`](super::Cancel::cancel) was called.
    Cancelled,
    /// Something else failed: the command could not be run.
    Failed(anyhow::Error),
}

impl std::fmt::Display for TraceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TraceError::Refused(cause) => write!(f, "ptrace is refused: {cause}"),
            TraceError::Cancelled => f.write_str("cancelled"),
            TraceError::Failed(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for TraceError {}
