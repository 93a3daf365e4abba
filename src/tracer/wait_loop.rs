//! The wait loop: takes each report of the kernel, records, and lets the thread go on.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::anyhow;
use nix::errno::Errno;

use super::{
    Cancel, Ended, Guard, Options, TraceError,
    descriptors::Known,
    kernel::{self, CallInfo, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT, Resume, Tid},
    memory,
    recorder::{Recorder, Task, name_of},
    rings::{Caller, Rings},
    stops::{self, Event, Stop, Stopped},
};
use crate::model::{Trace, marker};
use crate::syscall::{self, Op};

/// How often the progress is told at most.
const PROGRESS: Duration = Duration::from_millis(50);

/// Where the recording stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The program has not been executed: what is seen is the standard library's.
    Starting,
    /// The begin marker has not been seen.
    Before,
    /// The begin marker's call is being made.
    Beginning(Tid),
    /// Calls are recorded.
    During,
    /// The end marker has been seen.
    After,
}

/// A process of the tracee's.
#[derive(Default)]
struct Process {
    descriptors: Known,
    rings: Rings,
    threads: usize,
    /// Lets [`Cancel`] kill it. None where it could not be had: then cancelling waits for its next call.
    _guard: Option<Guard>,
}

pub(super) struct Tracer<'a> {
    cancel: &'a Cancel,
    relay: &'a mut dyn FnMut(Trace) -> Option<Trace>,
    between_markers: bool,
    root: Tid,
    phase: Phase,
    recorder: Recorder,
    tasks: HashMap<Tid, Task>,
    processes: HashMap<Tid, Process>,
    /// When the recording began, and when it was last told of.
    began: Instant,
    told: Instant,
    ended: Option<Ended>,
}

/// What became of the start.
pub(super) enum Start {
    /// The program has been executed.
    Executed,
    /// It could not be executed: the child is on its own and about to end.
    Failed,
    /// It died before.
    Died,
}

