//! The end of tracing before that of the program: what goes on by itself, what is killed, what has to be guarded.

use std::time::Instant;

use nix::unistd::Pid;
use tracing::{debug, trace};

use super::{
    engine::{Consumer, Engine, Held, Options, Phase},
    handle::{Handle, Leave},
    kernel::{self, CallInfo, Tid},
    outcome::Guard,
    stops::{self, Event, Resume, Stop},
    threads::Threads,
    tracee::Tracee,
};

impl<C: Consumer> Engine<'_, C> {
    /// Enough: what was attached to is let go, what was started goes on or is killed.
    pub(super) fn let_go(&mut self) {
        debug!(leave = ?self.ending.leave, "lets go");
        match self.ending.leave {
            Leave::Kill if self.root.is_some() => self.kill_all(),
            Leave::Guarded if self.filtered => self.hand_over(),
            _ => self.detach_all(),
        }
    }

    /// Something has failed: what was started does not go on half traced.
    pub(super) fn abandon(&mut self) {
        match self.root {
            Some(_) => self.kill_all(),
            None => self.detach_all(),
        }
    }

    fn detach_all(&mut self) {
        let left = self.threads.processes();
        if self.root.is_some() && left > 0 {
            self.note(format!("left running, untraced: {}", processes(left)));
        }
        for held in std::mem::take(&mut self.held) {
            self.restore(held.stopped.tid());
            self.threads.by_tid.remove(&held.stopped.tid());
            held.stopped.let_go(held.signal);
        }
        self.expect_distant();
        for tid in self.threads.by_tid.keys() {
            let _ = nix::sys::ptrace::interrupt(Pid::from_raw(*tid));
        }
        while !self.threads.by_tid.is_empty()
            && let Some(event) = stops::next()
        {
            self.detach(event);
        }
    }

    /// Those that are left stay traced by this thread, whose caller decides when it goes on with them.
    fn hand_over(&mut self) {
        let made = self.threads.made;
        let threads = std::mem::take(&mut self.threads);
        let held = std::mem::take(&mut self.held);
        self.threads.made = made;
        self.note(format!(
            "left running: {}, under the filter, which cannot be taken off: zclab stays in the background to answer it (--leader, --all: no filter)",
            processes(threads.processes())
        ));
        self.outcome.guard = Some(Guard(Box::new(move || guard(threads, held))));
    }

    fn detach(&mut self, event: Event) {
        match event {
            Event::Ended(tid, exit) => self.ended(tid, exit),
            Event::Stopped(stopped, stop) => {
                let tid = stopped.tid();
                let signal = match stop {
                    // It is seized from its first moment, and stops by itself.
                    Stop::Made(child) => {
                        if !self.announces_distant(tid, child) {
                            let maker = self.threads.by_tid.get(&tid);
                            let corrections = maker.map(|maker| maker.corrections.inherited());
                            self.threads.expect(child, corrections.unwrap_or_default());
                        }
                        self.expect_distant();
                        0
                    }
                    Stop::Signal(signal) => signal,
                    _ => 0,
                };
                trace!(tid, ?stop, "detached");
                self.restore(tid);
                self.threads.by_tid.remove(&tid);
                stopped.let_go(signal);
            }
        }
    }

    fn kill_all(&mut self) {
        self.threads
            .by_tid
            .keys()
            .for_each(|tid| kernel::kill(*tid));
        // One that stands at its end has taken a SIGKILL already: another one does not wake it.
        for held in self.held.drain(..) {
            let _ = held.stopped.resume(Resume::Run, 0);
        }
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

fn processes(count: usize) -> String {
    format!("{count} process{}", if count == 1 { "" } else { "es" })
}

/// Lets what is left run, and answers its filter, until the last one has ended.
fn guard(threads: Threads, held: Vec<Held>) {
    let handle = Handle::default();
    let mut nobody = Nobody;
    let mut engine = Engine::new(&mut nobody, &Options::default(), &handle, None);
    engine.filtered = true;
    engine.phase = Phase::After;
    engine.may_spin = false;
    (engine.threads, engine.held) = (threads, held);
    // What fails here nobody can be told.
    let _ = engine.follow(None);
}

/// Takes no notice.
struct Nobody;

#[allow(unused_variables)]
impl Consumer for Nobody {
    fn begin(&mut self, now: Instant) {}
    fn finish(&mut self, now: Instant) {}
    fn started(&mut self, parent: Option<&Tracee>, child: &Tracee, flags: u64) {}
    fn entered(&mut self, tracee: &Tracee, info: &CallInfo, now: Instant) {}
    fn left(&mut self, tracee: &Tracee, result: i64, now: Instant) {}
    fn executed(&mut self, tracee: &Tracee, former: Tid) {}
    fn look_at(&mut self, tracee: &Tracee) {}
    fn stores(&self, tracee: &Tracee) -> Vec<u64> {
        Vec::new()
    }
    fn watched(&mut self, tracee: &Tracee) {}
    fn ended(&mut self, tracee: &Tracee, last: bool) {}
    fn look_again(&mut self) -> bool {
        false
    }
    fn progress(&mut self) {}
}
