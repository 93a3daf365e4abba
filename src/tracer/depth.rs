//! `--follow DEPTH`: processes that are more generations away from the first are not followed. The kernel attaches to each
//! task that a traced one makes, so such a process is let go at its first stop, before it has done anything.

use tracing::debug;

use super::{
    corrections::Corrections,
    engine::{Consumer, Engine},
    kernel::Tid,
};

impl<C: Consumer> Engine<'_, C> {
    /// Whether a thread that stops for the first time is not to be followed, and is let go by the caller.
    pub(super) fn is_distant(&mut self, tid: Tid, maker: Option<Tid>) -> bool {
        let corrections = match self.distant.announced.remove(&tid) {
            Some(corrections) => Some(corrections),
            None => self.beyond(maker).inspect(|_| {
                self.distant.unannounced.push(tid);
                self.distant.count += 1;
            }),
        };
        if let Some(mut corrections) = corrections {
            debug!(tid, "left alone");
            corrections.restore(tid);
        }
        corrections.is_some()
    }

    /// Whether a thread has made a process that is not followed.
    pub(super) fn announces_distant(&mut self, maker: Tid, child: Tid) -> bool {
        let unannounced = &mut self.distant.unannounced;
        if let Some(place) = unannounced.iter().position(|known| *known == child) {
            unannounced.swap_remove(place);
            return true;
        }
        let corrections = self.beyond(Some(maker));
        if let Some(corrections) = corrections {
            self.distant.announced.insert(child, corrections);
            self.distant.count += 1;
        }
        corrections.is_some()
    }

    /// Those that have not stopped yet will, and are let go then like all others.
    pub(super) fn expect_distant(&mut self) {
        for (tid, corrections) in self.distant.announced.drain() {
            self.threads.expect(tid, corrections);
        }
    }

    /// What is to be put back in a child of this thread; none where it is followed.
    fn beyond(&self, maker: Option<Tid>) -> Option<Corrections> {
        let deepest = self.ending.depth?;
        let maker = maker?;
        let thread = self.threads.by_tid.get(&maker)?;
        let is_process = thread.making? & libc::CLONE_THREAD as u64 == 0;
        let is_beyond = is_process && self.threads.depth(thread.tracee.pid) >= deepest;
        is_beyond.then(|| thread.corrections.inherited())
    }

    /// How many were left alone is said.
    pub(super) fn note_distant(&mut self) {
        let depth = self.ending.depth.unwrap_or(0);
        let note = match self.distant.count {
            0 => return,
            1 => "1 process was left alone, with all that it made".to_owned(),
            count => format!("{count} processes were left alone, with all that they made"),
        };
        self.note(format!("--follow {depth}: {note}"));
    }
}
