//! The wait loop of a watch.

use std::{
    collections::hash_map::Entry,
    time::{Duration, Instant},
};

use anyhow::anyhow;
use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};
use rustc_hash::FxHashMap;

use super::{
    Asked, Handle, Observer, Options, Outcome, Seen, Subject, Tracee, attach, filter,
    launch::{self, Child, Plan},
};
use crate::syscall::{self, Op};
use crate::tracer::{
    Ended, TraceError,
    descriptors::Known,
    kernel::{
        self, CallInfo, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT,
        PTRACE_SYSCALL_INFO_SECCOMP, Resume, Tid,
    },
    memory,
    recorder::{Recorder, Task, name_of},
    rings::{Caller, Rings},
    stops::{self, Event, Stop, Stopped, Wakeful},
};

/// How often the progress is told at most.
const PROGRESS: Duration = Duration::from_millis(50);
/// Said of a default filter.
const FILTERED: &str = "seccomp: only calls that move bytes or change descriptors and maps were seen (--all: every call)";
const ATTACHED: &str =
    "attached: a process that runs already cannot be filtered, so every call was stopped at";

/// A thread that is watched.
struct Watched {
    task: Task,
    tracee: Tracee,
    /// `clone(2)` flags of the call that it is in, where that makes a task.
    making: Option<u64>,
}

/// A thread whose stop has been worked off, and how it is to go on.
struct Held {
    stopped: Stopped,
    on: Resume,
    signal: i32,
}

/// A process that is watched.
#[derive(Default)]
struct Process {
    descriptors: Known,
    threads: usize,
    rings: Rings,
    /// Requests that are not done, by their places in the trace.
    open: Vec<usize>,
    /// How many requests of the trace have been looked at.
    seen: usize,
}

struct Watcher<'a> {
    observer: &'a mut dyn Observer,
    handle: &'a Handle,
    keep: Option<usize>,
    /// A filter stops the program; else each call does.
    filtered: bool,
    /// Nothing is recorded before the program is executed.
    executed: bool,
    root: Option<Tid>,
    recorder: Recorder,
    tasks: FxHashMap<Tid, Watched>,
    processes: FxHashMap<Tid, Process>,
    held: Vec<Held>,
    wakeful: Wakeful,
    /// Tracees can go on elsewhere while the tracer stays awake.
    may_spin: bool,
    outcome: Outcome,
    began: Instant,
    told: Instant,
}

/// Starts or attaches, and watches.
pub(super) fn run(
    subject: &Subject,
    options: &Options,
    handle: &Handle,
    observer: &mut dyn Observer,
) -> Result<Outcome, TraceError> {
    let now = Instant::now();
    let mut watcher = Watcher {
        observer,
        handle,
        keep: options.keep,
        filtered: false,
        executed: false,
        root: None,
        recorder: Recorder::default(),
        tasks: FxHashMap::default(),
        processes: FxHashMap::default(),
        held: Vec::new(),
        wakeful: Wakeful::new(now),
        may_spin: options.cpu.is_none() && cpus() > 1,
        outcome: Outcome::default(),
        began: now,
        told: now,
    };
    let child = match subject {
        Subject::Process(pid) => {
            watcher.attach(*pid)?;
            None
        }
        Subject::Command {
            command,
            terminal,
            mask,
        } => {
            let program = match options.all {
                true => None,
                false => filter::program(),
            };
            watcher.filtered = program.is_some();
            let plan = Plan {
                command,
                terminal: *terminal,
                mask,
                filter: program.as_deref(),
            };
            Some(watcher.start(&plan, options)?)
        }
    };
    watcher.follow(child)?;
    Ok(watcher.finish())
}

