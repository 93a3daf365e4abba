//! Answers and visits, written to the learner's log as they happen.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    course::progress::Progress,
    model::{Answer, Record, Visit},
    store::progress::Log,
};

/// Keeps what the learner does. What goes wrong is a warning, given out once.
pub struct Keeper {
    log: Option<Log>,
    warning: Option<String>,
}

impl Keeper {
    /// Keeps in this log.
    pub fn new(log: Log) -> Keeper {
        Keeper {
            log: Some(log),
            warning: None,
        }
    }

    /// Keeps nothing.
    pub fn none() -> Keeper {
        Keeper {
            log: None,
            warning: None,
        }
    }

    /// What the log comes to, and the lesson that was open last.
    pub fn load(&mut self) -> (Progress, Option<String>) {
        let mut progress = Progress::default();
        let mut last = None;
        if let Some(log) = &mut self.log {
            let loaded = log.load(&mut |record| {
                progress.add(&record);
                if let Record::Visit(visit) = record {
                    last = Some(visit.lesson);
                }
            });
            self.warning = loaded.warning;
        }
        (progress, last)
    }

    /// An answer was given.
    pub fn answer(&mut self, lesson: String, question: String, given: String, right: bool) {
        self.keep(&Record::Answer(Answer {
            lesson,
            question,
            given,
            right,
            at: now(),
        }));
    }

    /// A page was opened.
    pub fn visit(&mut self, lesson: String, page: u32) {
        self.keep(&Record::Visit(Visit {
            lesson,
            page,
            at: now(),
        }));
    }

    fn keep(&mut self, record: &Record) {
        if let Some(warning) = self.log.as_mut().and_then(|log| log.keep(record)) {
            self.warning = Some(warning);
        }
    }

    /// What is to be said, once.
    pub fn take_warning(&mut self) -> Option<String> {
        self.warning.take()
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
