//! The engine: starts a program or attaches to a process, takes each report of the kernel, tells a [`Consumer`] of it,
//! and lets the thread go on. It knows no recording and no flow.

use std::{
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use anyhow::anyhow;
use nix::errno::Errno;
use tracing::{debug, trace, warn};

use super::{
    attach::attach,
    cancel::Cancel,
    corrections::flags_of_clone3,
    filter,
    handle::{Ending, Handle, Leave},
    kernel::{
        CallInfo, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT, PTRACE_SYSCALL_INFO_SECCOMP,
        Tid,
    },
    launch::{self, Launched, Program},
    memory,
    outcome::{Outcome, TraceError},
    stops::{Event, Resume, Stop, Stopped, Wakeful},
    threads::{Distant, Threads},
    tracee::Tracee,
};
use crate::model::{Exit, marker};
use crate::syscall::{Op, Shape};

/// How often the progress is told at most.
const PROGRESS: Duration = Duration::from_millis(50);
/// Said of a default filter.
const FILTERED: &str = "seccomp: only calls that move bytes or change descriptors and maps were seen (--all: every call)";
const UNFILTERED: &str =
    "no filter: a program that may go on untraced is given none, so every call was stopped at";
const ATTACHED: &str =
    "attached: a process that runs already cannot be filtered, so every call was stopped at";

pub(crate) enum Subject {
    /// A program that is started for it. It is killed when the tracing ends before it does.
    Program(Box<Program>),
    /// All threads of a process that runs already, and what they make. It is left running.
    Process {
        pid: i32,
        /// Its children as well, and theirs.
        children: bool,
    },
}

/// How it is traced.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Stop at every call. Else a seccomp filter selects those that move bytes or change descriptors and maps. (A
    /// process that runs already cannot be given a filter.)
    pub all: bool,
    /// Follow the threads and processes that it creates. Else its first thread alone is traced.
    pub follow: bool,
    /// Record only the calls between the two markers of [`crate::model::marker`], without the markers themselves.
    pub between_markers: bool,
    /// Pin tracer and program to this CPU, which makes a stop several times cheaper.
    pub cpu: Option<usize>,
    /// Keep at most this many calls, of all threads together: the newest.
    pub keep: Option<usize>,
}

/// A program, all of it, by the default filter.
impl Default for Options {
    fn default() -> Options {
        Options {
            all: false,
            follow: true,
            between_markers: false,
            cpu: None,
            keep: None,
        }
    }
}

/// Takes what the engine reports. The thread that it happens to stands still meanwhile.
pub(super) trait Consumer {
    /// From here on calls count, until it finishes: this is the time 0.
    fn begin(&mut self, now: Instant);
    fn finish(&mut self, now: Instant);
    /// A thread is there. `parent` made it, and shares with it what these flags of clone(2) say; none where it was there
    /// before, or nobody knows.
    fn started(&mut self, parent: Option<&Tracee>, child: &Tracee, flags: u64);
    /// A thread is about to make a call. Told before the beginning, too: rings and descriptors are made there.
    fn entered(&mut self, tracee: &Tracee, info: &CallInfo, now: Instant);
    /// A call has returned.
    fn left(&mut self, tracee: &Tracee, result: i64, now: Instant);
    /// A thread has executed another program. Its thread id was `former` before.
    fn executed(&mut self, tracee: &Tracee, former: Tid);
    /// A thread stands where no call has brought it: at a store that is watched, or before its end.
    fn look_at(&mut self, tracee: &Tracee);
    /// The words of 32 bits at the stores to which a thread is to stop from now on; none: nothing has changed.
    fn stores(&self, tracee: &Tracee) -> Vec<u64>;
    /// It will stop there.
    fn watched(&mut self, tracee: &Tracee);
    /// A thread is gone; with `last`, its process too.
    fn ended(&mut self, tracee: &Tracee, last: bool);
    /// Looks at what no stop shows. False: there is nothing of that kind.
    fn look_again(&mut self) -> bool;
    /// Some time went by.
    fn progress(&mut self);
}

