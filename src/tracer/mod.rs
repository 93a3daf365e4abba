//! The tracer: runs a command under ptrace and records the system calls that it makes.
//!
//! It is general: threads, children, exec, signals and death at any point. It knows nothing of transfers (but the
//! [markers](crate::model::marker) around them) and nothing of screens.

mod cancel;
mod descriptors;
mod kernel;
mod launch;
mod memory;
mod recorder;
mod refused;
pub(crate) mod ring_memory;
mod rings;
mod sockets;
mod stops;
mod wait_loop;
pub mod watch;

use std::{
    os::unix::process::ExitStatusExt,
    process::{Child, ChildStdout, Command},
    sync::mpsc,
    thread,
};

use anyhow::anyhow;

pub use cancel::{Cancel, Guard};

use crate::model::Trace;

/// How a command is traced.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Follow the threads and processes that it creates. Else its first thread alone is traced.
    pub follow: bool,
    /// Pin tracer and tracee to this CPU, which makes a stop several times cheaper. The calling thread's affinity is
    /// restored afterwards; the tracee keeps its one CPU.
    pub cpu: Option<usize>,
    /// Record only the calls between the two markers of [`crate::model::marker`], without the markers themselves.
    pub between_markers: bool,
}

/// What came of a traced run.
#[derive(Debug)]
pub struct Recorded {
    /// The calls.
    pub trace: Trace,
    /// How the command ended.
    pub ended: Ended,
    /// The read end of its standard output, where the command asked for a pipe.
    pub stdout: Option<ChildStdout>,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this code.
    Code(i32),
    /// A signal killed it: `SIGSEGV`.
    Signal(String),
}

/// Why there is no recording.
#[derive(Debug)]
pub enum TraceError {
    /// ptrace is not allowed here: the exact cause, in one sentence.
    Refused(String),
    /// [`Cancel::cancel`] was called.
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

/// Runs a command under ptrace until it and everything that is followed has ended.
///
/// `progress` sees the trace so far, at most about twenty times a second. When this returns, by whatever way, nothing
/// that it traced lives. A command serves for one recording.
///
/// # Errors
/// [`TraceError::Refused`] with the cause where ptrace is not allowed; [`TraceError::Cancelled`];
/// [`TraceError::Failed`] where the command cannot be run.
pub fn record(
    command: &mut Command,
    options: &Options,
    cancel: &Cancel,
    progress: &mut dyn FnMut(&Trace),
) -> Result<Recorded, TraceError> {
    let (link, gate) =
        launch::prepare(command).map_err(|error| TraceError::Failed(error.into()))?;
    let (show, shown) = mpsc::channel::<Trace>();
    let (give_back, given_back) = mpsc::channel::<Trace>();
    thread::scope(|scope| {
        // ptrace is bound to a thread. One that does nothing else has no other children to wait for, and when it
        // ends, in whatever way, the kernel kills what it traced.
        let tracer = scope.spawn(move || {
            let mut relay = |trace| {
                show.send(trace).ok()?;
                given_back.recv().ok()
            };
            trace(link, options, cancel, &mut relay)
        });
        // Should `progress` panic, the tracer must notice before this scope waits for it.
        let (shown, give_back) = (shown, give_back);
        let spawned = gate.spawn(command);
        for trace in shown {
            progress(&trace);
            if give_back.send(trace).is_err() {
                break;
            }
        }
        let traced = tracer
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        conclude(command, spawned, traced, cancel)
    })
}

/// What the tracer's thread saw; none: the program was never executed.
type Traced = Result<Option<(Trace, Option<Ended>)>, TraceError>;

/// The work of the tracer's thread.
fn trace(
    mut link: launch::Link,
    options: &Options,
    cancel: &Cancel,
    relay: &mut dyn FnMut(Trace) -> Option<Trace>,
) -> Traced {
    let Some(pid) = link.pid() else {
        return Ok(None);
    };
    let _guard = cancel.guard(pid as u32);
    link.seize(pid, options)
        .map_err(|error| match cancel.is_cancelled() {
            // A child that was killed already cannot be seized: EPERM, a refusal only in name.
            true => TraceError::Cancelled,
            false => error,
        })?;
    let mut tracer = wait_loop::Tracer::new(pid, options, cancel, relay);
    match tracer.start()? {
        wait_loop::Start::Failed => Ok(None),
        wait_loop::Start::Executed | wait_loop::Start::Died => tracer.run().map(Some),
    }
}

fn conclude(
    command: &Command,
    spawned: std::io::Result<Child>,
    traced: Traced,
    cancel: &Cancel,
) -> Result<Recorded, TraceError> {
    let traced = traced?;
    let program = command.get_program().display();
    let mut child =
        spawned.map_err(|error| TraceError::Failed(anyhow!("cannot run {program}: {error}")))?;
    let (trace, ended) =
        traced.ok_or_else(|| TraceError::Failed(anyhow!("cannot run {program}")))?;
    let ended = match ended {
        Some(ended) => ended,
        None => untraced_end(&mut child, cancel)?,
    };
    Ok(Recorded {
        trace,
        ended,
        stdout: child.stdout.take(),
    })
}

/// The end of a process whose traced thread is gone while others live on: an exec by a thread that was not followed.
fn untraced_end(child: &mut Child, cancel: &Cancel) -> Result<Ended, TraceError> {
    let _guard = cancel.guard(child.id());
    let status = child
        .wait()
        .map_err(|error| TraceError::Failed(error.into()))?;
    if cancel.is_cancelled() {
        return Err(TraceError::Cancelled);
    }
    Ok(stops::ended(status.into_raw()))
}
