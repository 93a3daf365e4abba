//! An experiment in a thread of its own. Whatever happens to it, the channel hears of it.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::JoinHandle,
};

use super::{
    material::source_text,
    message::{Message, Messages, spawn},
};
use crate::{
    app::{Event, Outcome, Run},
    experiment::{self, Source, from_spec, request},
    model::{ExperimentOutcome, ExperimentSpec, Recording, TransferSpec},
    store::shipped,
    tracer::Cancel,
};

pub enum Work {
    Transfer(TransferSpec),
    Experiment(ExperimentSpec),
}

/// A running experiment. Dropped, it is cancelled and waited for.
pub struct Worker {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts an experiment; it reports to the channel under the number of its job.
    pub fn start(job: u64, task: Work, messages: Messages) -> io::Result<Worker> {
        let cancel = Cancel::new();
        let stop = cancel.clone();
        let work = move || {
            let done = catch_unwind(AssertUnwindSafe(|| match &task {
                Work::Transfer(spec) => run(job, spec, &stop, &messages),
                Work::Experiment(what) => attempt(job, what, &stop, &messages),
            }))
            .unwrap_or_else(|panic| Err(format!("the experiment failed: {}", message_of(&*panic))));
            tell(
                &messages,
                done.unwrap_or_else(|why| Event::Failed(job, why)),
            );
        };
        let thread = spawn(work)?;
        Ok(Worker {
            cancel,
            thread: Some(thread),
        })
    }

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
    messages: &Messages,
) -> Result<Event, String> {
    let mut report = |progress| tell(messages, Event::Progress(job, progress));
    let recording = match experiment::refusal(spec.method) {
        Some(refused) => request::refused(spec.clone(), refused),
        None => experiment::run(spec, &Source::default(), cancel, &mut report)
            .map_err(|error| format!("{} to {}: {error:#}", spec.method, spec.to))?,
    };
    let source = source_text(&recording);
    let shipped = match recording.trace {
        Some(_) => None,
        None => shipped::nearest(spec).map(|shipped| {
            let run = Run::new(shipped, source);
            let summary = run.summary.as_ref().clone();
            let summary = Arc::new(summary.with_counters_of(&recording));
            Run { summary, ..run }
        }),
    };
    let live = Run::new(recording, source);
    Ok(Event::Finished(job, Box::new(Outcome { live, shipped })))
}

fn attempt(
    job: u64,
    what: &ExperimentSpec,
    cancel: &Cancel,
    messages: &Messages,
) -> Result<Event, String> {
    let mut report = |progress, so_far| {
        tell(messages, Event::Progress(job, progress));
        if let Some(found) = so_far {
            tell(messages, Event::Partial(job, Box::new(found)));
        }
    };
    from_spec::run(what, None, cancel, &mut report)
        .map(|found| Event::Experimented(job, Box::new(or_shipped(found))))
        .map_err(|error| format!("{}: {error:#}", what.title()))
}

fn tell(messages: &Messages, event: Event) {
    let _ = messages.send(Message::Event(event));
}

/// What was found; where a request's way could not be traced, the shipped recording of the same one, with the reason.
fn or_shipped(found: ExperimentOutcome) -> ExperimentOutcome {
    if let ExperimentOutcome::Race(sides) = found {
        return ExperimentOutcome::Race(Box::new((*sides).map(or_shipped_run)));
    }
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
    ExperimentOutcome::Serve(request::outcome_of(shipped))
}

fn or_shipped_run(run: Arc<Recording>) -> Arc<Recording> {
    match run.trace {
        Some(_) => run,
        None => shipped::nearest(&run.spec).map_or(run, Arc::new),
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it panicked")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Origin, ServePlan, Unavailable};

    /// What a request comes to where ptrace is refused: the shipped recording, marked as such, and the reason.
    #[test]
    fn a_request_that_cannot_be_traced_is_shown_from_the_shipped_recording() {
        for (method, copies) in ServePlan::METHODS.into_iter().zip([2.0, 1.0, 0.0, 0.0]) {
            let size = ServePlan::SIZE;
            let spec = ServePlan { method, size }.spec();
            let refusal = request::refused(
                spec.clone(),
                Unavailable::new("ptrace", "a rule".to_owned()),
            );
            let found = or_shipped(ExperimentOutcome::Serve(request::outcome_of(
                refusal.clone(),
            )));
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
