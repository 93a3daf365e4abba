//! The tracer: one engine that runs a program under ptrace, or attaches to one, and reports what it does; and a recorder
//! that makes a [`Trace`] of the reports.
//!
//! It is general: threads, children, exec, signals and death at any point. It knows nothing of transfers (but the
//! [markers](crate::model::marker) around them), nothing of flows and nothing of screens.

mod aio;
mod asynchronous;
mod attach;
mod cancel;
mod command;
mod corrections;
mod depth;
mod descriptors;
mod duplicate;
mod engine;
mod filter;
mod handle;
mod inherited;
mod kernel;
mod launch;
mod limits;
mod memory;
mod notes;
mod outcome;
mod proc;
mod recorder;
mod refused;
mod registers;
mod release;
mod requests;
mod ring;
mod ring_buffers;
mod ring_files;
pub(crate) mod ring_memory;
mod rings;
mod sockets;
mod stops;
mod stores;
mod threads;
mod trace_builder;
mod tracee;
mod unix_peer;
mod watchpoints;

use std::thread;

use anyhow::anyhow;

pub(crate) use self::inherited::was_ignored;
pub(crate) use self::proc::storage;
use self::recorder::Recorder;
pub use self::{cancel::Cancel, engine::Options, launch::Program, outcome::TraceError};
pub(crate) use self::{
    engine::Subject,
    handle::{Ending, Handle, Leave},
    outcome::{Guard, Outcome},
    recorder::Observer,
    tracee::Tracee,
    unix_peer::peer_of,
};
use crate::model::{Exit, Trace};

/// What came of a recorded run.
#[derive(Debug)]
pub struct Recorded {
    /// The calls.
    pub trace: Trace,
    /// How the program ended.
    pub ended: Exit,
}

/// Runs a program under ptrace until it and everything that is followed has ended.
///
/// `progress` sees the trace so far, at most about twenty times a second, in another thread. When this returns, by
/// whatever way, nothing that it traced lives.
///
/// # Errors
/// [`TraceError::Refused`] with the cause where ptrace is not allowed; [`TraceError::Cancelled`];
/// [`TraceError::Failed`] where the program cannot be run.
pub fn record(
    program: Program,
    options: &Options,
    cancel: &Cancel,
    progress: &mut (dyn FnMut(&Trace) + Send),
) -> Result<Recorded, TraceError> {
    // ptrace is bound to a thread. One that does nothing else has no other children to wait for, and when it ends,
    // in whatever way, the kernel kills what it traced.
    let traced = thread::scope(|scope| {
        let work = || {
            let subject = Subject::Program(Box::new(program));
            let observer = &mut OnProgress(progress);
            trace(subject, options, &Handle::default(), Some(cancel), observer)
        };
        let tracer = thread::Builder::new().spawn_scoped(scope, work);
        let no_thread = |error| TraceError::Failed(anyhow!("cannot start a thread: {error}"));
        tracer
            .map_err(no_thread)?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    let Outcome { trace, ended, .. } = traced?;
    let ended =
        ended.ok_or_else(|| TraceError::Failed(anyhow!("the program's end was not seen")))?;
    Ok(Recorded { trace, ended })
}

struct OnProgress<'a>(&'a mut (dyn FnMut(&Trace) + Send));

impl Observer for OnProgress<'_> {
    fn progress(&mut self, trace: &Trace) {
        (self.0)(trace);
    }
}

/// Traces until everything has ended, or until the [`Handle`] says that it is enough. Must be called from a thread that
/// has no other children to wait for.
///
/// # Errors
/// [`TraceError::Refused`] where ptrace is not allowed; [`TraceError::Failed`] where the program cannot be run or
/// there is no such process.
pub(crate) fn watch(
    subject: Subject,
    options: &Options,
    handle: &Handle,
    observer: &mut dyn Observer,
) -> Result<Outcome, TraceError> {
    handle.take_thread();
    let result = trace(subject, options, handle, None, observer);
    handle.finish();
    result
}

/// The engine, with a recorder to take its events.
fn trace(
    subject: Subject,
    options: &Options,
    handle: &Handle,
    cancel: Option<&Cancel>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TraceError> {
    let mut recorder = Recorder::new(options.keep, handle, observer);
    let outcome = engine::run(subject, options, handle, cancel, &mut recorder)?;
    Ok(recorder.conclude(outcome))
}
