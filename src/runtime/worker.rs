//! An experiment in a thread of its own. Whatever happens to it, the channel hears of it.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::Sender,
    thread::{self, JoinHandle},
};

use super::{Message, source_text};
use crate::{
    app::{Outcome, Progress, Run, Stage},
    embedded,
    experiment::{self, Source},
    model::{Origin, Recording, TransferSpec},
    store,
    trace::Cancel,
};

/// The name of every thread but the one that draws: a panic in one of these leaves the terminal alone.
pub const NAME: &str = "zclab-worker";

/// A running experiment. Dropped, it is cancelled and waited for.
pub struct Worker {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts an experiment; it reports to the channel under the number of its job.
    pub fn start(job: u64, spec: TransferSpec, sender: Sender<Message>) -> io::Result<Worker> {
        let cancel = Cancel::new();
        let stop = cancel.clone();
        let work = move || {
            let done = catch_unwind(AssertUnwindSafe(|| run(job, &spec, &stop, &sender)))
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
    let recording = experiment::run(spec, &Source::default(), cancel, &mut report)
        .map_err(|error| format!("{} to {}: {error:#}", spec.method, spec.to))?;
    let source = source_text(spec.method);
    let shipped = match recording.trace {
        Some(_) => None,
        None => shipped(spec).map(|recording| Run::new(recording, source)),
    };
    Ok(Box::new(Outcome {
        live: Run::new(recording, source),
        shipped,
    }))
}

fn progress_of(progress: experiment::Progress) -> Progress {
    let (stage, done, total) = match progress {
        experiment::Progress::Preparing { done, total } => (Stage::Preparing, done, total),
        experiment::Progress::Measuring { done, total } => (Stage::Measuring, done, total),
        experiment::Progress::Tracing { done, total } => (Stage::Tracing, done, total),
    };
    Progress { stage, done, total }
}

/// The shipped recording of a transfer: the very same one, else one of the same method and sink.
fn shipped(spec: &TransferSpec) -> Option<Recording> {
    let mut near = None;
    for (name, text) in embedded::recordings() {
        let Ok(mut recording) = store::recording::parse(name, text) else {
            continue;
        };
        recording.origin = Origin::Shipped;
        if recording.spec == *spec {
            return Some(recording);
        }
        if (recording.spec.method, recording.spec.to) == (spec.method, spec.to) {
            near = Some(recording);
        }
    }
    near
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it panicked")
}
