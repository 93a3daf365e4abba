//! An experiment in a thread of its own. Whatever happens to it, the channel hears of it.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::Sender,
    thread::{self, JoinHandle},
};

use super::{Message, source_text};
use crate::{
    app::{Outcome, Progress, Run},
    experiment::{self, Source, request, trial},
    host,
    model::{
        self, ExperimentOutcome, ExperimentSpec, Origin, Recording, TransferSpec, Unavailable,
    },
    store::shipped,
    tracer::Cancel,
};

/// The name of every thread but the one that draws: a panic in one of these leaves the terminal alone.
pub const NAME: &str = "zclab-worker";

/// What is to be run.
pub enum Task {
    /// A transfer.
    Transfer(TransferSpec),
    /// Another experiment.
    Experiment(ExperimentSpec),
}

/// What came of it.
pub enum Done {
    /// Of a transfer.
    Transfer(Box<Outcome>),
    /// Of another experiment.
    Experiment(Box<ExperimentOutcome>),
}

/// A running experiment. Dropped, it is cancelled and waited for.
pub struct Worker {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts an experiment; it reports to the channel under the number of its job.
    pub fn start(job: u64, task: Task, sender: Sender<Message>) -> io::Result<Worker> {
        let cancel = Cancel::new();
        let stop = cancel.clone();
        let work = move || {
            let done = catch_unwind(AssertUnwindSafe(|| match &task {
                Task::Transfer(spec) => run(job, spec, &stop, &sender).map(Done::Transfer),
                Task::Experiment(what) => attempt(job, what, &stop, &sender).map(Done::Experiment),
            }))
            .unwrap_or_else(|panic| Err(format!("the experiment failed: {}", said(&*panic))));
            let _ = sender.send(Message::Done(job, done));
        };
        let thread = thread::Builder::new().name(NAME.to_owned()).spawn(work)?;
        Ok(Worker {
            cancel,
            thread: Some(thread),
        })
    }

    /// Asks it to stop.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    job: u64,
    spec: &TransferSpec,
    cancel: &Cancel,
    sender: &Sender<Message>,
) -> Result<Box<Outcome>, String> {
    let mut report = |progress: experiment::Progress| {
        let _ = sender.send(Message::Progress(job, progress_of(progress)));
    };
    let refusal = spec.method.uses_ring().then(host::io_uring_refusal);
    let recording = match refusal.flatten() {
        Some(reason) => refused(spec, reason),
        None => experiment::run(spec, &Source::default(), cancel, &mut report)
            .map_err(|error| format!("{} to {}: {error:#}", spec.method, spec.to))?,
    };
    let source = source_text(&recording);
    let shipped = match recording.trace {
        Some(_) => None,
        None => shipped::nearest(spec).map(|recording| Run::new(recording, source)),
    };
    Ok(Box::new(Outcome {
        live: Run::new(recording, source),
        shipped,
    }))
}

fn attempt(
    job: u64,
    what: &ExperimentSpec,
    cancel: &Cancel,
    sender: &Sender<Message>,
) -> Result<Box<ExperimentOutcome>, String> {
    let mut tell = |progress: trial::Progress| {
        let trial::Progress {
            at,
            done,
            total,
            so_far,
        } = progress;
        let _ = sender.send(Message::Progress(job, Progress { at, done, total }));
        if let Some(found) = so_far {
            let _ = sender.send(Message::SoFar(job, Box::new(found)));
        }
    };
    trial::run(what, None, cancel, &mut tell)
        .map(|found| Box::new(or_shipped(found)))
        .map_err(|error| format!("{}: {error:#}", what.title()))
}

fn progress_of(progress: experiment::Progress) -> Progress {
    let (at, done, total) = match progress {
        experiment::Progress::Preparing { done, total } => ("preparing the file", done, total),
        experiment::Progress::Measuring { done, total } => ("untraced run", done, total),
        experiment::Progress::Tracing { done, total } => ("traced run", done, total),
    };
    Progress {
        at: at.to_owned(),
        done,
        total,
    }
}

/// What is known of a transfer that cannot be made here, for want of io_uring: the reason.
fn refused(spec: &TransferSpec, reason: String) -> Recording {
    Recording {
        origin: Origin::Live,
        spec: spec.clone(),
        machine: host::machine(),
        outcome: model::Outcome::default(),
        measured: None,
        trace: None,
        unavailable: vec![Unavailable {
            instrument: "io-uring".to_owned(),
            reason,
        }],
    }
}

/// What was found; where a request's way could not be traced, the shipped recording of the same one, with the reason.
fn or_shipped(found: ExperimentOutcome) -> ExperimentOutcome {
    let ExperimentOutcome::Serve(way) = &found else {
        return found;
    };
    if way.recording.trace.is_some() {
        return found;
    }
    let Some(mut shipped) = shipped::served(&way.recording.spec) else {
        return found;
    };
    shipped.unavailable = way.recording.unavailable.clone();
    ExperimentOutcome::Serve(request::way(shipped))
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it panicked")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServePlan;

    /// What a request comes to where ptrace is refused: the shipped recording, marked as such, and the reason.
    #[test]
    fn a_request_that_cannot_be_traced_is_shown_from_the_shipped_recording() {
        for (method, copies) in ServePlan::METHODS.into_iter().zip([2.0, 1.0, 0.0, 0.0]) {
            let size = ServePlan::SIZE;
            let spec = ServePlan { method, size }.spec();
            let mut refusal = refused(&spec, "a rule".to_owned());
            refusal.unavailable[0].instrument = "ptrace".to_owned();
            let found = or_shipped(ExperimentOutcome::Serve(request::way(refusal.clone())));
            let ExperimentOutcome::Serve(way) = &found else {
                panic!("it is something else now");
            };
            assert_eq!(way.recording.origin, Origin::Shipped);
            assert_eq!(way.recording.unavailable, refusal.unavailable);
            assert_eq!(way.recording.spec, spec, "{method}");
            assert_eq!(way.recording.outcome.verified, Some(true));
            assert_eq!(way.summary.cpu_copies_per_byte, Some(copies), "{method}");
        }
    }
}
