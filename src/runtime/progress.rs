//! Answers and visits, written to the learner's log as they happen.

use std::{
    sync::mpsc::{Sender, channel},
    thread::JoinHandle,
};

use super::message::spawn;
use crate::{course::progress::Progress, model::Record, store::progress::Log};

/// Keeps what the learner does. What goes wrong is a warning, given out once.
pub struct ProgressWriter {
    log: Log,
    syncer: Option<Syncer>,
    /// What is to be said, once.
    pub warning: Option<String>,
}

impl ProgressWriter {
    pub fn new(log: Log) -> ProgressWriter {
        ProgressWriter {
            log,
            syncer: None,
            warning: None,
        }
    }

    /// What the log comes to, and the lesson that was open last.
    pub fn load(&mut self) -> (Progress, Option<String>) {
        let mut progress = Progress::default();
        let mut last = None;
        let loaded = self.log.load(&mut |record| {
            progress.add(&record);
            if let Record::Visit(visit) = record {
                last = Some(visit.lesson);
            }
        });
        self.warning = loaded.warning;
        (progress, last)
    }

    /// Writes a record. An answer is to survive a crash of the machine, too.
    pub fn keep(&mut self, record: &Record) {
        if let Some(warning) = self.log.keep(record) {
            self.warning = Some(warning);
        }
        if !matches!(record, Record::Answer(_)) {
            return;
        }
        if self.syncer.is_none() {
            self.syncer = Syncer::start(self.log.clone());
        }
        if let Some(syncer) = &self.syncer {
            let _ = syncer.answers.send(());
        }
    }

    /// Waits until the answers are on the disk.
    pub fn finish(&mut self) -> Option<String> {
        let failed = self.syncer.take().and_then(Syncer::finish);
        self.warning.take().or(failed)
    }
}

/// Syncs the log in a thread of its own: a disk can take longer than a learner should wait for the next key.
struct Syncer {
    answers: Sender<()>,
    thread: JoinHandle<Option<String>>,
}

impl Syncer {
    /// None where there can be no thread: then the kernel writes the log in its own time.
    fn start(log: Log) -> Option<Syncer> {
        let (answers, given) = channel();
        let sync = move || {
            let mut warning = None;
            while given.recv().is_ok() {
                // One sync covers all that was written before it.
                while given.try_recv().is_ok() {}
                if let Err(error) = log.sync() {
                    warning.get_or_insert(format!("{error:#}"));
                }
            }
            warning
        };
        let thread = spawn(sync).ok()?;
        Some(Syncer { answers, thread })
    }

    /// What went wrong, first.
    fn finish(self) -> Option<String> {
        drop(self.answers);
        self.thread.join().ok().flatten()
    }
}
