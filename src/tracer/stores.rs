//! Stops where a program hands over requests, or takes completions, by storing to memory that it shares with the kernel.

use super::{
    engine::{Consumer, Engine},
    kernel::Tid,
    watchpoints,
};

impl<C: Consumer> Engine<'_, C> {
    /// A thread that stands still is to stop at the stores that tell something. Not one that was attached to: if the tracer
    /// were killed, the next store would end it.
    pub(super) fn watch_stores(&mut self, tid: Tid) {
        if self.root.is_none() {
            return;
        }
        let Some(thread) = self.threads.by_tid.get(&tid) else {
            return;
        };
        let words = self.consumer.stores(&thread.tracee);
        if !words.is_empty() && watchpoints::set(tid, &words) {
            self.consumer.watched(&thread.tracee);
        }
    }
}
