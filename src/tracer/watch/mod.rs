//! Watching any program: all its processes and threads, from its exec or from the moment of attaching, call by call,
//! for an [`Observer`] that may ask the stopped thread what it needs to know.

mod attach;
mod filter;
mod handle;
mod launch;
mod tracee;
mod watcher;

use std::{ffi::OsString, os::fd::OwnedFd};

use nix::sys::signal::SigSet;

pub use handle::Handle;
pub use tracee::Tracee;

use super::{Ended, TraceError};
use crate::model::{Call, Counted, Request, Trace};

/// Who is watched.
pub enum Subject<'a> {
    /// A program that is started for it.
    Command {
        /// Its name and arguments.
        command: &'a [OsString],
        /// Becomes its standard streams and its controlling terminal; none: it keeps this program's own.
        terminal: Option<&'a OwnedFd>,
        /// The signal mask that it begins with.
        mask: &'a SigSet,
    },
    /// All threads of a process that runs already, and what they make. It is left running.
    Process(i32),
}

/// How a program is watched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Stop at every call. Else a seccomp filter selects those that move bytes or change descriptors and maps. (A
    /// process that runs already cannot be given a filter.)
    pub all: bool,
    /// Pin tracer and program to this CPU.
    pub cpu: Option<usize>,
    /// Keep at most this many calls, of all threads together: the newest.
    pub keep: Option<usize>,
}

/// One call as it is entered or left.
pub struct Seen<'a> {
    /// The call.
    pub call: &'a Call,
    /// Its number since the watching began.
    pub number: u64,
    /// How many calls are no longer in the trace.
    pub dropped: u64,
    /// What its numbers mean.
    pub trace: &'a Trace,
    /// Which look-ups its descriptors come from: a number that was closed and opened again is another one.
    pub serials: [u32; 2],
}

/// A request of an io_uring, when its submission or its completion is seen.
pub struct Asked<'a> {
    /// The request.
    pub request: &'a Request,
    /// Its number since the watching began.
    pub number: u64,
    /// It is done.
    pub completed: bool,
    /// The io_uring_enter(2) that shows it.
    pub seen: &'a Seen<'a>,
}

/// Sees what happens, in order. The thread that it happens to stands still meanwhile.
pub trait Observer {
    /// A thread is there. `parent` made it; none where it was there before, or nobody knows.
    fn started(&mut self, parent: Option<&Tracee>, child: &Tracee, shares_memory: bool);
    /// A call is about to be made.
    fn entered(&mut self, tracee: &Tracee, seen: &Seen);
    /// A call has returned.
    fn left(&mut self, tracee: &Tracee, seen: &Seen);
    /// A request in a ring has been handed to the kernel, or (`completed`) is seen to be done. Its number is its place
    /// in the order of submission.
    fn requested(&mut self, tracee: &Tracee, seen: &Asked);
    /// The process has executed another program: its memory is new.
    fn executed(&mut self, tracee: &Tracee);
    /// A thread is gone; with `last`, its process too.
    fn ended(&mut self, tracee: &Tracee, last: bool);
    /// So many of the oldest calls are no longer kept.
    fn dropped(&mut self, calls: usize);
    /// The trace's descriptors have other indices now.
    fn renumbered(&mut self);
    /// Some time went by (about twenty times a second while calls are made).
    fn progress(&mut self, trace: &Trace);
}

/// What came of it, beside what the observer saw.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The calls that were kept.
    pub trace: Trace,
    /// How often each call returned, with those that are not kept.
    pub calls_by_name: Vec<(String, Counted)>,
    /// How many processes were watched.
    pub processes: u64,
    /// How many threads.
    pub threads: u64,
    /// How the program ended; none where it was left running.
    pub ended: Option<Ended>,
    /// What must be known to read this rightly.
    pub notes: Vec<String>,
}

/// Watches until everything has ended, or until the [`Handle`] says that it is enough. Must be called from a thread
/// that has no other children to wait for.
///
/// # Errors
/// [`TraceError::Refused`] where ptrace is not allowed; [`TraceError::Failed`] where the program cannot be run or
/// there is no such process.
pub fn watch(
    subject: &Subject,
    options: &Options,
    handle: &Handle,
    observer: &mut dyn Observer,
) -> Result<Outcome, TraceError> {
    handle.take_thread();
    let result = watcher::run(subject, options, handle, observer);
    handle.finish();
    result
}