impl Watcher<'_> {
    fn start(&mut self, plan: &Plan, options: &Options) -> Result<Child, TraceError> {
        let child = launch::fork(plan)?;
        if let Some(cpu) = options.cpu {
            pin(cpu, child.pid)?;
        }
        self.root = Some(child.pid);
        self.handle.set_root(child.pid);
        child.seize()?;
        self.adopt(child.pid, None);
        Ok(child)
    }

    fn attach(&mut self, pid: Tid) -> Result<(), TraceError> {
        for tid in attach::attach(pid)? {
            self.adopt(tid, None);
        }
        self.executed = true;
        self.outcome.notes.push(ATTACHED.to_owned());
        Ok(())
    }

    fn follow(&mut self, mut child: Option<Child>) -> Result<(), TraceError> {
        loop {
            if self.handle.is_enough() {
                self.let_go();
                return Ok(());
            }
            let Some(event) = self.next()? else {
                break;
            };
            match event {
                Event::Ended(tid, ended) => self.end(tid, ended),
                Event::Stopped(stopped, stop) => self.stopped(stopped, stop)?,
            }
            if (self.executed || self.tasks.is_empty())
                && let Some(child) = child.take()
            {
                self.hear(child)?;
            }
            self.tell_progress();
        }
        Ok(())
    }

    /// What the child has said of its start.
    fn hear(&mut self, child: Child) -> Result<(), TraceError> {
        let (said, program) = child.said();
        if let Some(error) = said.no_exec {
            let program = program.display();
            return Err(TraceError::Failed(anyhow!("cannot run {program}: {error}")));
        }
        match said.no_filter {
            Some(error) => self.outcome.notes.push(format!(
                "seccomp: the filter is refused here ({error}), so every call was stopped at"
            )),
            None if self.filtered => self.outcome.notes.push(FILTERED.to_owned()),
            None => {}
        }
        Ok(())
    }

    /// The next report. Threads go on together, when all that stood still have been worked off: so each gets its turn,
    /// and an idle CPU is woken once for all of them. (Each wake-up of another CPU costs an interrupt, in a virtual
    /// machine some 5 us: more than all else that is done for a stop.)
    fn next(&mut self) -> Result<Option<Event>, TraceError> {
        if self.tasks.len() > 1
            && !self.held.is_empty()
            && let Ok(Some(event)) = stops::wait(false)
        {
            return Ok(Some(event));
        }
        for Held {
            stopped,
            on,
            signal,
        } in self.held.drain(..)
        {
            stopped.resume(on, signal).map_err(failed)?;
        }
        loop {
            match self.wakeful.wait(self.may_spin) {
                Ok(None) | Err(Errno::EINTR) if self.handle.is_enough() => {
                    self.let_go();
                    return Ok(None);
                }
                Ok(event) => return Ok(event),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
    }

    fn stopped(&mut self, stopped: Stopped, stop: Stop) -> Result<(), TraceError> {
        let tid = stopped.tid();
        if !self.tasks.contains_key(&tid) {
            self.adopt_stranger(tid);
        }
        let mut on = self.onward();
        let mut signal = 0;
        let mut outcome = Ok(());
        match stop {
            Stop::Call | Stop::Filtered => match stopped.call() {
                Ok(info) => on = self.call(tid, &info),
                Err(Errno::ESRCH) => {}
                Err(errno) => {
                    outcome = Err(TraceError::Refused(format!(
                        "PTRACE_GET_SYSCALL_INFO failed with {errno}: it needs Linux 5.3"
                    )));
                }
            },
            Stop::Group => on = Resume::Listen,
            Stop::Signal(number) => {
                signal = number;
                on = self.after(tid);
            }
            Stop::Exec(former) => {
                self.no_longer_held(tid); // the one that had this id
                self.executed(tid, former);
                on = Resume::ToCall; // its return is still to be seen
            }
            Stop::Made(child) => {
                if !self.tasks.contains_key(&child) && child != tid {
                    self.adopt(child, Some(tid));
                }
                on = self.after(tid);
            }
            Stop::Passing => on = self.after(tid),
        }
        self.held.push(Held {
            stopped,
            on,
            signal,
        });
        outcome
    }

    /// How a thread goes on that is in no call.
    fn onward(&self) -> Resume {
        match self.filtered {
            true => Resume::Run,
            false => Resume::ToCall,
        }
    }

    /// How a thread goes on after a stop that is none of a call: within a call, to its end.
    fn after(&self, tid: Tid) -> Resume {
        match self.tasks.get(&tid) {
            Some(watched) if watched.task.call().is_some() => Resume::ToCall,
            _ => self.onward(),
        }
    }

    /// A call is entered or left.
    fn call(&mut self, tid: Tid, info: &CallInfo) -> Resume {
        match info.op {
            PTRACE_SYSCALL_INFO_ENTRY | PTRACE_SYSCALL_INFO_SECCOMP => {
                if !self.executed && syscall::op(&name_of(info)) != Op::Exec {
                    return self.onward(); // the child's own preparations
                }
                if !self.executed {
                    self.began = Instant::now();
                }
                self.enter(tid, info);
                Resume::ToCall
            }
            PTRACE_SYSCALL_INFO_EXIT => {
                self.leave(tid, info.data[0] as i64);
                self.onward()
            }
            _ => self.onward(),
        }
    }

    fn enter(&mut self, tid: Tid, info: &CallInfo) {
        let now = self.now();
        let Some(watched) = self.tasks.get_mut(&tid) else {
            return;
        };
        let Some(process) = self.processes.get_mut(&watched.tracee.pid) else {
            return;
        };
        let known = &mut process.descriptors;
        self.recorder.enter(&mut watched.task, known, info, now);
        let trace = &self.recorder.trace;
        if let Some((number, call)) = watched.task.call() {
            watched.making = making(&watched.tracee, self.recorder.op(call), &call.args);
            let serials = watched.task.serials();
            let seen = Seen {
                call,
                number,
                trace,
                serials,
                dropped: self.recorder.dropped,
            };
            self.observer.entered(&watched.tracee, &seen);
        }
        let place = self.recorder.place(&watched.task);
        let sheet = &mut self.recorder.sheet(place, &mut process.descriptors);
        let Tracee { tid, pid } = watched.tracee;
        process.rings.enter(Caller { tid, pid }, info, sheet);
        self.keep_few();
    }

    fn leave(&mut self, tid: Tid, result: i64) {
        let now = self.now();
        let Some(watched) = self.tasks.get_mut(&tid) else {
            return;
        };
        let Some(process) = self.processes.get_mut(&watched.tracee.pid) else {
            return;
        };
        watched.making = None;
        let place = self.recorder.place(&watched.task);
        let sheet = &mut self.recorder.sheet(place, &mut process.descriptors);
        let who = Caller {
            tid,
            pid: watched.tracee.pid,
        };
        process.rings.leave(who, result, sheet);
        let known = &mut process.descriptors;
        let left = self.recorder.leave(&mut watched.task, known, result, now);
        if let Some((number, call)) = &left {
            let trace = &self.recorder.trace;
            let serials = watched.task.serials();
            let seen = Seen {
                call,
                number: *number,
                trace,
                serials,
                dropped: self.recorder.dropped,
            };
            self.observer.left(&watched.tracee, &seen);
            if self.recorder.op(call) == Op::RingEnter {
                show_requests(process, self.observer, &watched.tracee, &seen);
            }
        }
    }

    /// Drops old calls, a good number at once: what stays has to be moved.
    fn keep_few(&mut self) {
        if let Some(keep) = self.keep
            && self.recorder.trace.calls.len() > keep + keep / 8
        {
            let dropped = self.recorder.keep(keep);
            self.observer.dropped(dropped);
            self.forget_requests(keep);
            if self.recorder.is_crowded() {
                self.forget_descriptors();
            }
        }
    }

    /// Descriptors of calls that are no longer kept go, too: a server opens one for each connection.
    fn forget_descriptors(&mut self) {
        let tasks = self.tasks.values_mut();
        let of_tasks = tasks.flat_map(|watched| watched.task.descriptors());
        let of_processes = self.processes.values_mut().flat_map(|process| {
            let known = process.descriptors.indices();
            known.chain(process.rings.descriptors())
        });
        self.recorder.renumber(of_tasks.chain(of_processes));
        self.observer.renumbered();
    }

    /// Requests are kept like calls. Those that are not done when too many are there are lost: that is said.
    fn forget_requests(&mut self, keep: usize) {
        if self.recorder.trace.requests.len() <= keep {
            return;
        }
        let mut lost = false;
        for (pid, process) in &mut self.processes {
            let (tid, pid) = (*pid, *pid);
            let sheet = &mut self.recorder.sheet(None, &mut process.descriptors);
            process.rings.begin(Caller { tid, pid }, sheet);
            lost |= !process.open.is_empty();
            process.open.clear();
            process.seen = 0;
        }
        self.recorder.trace.requests.clear();
        if lost {
            self.note("io_uring: some requests were not done when --keep folded them away: they are in no flow".to_owned());
        }
    }

    /// A thread that somebody made.
    fn adopt(&mut self, tid: Tid, maker: Option<Tid>) {
        let maker = maker.and_then(|tid| self.tasks.get(&tid));
        let maker = maker.map(|watched| (watched.tracee, watched.making.unwrap_or(0)));
        let pid = match maker {
            Some((maker, flags)) if flags & libc::CLONE_THREAD as u64 != 0 => maker.pid,
            Some(_) => tid,
            None => field(tid, "Tgid:").unwrap_or(tid),
        };
        let tracee = Tracee { tid, pid };
        self.tasks.insert(
            tid,
            Watched {
                task: Task::new(tid, pid),
                tracee,
                making: None,
            },
        );
        self.outcome.threads += 1;
        let process = match self.processes.entry(pid) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(new) => {
                self.outcome.processes += 1;
                new.insert(Process::default())
            }
        };
        process.threads += 1;
        let shares = maker.is_some_and(|(_, flags)| flags & libc::CLONE_VM as u64 != 0);
        let maker = maker.map(|(maker, _)| maker);
        self.observer.started(maker.as_ref(), &tracee, shares);
    }

    /// A thread whose maker has not reported yet, or was killed before it could.
    fn adopt_stranger(&mut self, tid: Tid) {
        let maker_process = match field(tid, "Tgid:") {
            Some(pid) if pid != tid => Some(pid),
            _ => field(tid, "PPid:"),
        };
        let is_making = |watched: &&Watched| {
            Some(watched.tracee.pid) == maker_process && watched.making.is_some()
        };
        let maker = self.tasks.values().find(is_making);
        let maker = maker.map(|watched| watched.tracee.tid);
        self.adopt(tid, maker);
    }

    /// A thread has executed a program: the others of its process are gone, and it has the process's id now.
    fn executed(&mut self, tid: Tid, former: Tid) {
        if former != tid
            && let Some(watched) = self.tasks.remove(&former)
        {
            let task = watched.task.become_leader();
            let tracee = Tracee { tid, pid: tid };
            let watched = Watched {
                task,
                tracee,
                making: None,
            };
            if self.tasks.insert(tid, watched).is_some()
                && let Some(process) = self.processes.get_mut(&tid)
            {
                process.threads -= 1;
            }
        }
        self.executed = true;
        let Some(watched) = self.tasks.get(&tid) else {
            return;
        };
        self.recorder.executed(&watched.task);
        if let Some(process) = self.processes.get_mut(&watched.tracee.pid) {
            process.descriptors.forget_all();
            process.rings = Rings::default(); // io_uring_setup(2): their descriptors are closed
            process.open.clear();
        }
        let tracee = watched.tracee;
        self.observer.executed(&tracee);
        self.note_peculiarities(&tracee);
    }

    fn note_peculiarities(&mut self, tracee: &Tracee) {
        let (narrow, raised) = tracee.peculiarities();
        if narrow {
            let name = tracee.program();
            self.note(format!(
                "32-bit: {name} is a 32-bit program, whose calls are not decoded: what they move is unexplained"
            ));
        }
        if let Some(path) = raised {
            let how = match tracee.has_owners_rights() {
                true => "ran with its owner's rights",
                false => "ran without its owner's rights: nobody gets them while being traced",
            };
            self.note(format!("set-user-id: {path} {how}"));
        }
    }

    fn note(&mut self, note: String) {
        const MOST: usize = 50;
        let notes = &mut self.outcome.notes;
        if notes.len() < MOST && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// A thread was killed where it stood: its id may come to be another's.
    fn no_longer_held(&mut self, tid: Tid) {
        self.held.retain(|held| held.stopped.tid() != tid);
    }

    fn end(&mut self, tid: Tid, ended: Ended) {
        self.no_longer_held(tid);
        if let Some(watched) = self.tasks.remove(&tid) {
            let pid = watched.tracee.pid;
            let mut last = false;
            if let Some(process) = self.processes.get_mut(&pid) {
                process.threads -= 1;
                last = process.threads == 0;
            }
            if last {
                self.processes.remove(&pid);
            }
            self.observer.ended(&watched.tracee, last);
        }
        if self.root == Some(tid) {
            self.handle.set_root(0);
            self.outcome.ended = Some(ended);
        }
    }

    /// Enough: what was attached to is let go, what was started is killed.
    fn let_go(&mut self) {
        if self.root.is_some() {
            self.kill_all();
            return;
        }
        for Held {
            stopped, signal, ..
        } in std::mem::take(&mut self.held)
        {
            self.tasks.remove(&stopped.tid());
            stopped.let_go(signal);
        }
        for tid in self.tasks.keys() {
            let _ = nix::sys::ptrace::interrupt(Pid::from_raw(*tid));
        }
        while !self.tasks.is_empty()
            && let Ok(Some(event)) = stops::next()
        {
            self.detach(event);
        }
    }

    fn detach(&mut self, event: Event) {
        match event {
            Event::Ended(tid, ended) => self.end(tid, ended),
            Event::Stopped(stopped, stop) => {
                self.tasks.remove(&stopped.tid());
                if let Stop::Made(child) = stop
                    && let Entry::Vacant(new) = self.tasks.entry(child)
                {
                    // It is seized from its first moment, and stops by itself.
                    new.insert(Watched {
                        task: Task::new(child, child),
                        tracee: Tracee {
                            tid: child,
                            pid: child,
                        },
                        making: None,
                    });
                }
                let signal = match stop {
                    Stop::Signal(signal) => signal,
                    _ => 0,
                };
                stopped.let_go(signal);
            }
        }
    }

    fn kill_all(&mut self) {
        self.tasks.keys().for_each(|tid| kernel::kill(*tid));
        self.held.clear();
        while let Ok(Some(event)) = stops::next() {
            match event {
                Event::Ended(tid, ended) => self.end(tid, ended),
                Event::Stopped(stopped, _) => {
                    kernel::kill(stopped.tid());
                    let _ = stopped.resume(Resume::Run, 0);
                }
            }
        }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    fn tell_progress(&mut self) {
        let now = self.wakeful.until;
        if self.executed && now - self.told >= PROGRESS {
            self.observer.progress(&self.recorder.trace);
            self.told = now;
        }
    }

    fn finish(mut self) -> Outcome {
        if let Some(keep) = self.keep {
            let dropped = self.recorder.keep(keep);
            self.observer.dropped(dropped);
        }
        self.recorder.trace.wall_ns = self.now();
        for unread in &self.recorder.trace.unread {
            let note = format!("io_uring: requests are in no flow: {}", unread.reason);
            if !self.outcome.notes.contains(&note) {
                self.outcome.notes.push(note);
            }
        }
        let mut outcome = std::mem::take(&mut self.outcome);
        outcome.trace = std::mem::take(&mut self.recorder.trace);
        let counts = self.recorder.returned.iter().copied();
        let named = outcome.trace.names.iter().cloned().zip(counts);
        outcome.calls_by_name = named.filter(|(_, counted)| counted.calls > 0).collect();
        outcome
    }
}

/// Nothing is left behind standing still, whatever ended the watch.
impl Drop for Watcher<'_> {
    fn drop(&mut self) {
        if !self.tasks.is_empty() {
            self.let_go();
        }
    }
}

/// Tells of requests that a call has shown: new ones, and those that are done.
fn show_requests(process: &mut Process, observer: &mut dyn Observer, tracee: &Tracee, seen: &Seen) {
    let requests = &seen.trace.requests;
    let is_own = |place: &usize| u64::from(requests[*place].call) == seen.number - seen.dropped;
    let new = (process.seen.min(requests.len())..requests.len()).filter(is_own);
    let new: Vec<usize> = new.collect();
    let told = |place: usize, completed: bool| Asked {
        request: &requests[place],
        number: place as u64,
        completed,
        seen,
    };
    process.seen = requests.len();
    let is_done = |place: usize| requests[place].result.is_some();
    // In the order of submission: what a read has brought is there when the write after it is looked at.
    process.open.retain(|place| {
        let done = is_done(*place);
        if done {
            observer.requested(tracee, &told(*place, true));
        }
        !done
    });
    for place in new {
        observer.requested(tracee, &told(place, false));
        match is_done(place) {
            true => observer.requested(tracee, &told(place, true)),
            false => process.open.push(place),
        }
    }
}

/// The flags of clone(2) that a call means, where it makes a task.
fn making(tracee: &Tracee, op: Op, args: &[u64; 6]) -> Option<u64> {
    match op {
        Op::Clone => Some(args[0]),
        Op::Fork => Some(0),
        Op::Vfork => Some((libc::CLONE_VM | libc::CLONE_VFORK) as u64),
        Op::Clone3 => {
            let mut flags = [0; 8];
            (memory::read(tracee.tid, args[0], &mut flags) == 8)
                .then(|| u64::from_ne_bytes(flags))
                .or(Some(0))
        }
        _ => None,
    }
}

/// How many CPUs the calling thread may run on.
fn cpus() -> usize {
    let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
    (0..CpuSet::count())
        .filter(|cpu| set.is_set(*cpu).unwrap_or(false))
        .count()
}

fn pin(cpu: usize, child: Tid) -> Result<(), TraceError> {
    let mut set = CpuSet::new();
    set.set(cpu)
        .and_then(|()| sched_setaffinity(Pid::from_raw(child), &set))
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set))
        .map_err(|errno| TraceError::Failed(anyhow!("cannot pin to CPU {cpu}: {}", errno.desc())))
}

fn failed(errno: Errno) -> TraceError {
    TraceError::Failed(anyhow!("tracing failed: {}", errno.desc()))
}

fn field(tid: Tid, name: &str) -> Option<Tid> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}