/// Where the tracing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The program has not been executed: what is seen is the child's own preparation.
    Starting,
    /// The begin marker has not been seen.
    Before,
    /// The begin marker's call is being made by this thread.
    Beginning(Tid),
    /// Calls count.
    During,
    /// The end marker has been seen: nothing is looked at any more.
    After,
}

/// A thread whose stop has been worked off, and how it is to go on.
pub(super) struct Held {
    pub(super) stopped: Stopped,
    pub(super) on: Resume,
    pub(super) signal: i32,
}

pub(super) struct Engine<'a, C: Consumer> {
    pub(super) consumer: &'a mut C,
    pub(super) handle: &'a Handle,
    pub(super) cancel: Option<&'a Cancel>,
    pub(super) between_markers: bool,
    /// A filter stops the program; else each call does.
    pub(super) filtered: bool,
    /// Tasks that the program makes are traced.
    pub(super) follows: bool,
    pub(super) ending: Ending,
    pub(super) distant: Distant,
    pub(super) phase: Phase,
    pub(super) root: Option<Tid>,
    pub(super) threads: Threads,
    pub(super) held: Vec<Held>,
    pub(super) wakeful: Wakeful,
    /// Tracees can go on elsewhere while the tracer stays awake.
    pub(super) may_spin: bool,
    /// The program's terminal: its output can be read as long as this is open.
    pub(super) terminal: Option<OwnedFd>,
    pub(super) outcome: Outcome,
    pub(super) last_progress: Instant,
}

/// Starts or attaches, and follows until nothing is left to be traced, or it is enough. Nothing that was started lives
/// when this returns, and nothing stands still.
pub(super) fn run<C: Consumer>(
    subject: Subject,
    options: &Options,
    handle: &Handle,
    cancel: Option<&Cancel>,
    consumer: &mut C,
) -> Result<Outcome, TraceError> {
    let mut engine = Engine::new(consumer, options, handle, cancel);
    engine.note_foreign_proc();
    let launched = match subject {
        Subject::Process { pid, children } => {
            engine.attach(pid, children)?;
            None
        }
        Subject::Program(program) => Some(engine.start(*program, options)?),
    };
    engine.follow(launched)?;
    engine.note_distant();
    let mut outcome = std::mem::take(&mut engine.outcome);
    (outcome.processes, outcome.threads) = engine.threads.made;
    debug!(ended = ?outcome.ended, outcome.processes, outcome.threads, "over");
    Ok(outcome)
}

impl<'a, C: Consumer> Engine<'a, C> {
    pub(super) fn new(
        consumer: &'a mut C,
        options: &Options,
        handle: &'a Handle,
        cancel: Option<&'a Cancel>,
    ) -> Self {
        let now = Instant::now();
        Engine {
            consumer,
            handle,
            cancel,
            between_markers: options.between_markers,
            filtered: false,
            follows: options.follow,
            ending: handle.ending(),
            distant: Distant::default(),
            phase: Phase::Starting,
            root: None,
            threads: Threads::default(),
            held: Vec::new(),
            wakeful: Wakeful::new(now),
            may_spin: options.cpu.is_none() && launch::cpus() > 1,
            terminal: None,
            outcome: Outcome::default(),
            last_progress: now,
        }
    }

    fn start(&mut self, mut program: Program, options: &Options) -> Result<Launched, TraceError> {
        let filter = match options.all || self.ending.leave == Leave::Free {
            true => None,
            false => filter::program(),
        };
        self.filtered = filter.is_some();
        if self.ending.leave == Leave::Free {
            self.note(UNFILTERED.to_owned());
        }
        debug!(self.filtered, options.all, "filter");
        let mut launched = launch::fork(&program, filter.as_deref())?;
        self.terminal = program.terminal.take();
        if let Some(cpu) = options.cpu.or(program.cpu) {
            launch::pin(cpu, launched.pid)?;
        }
        if let Some(cpu) = options.cpu {
            launch::pin(cpu, 0)?;
        }
        self.root = Some(launched.pid);
        self.handle.set_root(launched.pid);
        self.adopt(launched.pid, None);
        if let Err(error) = launched.seize(options.follow) {
            debug!(%error, "not seized");
            self.threads.by_tid.clear();
            // A child that was killed already cannot be seized: EPERM, a refusal only in name.
            self.check_cancelled()?;
            return Err(error);
        }
        Ok(launched)
    }

