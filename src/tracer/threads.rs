//! The threads and processes that are traced, and who made whom.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::{
    cancel::{Cancel, Guard},
    corrections::Corrections,
    kernel::Tid,
    proc,
    tracee::Tracee,
};

pub(super) struct Thread {
    pub tracee: Tracee,
    /// It has entered a call whose return is still to be seen.
    pub in_call: bool,
    /// The flags of clone(2) of the call that it is in, where that makes a task.
    pub making: Option<u64>,
    /// What ptrace(2) was asked for, and for whom, by the call that it is in.
    pub tracing: Option<(u64, Tid)>,
    pub corrections: Corrections,
}

struct Process {
    threads: usize,
    /// How many generations it is away from the first.
    depth: u32,
    /// Lets [`Cancel`] kill it. None where it could not be had: then cancelling waits for its next call.
    _guard: Option<Guard>,
}

#[derive(Default)]
pub(super) struct Threads {
    pub by_tid: FxHashMap<Tid, Thread>,
    processes: FxHashMap<Tid, Process>,
    /// How many processes and threads there have been.
    pub made: (u64, u64),
}

/// Processes that are not followed: each is let go at its first stop.
#[derive(Default)]
pub(super) struct Distant {
    /// Their makers have reported them, they have not stopped yet.
    pub announced: FxHashMap<Tid, Corrections>,
    /// They have been let go, and their makers have not reported them.
    pub unannounced: Vec<Tid>,
    pub count: u64,
}

impl Threads {
    /// A thread that somebody made; nobody: it was there before. The thread, who made it, and the flags of clone(2) that
    /// say what they share.
    pub fn adopt(
        &mut self,
        tid: Tid,
        maker: Option<Tid>,
        cancel: Option<&Cancel>,
    ) -> (Tracee, Option<Tracee>, u64) {
        let maker = maker.and_then(|tid| self.by_tid.get(&tid));
        let corrections = maker.map(|thread| thread.corrections.inherited());
        let maker = maker.map(|thread| (thread.tracee, thread.making.unwrap_or(0)));
        let pid = match maker {
            Some((maker, flags)) if flags & libc::CLONE_THREAD as u64 != 0 => maker.pid,
            Some(_) => tid,
            None => proc::number(tid, "Tgid:").unwrap_or(tid),
        };
        let depth = maker.map_or(0, |(maker, _)| self.depth(maker.pid) + 1);
        let tracee = Tracee { tid, pid };
        let mut thread = Thread::new(tracee);
        thread.corrections = corrections.unwrap_or_default();
        self.by_tid.insert(tid, thread);
        self.made.1 += 1;
        let process = match self.processes.entry(pid) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(new) => {
                self.made.0 += 1;
                new.insert(Process {
                    threads: 0,
                    depth,
                    _guard: cancel.and_then(|cancel| cancel.guard(pid as u32).ok()),
                })
            }
        };
        process.threads += 1;
        let (maker, flags) = maker.unzip();
        (tracee, maker, flags.unwrap_or(0))
    }

    /// Who made a thread that has stopped before its maker reported it, or whose maker was killed before it could.
    pub fn maker_of_stranger(&self, tid: Tid) -> Option<Tid> {
        let maker_process = match proc::number(tid, "Tgid:") {
            Some(pid) if pid != tid => Some(pid),
            _ => proc::number(tid, "PPid:"),
        };
        let is_making =
            |thread: &&Thread| Some(thread.tracee.pid) == maker_process && thread.making.is_some();
        let maker = self.by_tid.values().find(is_making);
        maker.map(|thread| thread.tracee.tid)
    }

    /// A thread has executed a program: the others of its process are gone, and it has the process's id now.
    pub fn executed(&mut self, tid: Tid, former: Tid) {
        if former == tid {
            return;
        }
        let Some(thread) = self.by_tid.remove(&former) else {
            return;
        };
        let thread = Thread {
            tracee: Tracee { tid, pid: tid },
            making: None,
            corrections: Corrections::default(),
            ..thread
        };
        if self.by_tid.insert(tid, thread).is_some()
            && let Some(process) = self.processes.get_mut(&tid)
        {
            process.threads -= 1;
        }
    }

    /// A thread is gone: who it was, and whether its process is, too.
    pub fn end(&mut self, tid: Tid) -> Option<(Tracee, bool)> {
        let tracee = self.by_tid.remove(&tid)?.tracee;
        let mut last = false;
        if let Some(process) = self.processes.get_mut(&tracee.pid) {
            process.threads -= 1;
            last = process.threads == 0;
        }
        if last {
            self.processes.remove(&tracee.pid);
        }
        Some((tracee, last))
    }

    /// The thread that another one calls by this number: it may be in another pid namespace (pid_namespaces(7)).
    pub fn named(&self, by: Tid, number: Tid) -> Option<Tid> {
        let numbers = |tid: Tid| {
            let status = proc::read(tid, "status");
            let numbers = proc::field(&status, "NSpid:").unwrap_or_default();
            let numbers = numbers.split_whitespace().map(|number| number.parse().ok());
            numbers.collect::<Vec<Option<Tid>>>()
        };
        let level = numbers(by).len().max(1) - 1;
        match level {
            0 => self.by_tid.contains_key(&number).then_some(number),
            _ => {
                let mut tids = self.by_tid.keys().copied();
                tids.find(|tid| numbers(*tid).get(level).copied().flatten() == Some(number))
            }
        }
    }

    /// How many processes there are.
    pub fn processes(&self) -> usize {
        self.processes.len()
    }

    /// How many generations a process is away from the first.
    pub fn depth(&self, pid: Tid) -> u32 {
        self.processes.get(&pid).map_or(0, |process| process.depth)
    }

    /// Whether a thread is the only one of its process.
    pub fn is_alone(&self, tid: Tid) -> bool {
        let thread = self.by_tid.get(&tid);
        let process = thread.and_then(|thread| self.processes.get(&thread.tracee.pid));
        process.is_none_or(|process| process.threads == 1)
    }

    /// A thread that is about to stop for the first time.
    pub fn expect(&mut self, tid: Tid, corrections: Corrections) {
        let tracee = Tracee { tid, pid: tid };
        let thread = self.by_tid.entry(tid);
        let thread = thread.or_insert_with(|| Thread::new(tracee));
        thread.corrections = corrections;
    }
}

impl Thread {
    fn new(tracee: Tracee) -> Thread {
        Thread {
            tracee,
            in_call: false,
            making: None,
            tracing: None,
            corrections: Corrections::default(),
        }
    }
}
