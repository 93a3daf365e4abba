//! The end of tracing: what was attached to goes on by itself, what was started is killed.

use nix::unistd::Pid;
use tracing::{debug, trace};

use super::{
    engine::{Consumer, Engine},
    kernel,
    stops::{self, Event, Resume, Stop},
};

impl<C: Consumer> Engine<'_, C> {
    /// Enough: what was attached to is let go, what was started is killed.
    pub(super) fn let_go(&mut self) {
        debug!(kill = self.root.is_some(), "lets go");
        if self.root.is_some() {
            return self.kill_all();
        }
        for held in self.held.drain(..) {
            self.threads.by_tid.remove(&held.stopped.tid());
            held.stopped.let_go(held.signal);
        }
        for tid in self.threads.by_tid.keys() {
            let _ = nix::sys::ptrace::interrupt(Pid::from_raw(*tid));
        }
        while !self.threads.by_tid.is_empty()
            && let Some(event) = stops::next()
        {
            self.detach(event);
        }
    }

    fn detach(&mut self, event: Event) {
        match event {
            Event::Ended(tid, exit) => self.ended(tid, exit),
            Event::Stopped(stopped, stop) => {
                self.threads.by_tid.remove(&stopped.tid());
                let signal = match stop {
                    // It is seized from its first moment, and stops by itself.
                    Stop::Made(child) => {
                        self.threads.expect(child);
                        0
                    }
                    Stop::Signal(signal) => signal,
                    _ => 0,
                };
                trace!(tid = stopped.tid(), ?stop, "detached");
                stopped.let_go(signal);
            }
        }
    }

    fn kill_all(&mut self) {
        self.threads
            .by_tid
            .keys()
            .for_each(|tid| kernel::kill(*tid));
        self.held.clear();
        while let Some(event) = stops::next() {
            match event {
                Event::Ended(tid, exit) => self.ended(tid, exit),
                Event::Stopped(stopped, _) => {
                    kernel::kill(stopped.tid());
                    let _ = stopped.resume(Resume::Run, 0);
                }
            }
        }
    }
}