    fn attach(&mut self, pid: Tid, children: bool) -> Result<(), TraceError> {
        let (seized, notes) = attach(pid, children)?;
        for tid in seized {
            self.adopt(tid, None);
        }
        notes.into_iter().for_each(|note| self.note(note));
        self.phase = Phase::During;
        self.consumer.begin(Instant::now());
        self.note(ATTACHED.to_owned());
        Ok(())
    }

    pub(super) fn follow(&mut self, mut launched: Option<Launched>) -> Result<(), TraceError> {
        while let Some(event) = self.next()? {
            match event {
                Event::Ended(tid, exit) => self.ended(tid, exit),
                Event::Stopped(stopped, stop) => self.stopped(stopped, stop)?,
            }
            if (self.phase != Phase::Starting || self.threads.by_tid.is_empty())
                && let Some(launched) = launched.take()
            {
                self.hear(&launched)?;
            }
            self.show_progress();
        }
        self.check_cancelled()
    }

    /// What the child has reported of its start.
    fn hear(&mut self, launched: &Launched) -> Result<(), TraceError> {
        match launched.report()? {
            Some(error) => {
                warn!(%error, "the filter is refused");
                self.filtered = false;
                self.note(format!(
                    "seccomp: the filter is refused here ({error}), so every call was stopped at"
                ));
            }
            None if self.filtered => self.note(FILTERED.to_owned()),
            None => {}
        }
        Ok(())
    }