impl<'a> Tracer<'a> {
    /// Traces a child that has just been seized. `relay` shows the trace to whoever wants to know the progress, and
    /// gives it back; none: nobody is there any more.
    pub fn new(
        root: Tid,
        options: &Options,
        cancel: &'a Cancel,
        relay: &'a mut dyn FnMut(Trace) -> Option<Trace>,
    ) -> Tracer<'a> {
        let now = Instant::now();
        let mut tracer = Tracer {
            cancel,
            relay,
            between_markers: options.between_markers,
            root,
            phase: Phase::Starting,
            recorder: Recorder::default(),
            tasks: HashMap::new(),
            processes: HashMap::new(),
            began: now,
            told: now,
            ended: None,
        };
        tracer.adopt(root);
        tracer
    }

    /// Follows the child up to its exec.
    ///
    /// An exec that fails makes `Command::spawn` wait for the child: it must be let go before that, or the two waits
    /// would take each other's reports. The standard library makes no other call between its attempts at exec.
    pub fn start(&mut self) -> Result<Start, TraceError> {
        let mut tried = false;
        while let Some(event) = stops::next().map_err(failed)? {
            self.check_cancelled()?;
            let (stopped, stop) = match event {
                Event::Ended(tid, ended) => {
                    self.end(tid, ended);
                    return Ok(Start::Died);
                }
                Event::Stopped(stopped, stop) => (stopped, stop),
            };
            if stop == Stop::Call {
                let Ok(info) = self.info(&stopped)? else {
                    continue;
                };
                let entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
                let executes = entry && syscall::op(&name_of(&info)) == Op::Exec;
                if executes {
                    tried = true;
                    self.start_afresh();
                    self.enter(stopped.tid(), &info);
                } else if entry && tried {
                    self.tasks.clear();
                    stopped.detach();
                    return Ok(Start::Failed);
                }
            }
            let executed = matches!(stop, Stop::Exec(_));
            if executed {
                self.phase = self.first_phase();
            }
            self.pass_on(stopped, stop)?;
            if executed {
                return Ok(Start::Executed);
            }
        }
        Ok(Start::Died)
    }

    fn first_phase(&mut self) -> Phase {
        if self.between_markers {
            self.start_afresh();
            return Phase::Before;
        }
        Phase::During
    }

    /// Forgets what was recorded, and that a thread is in a call.
    fn start_afresh(&mut self) {
        self.recorder = Recorder::default();
        for task in self.tasks.values_mut() {
            *task = Task::new(task.tid, task.pid);
        }
        self.began = Instant::now();
    }

    /// Follows the tracees until none is left.
    pub fn run(mut self) -> Result<(Trace, Option<Ended>), TraceError> {
        while let Some(event) = stops::next().map_err(failed)? {
            self.check_cancelled()?;
            match event {
                Event::Ended(tid, ended) => self.end(tid, ended),
                Event::Stopped(stopped, stop) => {
                    let tid = stopped.tid();
                    if !self.tasks.contains_key(&tid) {
                        self.adopt(tid);
                    }
                    if stop == Stop::Call {
                        match self.info(&stopped)? {
                            Ok(info) => self.call(tid, &info)?,
                            Err(Gone) => continue,
                        }
                    }
                    self.pass_on(stopped, stop)?;
                }
            }
        }
        // No tracee is left, though the end of each may not have been told: a thread that is not followed, and executes
        // a program, takes the place of one that is.
        self.tasks.clear();
        self.check_cancelled()?;
        if self.phase == Phase::During && !self.between_markers {
            self.recorder.trace.wall_ns = self.now();
        }
        let mut trace = std::mem::take(&mut self.recorder.trace);
        // Threads that share a ring leave their calls in another order than they entered them.
        trace.requests.sort_by_key(|request| request.call);
        Ok((trace, self.ended.take()))
    }

    /// Lets a thread go on as its stop asks for.
    fn pass_on(&mut self, stopped: Stopped, stop: Stop) -> Result<(), TraceError> {
        let on = if self.phase == Phase::After {
            Resume::Run
        } else {
            Resume::ToCall
        };
        let result = match stop {
            Stop::Group => stopped.resume(Resume::Listen, 0),
            Stop::Signal(signal) => stopped.resume(on, signal),
            Stop::Exec(former) => {
                self.executed(stopped.tid(), former);
                stopped.resume(on, 0)
            }
            Stop::Call | Stop::Filtered | Stop::Made(_) | Stop::Passing => stopped.resume(on, 0),
        };
        result.map_err(failed)
    }

    fn info(&self, stopped: &Stopped) -> Result<Result<CallInfo, Gone>, TraceError> {
        match stopped.call() {
            Ok(info) => Ok(Ok(info)),
            Err(Errno::ESRCH) => Ok(Err(Gone)),
            Err(errno) => Err(TraceError::Refused(format!(
                "PTRACE_GET_SYSCALL_INFO failed with {errno}: it needs Linux 5.3"
            ))),
        }
    }

    fn call(&mut self, tid: Tid, info: &CallInfo) -> Result<(), TraceError> {
        if info.op == PTRACE_SYSCALL_INFO_EXIT {
            self.follow_rings(tid, info);
        }
        match info.op {
            PTRACE_SYSCALL_INFO_ENTRY => match self.phase {
                Phase::Before if self.is_marker(tid, info, marker::BEGIN) => {
                    self.phase = Phase::Beginning(tid)
                }
                Phase::During if self.between_markers && self.is_marker(tid, info, marker::END) => {
                    self.recorder.trace.wall_ns = self.now();
                    self.phase = Phase::After;
                    self.sweep_rings();
                }
                Phase::During => self.enter(tid, info),
                _ => {}
            },
            PTRACE_SYSCALL_INFO_EXIT => match self.phase {
                Phase::Beginning(beginner) if beginner == tid => {
                    self.began = Instant::now();
                    self.phase = Phase::During;
                    self.begin_rings();
                }
                Phase::During => self.leave(tid, info.data[0] as i64),
                _ => {}
            },
            _ => {}
        }
        if info.op == PTRACE_SYSCALL_INFO_ENTRY {
            self.follow_rings(tid, info);
        }
        self.tell_progress()
    }

    /// Rings are followed before the recording, too: after a call's entry, and before its exit, is written down.
    fn follow_rings(&mut self, tid: Tid, info: &CallInfo) {
        let Some((task, process)) = Self::both(&mut self.tasks, &mut self.processes, tid) else {
            return;
        };
        let pid = task.pid;
        let place = self.recorder.place(task);
        let sheet = &mut self.recorder.sheet(place, &mut process.descriptors);
        match info.op {
            PTRACE_SYSCALL_INFO_ENTRY => process.rings.enter(Caller { tid, pid }, info, sheet),
            _ => {
                let result = info.data[0] as i64;
                process.rings.leave(Caller { tid, pid }, result, sheet);
            }
        }
    }

    fn begin_rings(&mut self) {
        for (pid, process) in &mut self.processes {
            let who = Caller {
                tid: *pid,
                pid: *pid,
            };
            let sheet = &mut self.recorder.sheet(Some(0), &mut process.descriptors);
            process.rings.begin(who, sheet);
        }
    }

    /// Completions that came after the last call.
    fn sweep_rings(&mut self) {
        for process in self.processes.values_mut() {
            let sheet = &mut self.recorder.sheet(None, &mut process.descriptors);
            process.rings.sweep(sheet);
        }
    }

    fn is_marker(&self, tid: Tid, info: &CallInfo, text: &str) -> bool {
        let [_, fd, buffer, length, ..] = info.data;
        fd as i32 == -1
            && length == text.len() as u64
            && name_of(info) == "write"
            && memory::holds(tid, buffer, text.as_bytes())
    }

    fn enter(&mut self, tid: Tid, info: &CallInfo) {
        let now = self.now();
        if let Some((task, process)) = Self::both(&mut self.tasks, &mut self.processes, tid) {
            self.recorder
                .enter(task, &mut process.descriptors, info, now);
        }
    }

    fn leave(&mut self, tid: Tid, result: i64) {
        let now = self.now();
        if let Some((task, process)) = Self::both(&mut self.tasks, &mut self.processes, tid) {
            self.recorder
                .leave(task, &mut process.descriptors, result, now);
        }
    }

    fn both<'t>(
        tasks: &'t mut HashMap<Tid, Task>,
        processes: &'t mut HashMap<Tid, Process>,
        tid: Tid,
    ) -> Option<(&'t mut Task, &'t mut Process)> {
        let task = tasks.get_mut(&tid)?;
        let process = processes.get_mut(&task.pid)?;
        Some((task, process))
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    fn tell_progress(&mut self) -> Result<(), TraceError> {
        if self.phase == Phase::During && self.told.elapsed() >= PROGRESS {
            let trace = std::mem::take(&mut self.recorder.trace);
            let back = (self.relay)(trace).ok_or_else(|| failed(Errno::ECANCELED))?;
            self.recorder.trace = back;
            self.told = Instant::now();
        }
        Ok(())
    }

    fn adopt(&mut self, tid: Tid) {
        let pid = process_of(tid).unwrap_or(tid);
        let cancel = self.cancel;
        let process = self.processes.entry(pid).or_insert_with(|| Process {
            _guard: cancel.guard(pid as u32).ok(),
            ..Process::default()
        });
        if self.tasks.insert(tid, Task::new(tid, pid)).is_none() {
            process.threads += 1;
        }
    }

    /// A thread has executed a program: the others of its process are gone, and it has the process's id now.
    fn executed(&mut self, tid: Tid, former: Tid) {
        if former != tid
            && let Some(task) = self.tasks.remove(&former)
        {
            self.tasks.insert(tid, task.become_leader());
            if let Some(process) = self.processes.get_mut(&tid) {
                process.threads -= 1;
            }
        }
        if let Some(task) = self.tasks.get(&tid) {
            self.recorder.executed(task);
        }
        if let Some(process) = self.processes.get_mut(&tid) {
            process.descriptors.forget_all();
            let sheet = &mut self.recorder.sheet(None, &mut process.descriptors);
            // Their descriptors were closed: io_uring_setup(2) makes them so.
            std::mem::take(&mut process.rings).sweep(sheet);
        }
    }

    fn end(&mut self, tid: Tid, ended: Ended) {
        if let Some(task) = self.tasks.remove(&tid)
            && let Some(process) = self.processes.get_mut(&task.pid)
        {
            process.threads -= 1;
            if process.threads == 0
                && let Some(mut process) = self.processes.remove(&task.pid)
                && self.phase == Phase::During
            {
                let sheet = &mut self.recorder.sheet(None, &mut process.descriptors);
                process.rings.sweep(sheet);
            }
        }
        if tid == self.root {
            self.ended = Some(ended);
        }
    }

    fn check_cancelled(&self) -> Result<(), TraceError> {
        match self.cancel.is_cancelled() {
            true => Err(TraceError::Cancelled),
            false => Ok(()),
        }
    }
}

/// Nothing is left behind, whatever ended the tracing. (Should this thread die without coming here, the kernel kills
/// the tracees: `PTRACE_O_EXITKILL`.)
impl Drop for Tracer<'_> {
    fn drop(&mut self) {
        self.tasks.keys().for_each(|tid| kernel::kill(*tid));
        while let Ok(Some(event)) = stops::next() {
            if let Event::Stopped(stopped, _) = event {
                kernel::kill(stopped.tid());
                let _ = stopped.resume(Resume::Run, 0);
            }
        }
    }
}

/// A thread that was killed in its stop.
struct Gone;

fn failed(errno: Errno) -> TraceError {
    TraceError::Failed(anyhow!("tracing failed: {}", errno.desc()))
}

fn process_of(tid: Tid) -> Option<Tid> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    line.trim().parse().ok()
}