    /// The next report; none when nothing is left to be traced, or it is enough. Threads go on together, when all that
    /// stood still have been worked off: so each gets its turn, and an idle CPU is woken once for all of them. (Each
    /// wake-up of another CPU costs an interrupt, in a virtual machine some 5 us: more than all else that is done for a
    /// stop.)
    fn next(&mut self) -> Result<Option<Event>, TraceError> {
        if self.threads.by_tid.len() > 1
            && !self.held.is_empty()
            && let Some(event) = self.wakeful.poll()
        {
            return Ok(Some(event));
        }
        // Before they go on: what was counted is all that has happened.
        if self.is_enough()? {
            return Ok(None);
        }
        for held in self.held.drain(..) {
            held.stopped.resume(held.on, held.signal).map_err(failed)?;
        }
        loop {
            if self.is_enough()? {
                return Ok(None);
            }
            let event = match self.consumer.look_again() {
                true => self.wakeful.wait_looking(|| {
                    let is_over = self.cancel.is_some_and(Cancel::is_cancelled);
                    !is_over && !self.handle.is_enough() && self.consumer.look_again()
                }),
                false => self.wakeful.wait(self.may_spin),
            };
            match event {
                Ok(None) => {
                    // Not every end is reported: a thread that is not followed, and executes a program, takes the place
                    // of one that is.
                    self.threads.by_tid.clear();
                    return Ok(None);
                }
                Ok(event) => return Ok(event),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
    }

    /// Whether the tracing is to end: then all have been let go.
    fn is_enough(&mut self) -> Result<bool, TraceError> {
        self.check_cancelled()?;
        let enough = self.handle.is_enough();
        if enough {
            self.let_go();
        }
        Ok(enough)
    }

    fn stopped(&mut self, stopped: Stopped, stop: Stop) -> Result<(), TraceError> {
        let tid = stopped.tid();
        trace!(tid, ?stop, "stop");
        if !self.threads.by_tid.contains_key(&tid) {
            let maker = self.threads.maker_of_stranger(tid);
            debug!(tid, ?maker, "a thread that nobody has announced");
            if self.is_distant(tid, maker) {
                stopped.let_go(0);
                return Ok(());
            }
            self.adopt(tid, maker);
        }
        let mut on = None;
        let mut signal = 0;
        let mut outcome = Ok(());
        match stop {
            Stop::Call | Stop::Filtered => match stopped.call() {
                Ok(info) => match info.op {
                    PTRACE_SYSCALL_INFO_ENTRY | PTRACE_SYSCALL_INFO_SECCOMP => {
                        self.enter(tid, &info);
                    }
                    PTRACE_SYSCALL_INFO_EXIT => self.leave(tid, &info),
                    _ => {}
                },
                Err(Errno::ESRCH) => trace!(tid, "killed in its stop"),
                Err(errno) => {
                    outcome = Err(TraceError::Refused(format!(
                        "PTRACE_GET_SYSCALL_INFO failed with {errno}: it needs Linux 5.3"
                    )));
                }
            },
            Stop::Group => on = Some(Resume::Listen),
            Stop::Signal(number) => signal = number,
            Stop::Exec(former) => {
                self.no_longer_held(tid); // the one that had this id
                self.executed(tid, former);
                on = Some(Resume::ToCall); // its return is still to be seen
            }
            Stop::Made(child) => {
                let is_known = self.threads.by_tid.contains_key(&child) || child == tid;
                if !is_known && !self.announces_distant(tid, child) {
                    self.adopt(child, Some(tid));
                }
                self.restore(tid);
            }
            Stop::Stored | Stop::Exiting => {
                if let Some(thread) = self.threads.by_tid.get(&tid) {
                    self.consumer.look_at(&thread.tracee);
                }
            }
            Stop::Passing => self.restore(tid),
        }
        self.held.push(Held {
            stopped,
            on: on.unwrap_or_else(|| self.onward(tid)),
            signal,
        });
        outcome
    }

    /// What was changed in a call that has been worked off.
    pub(super) fn restore(&mut self, tid: Tid) {
        if let Some(thread) = self.threads.by_tid.get_mut(&tid) {
            thread.corrections.restore(tid);
        }
    }

    /// How a thread goes on: within a call, to its end.
    fn onward(&self, tid: Tid) -> Resume {
        let thread = self.threads.by_tid.get(&tid);
        let corrections = thread.map(|thread| thread.corrections).unwrap_or_default();
        match self.phase {
            _ if corrections.strict || corrections.are_pending() => Resume::ToCall,
            Phase::After => Resume::Run,
            _ if self.filtered && !thread.is_some_and(|thread| thread.in_call) => Resume::Run,
            _ => Resume::ToCall,
        }
    }

    fn enter(&mut self, tid: Tid, info: &CallInfo) {
        let now = self.wakeful.until;
        if !self.correct(tid, info) {
            return;
        }
        match self.phase {
            Phase::Starting if info.does() != Op::Exec => return, // the child's own preparations
            Phase::Starting if !self.between_markers => self.consumer.begin(now),
            Phase::Before if is_marker(tid, info, marker::BEGIN) => {
                self.phase = Phase::Beginning(tid);
            }
            Phase::During if self.between_markers && is_marker(tid, info, marker::END) => {
                self.phase = Phase::After;
                debug!(tid, "the end marker");
                return self.consumer.finish(now);
            }
            Phase::After => return,
            _ => {}
        }
        if let Some(thread) = self.threads.by_tid.get_mut(&tid) {
            thread.in_call = true;
            thread.making = making(tid, info);
            let [_, request, target, ..] = info.data;
            thread.tracing = (info.does() == Op::Trace).then_some((request, target as Tid));
            self.consumer.entered(&thread.tracee, info, now);
        }
    }

    /// Corrects a call that is about to be made. Whether it is to be told: a thread in strict mode stops twice, and so does
    /// one with a filter of its own.
    fn correct(&mut self, tid: Tid, info: &CallInfo) -> bool {
        let Some(thread) = self.threads.by_tid.get(&tid) else {
            return true;
        };
        let (strict, in_call) = (thread.corrections.strict, thread.in_call);
        let alone = strict && self.threads.is_alone(tid);
        if self.follows
            && let Some(thread) = self.threads.by_tid.get_mut(&tid)
            && let Some(note) = thread.corrections.enter(tid, info, self.filtered, alone)
        {
            self.note(note);
        }
        match info.op {
            PTRACE_SYSCALL_INFO_ENTRY => !strict,
            _ => !in_call,
        }
    }

    fn leave(&mut self, tid: Tid, info: &CallInfo) {
        let now = self.wakeful.until;
        let Some(thread) = self.threads.by_tid.get_mut(&tid) else {
            return;
        };
        let result = thread.corrections.result(tid, info);
        thread.in_call = false;
        thread.making = None;
        let (tracee, tracing) = (thread.tracee, thread.tracing.take());
        if result == -i64::from(libc::EPERM) {
            self.note_refused_tracer(tid, tracing);
        }
        match self.phase {
            Phase::Beginning(beginner) if beginner == tid => {
                debug!(tid, "the begin marker");
                self.phase = Phase::During;
                // From the end of the marker's stop: what it took is not the transfer's.
                self.consumer.begin(Instant::now());
            }
            Phase::After => {}
            _ => {
                self.consumer.left(&tracee, result, now);
                self.watch_stores(tid);
            }
        }
    }

    /// A thread is there, made by another one where that is known.
    fn adopt(&mut self, tid: Tid, maker: Option<Tid>) {
        let (tracee, maker, flags) = self.threads.adopt(tid, maker, self.cancel);
        debug!(tid, tracee.pid, ?maker, "follows");
        self.consumer.started(maker.as_ref(), &tracee, flags);
    }

    /// A thread has executed a program: the others of its process are gone, and it has the process's id now.
    fn executed(&mut self, tid: Tid, former: Tid) {
        debug!(tid, former, "executed");
        self.threads.executed(tid, former);
        let Some(thread) = self.threads.by_tid.get(&tid) else {
            return;
        };
        let tracee = thread.tracee;
        if self.phase == Phase::Starting {
            self.phase = match self.between_markers {
                true => Phase::Before,
                false => Phase::During,
            };
            // Its entry was not seen where the filter was refused.
            if !self.between_markers && !thread.in_call {
                self.consumer.begin(self.wakeful.until);
            }
        }
        self.consumer.executed(&tracee, former);
        self.note_quirks(&tracee);
    }

    /// A thread was killed where it stood: its id may come to be another's.
    fn no_longer_held(&mut self, tid: Tid) {
        self.held.retain(|held| held.stopped.tid() != tid);
    }

    pub(super) fn ended(&mut self, tid: Tid, exit: Exit) {
        debug!(tid, ?exit, "ended");
        self.no_longer_held(tid);
        if let Some((tracee, last)) = self.threads.end(tid) {
            self.consumer.ended(&tracee, last);
        }
        if self.root == Some(tid) {
            self.handle.set_root(0);
            self.outcome.ended = Some(exit);
            if self.ending.with_leader {
                self.handle.set_enough();
            }
        }
        if self.outcome.ended.is_some() {
            self.handle.set_left(self.threads.processes());
        }
    }

    fn check_cancelled(&self) -> Result<(), TraceError> {
        match self.cancel.is_some_and(Cancel::is_cancelled) {
            true => Err(TraceError::Cancelled),
            false => Ok(()),
        }
    }

    fn show_progress(&mut self) {
        let now = self.wakeful.until;
        if self.phase == Phase::During && now - self.last_progress >= PROGRESS {
            self.consumer.progress();
            self.last_progress = now;
        }
    }
}

/// Nothing is left behind standing still, whatever ended the tracing. (Should this thread die without coming here, the
/// kernel kills what was started: `PTRACE_O_EXITKILL`.)
impl<C: Consumer> Drop for Engine<'_, C> {
    fn drop(&mut self) {
        if !self.threads.by_tid.is_empty() {
            self.abandon();
        }
    }
}

/// The flags of clone(2) that a call means, where it makes a task.
fn making(tid: Tid, info: &CallInfo) -> Option<u64> {
    match info.does_in_its_abi() {
        Op::Clone => Some(info.data[1]),
        Op::Fork => Some(0),
        Op::Vfork => Some((libc::CLONE_VM | libc::CLONE_VFORK) as u64),
        Op::Clone3 => Some(flags_of_clone3(tid, info).unwrap_or(0)),
        _ => None,
    }
}

fn is_marker(tid: Tid, info: &CallInfo, text: &str) -> bool {
    let [_, fd, buffer, length, ..] = info.data;
    fd as i32 == -1
        && length == text.len() as u64
        && info.does() == Op::Write(Shape::Buffer)
        && memory::holds(tid, buffer, text.as_bytes())
}

fn failed(errno: Errno) -> TraceError {
    TraceError::Failed(anyhow!("tracing failed: {}", errno.desc()))
}
