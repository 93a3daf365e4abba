//! The threads and processes that are traced, and who made whom.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::{
    cancel::{Cancel, Guard},
    kernel::Tid,
    tracee::Tracee,
};

/// A thread that is traced.
pub(super) struct Thread {
    pub tracee: Tracee,
    /// It has entered a call whose return is still to be seen.
    pub in_call: bool,
    /// The flags of clone(2) of the call that it is in, where that makes a task.
    pub making: Option<u64>,
}

struct Process {
    threads: usize,
    /// Lets [`Cancel`] kill it. None where it could not be had: then cancelling waits for its next call.
    _guard: Option<Guard>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Threads {
    threads: FxHashMap<Tid, Thread>,
    processes: FxHashMap<Tid, Process>,
    /// How many processes and threads there have been.
    made: (u64, u64),
}

/// A thread that is new here.
pub(super) struct Adopted {
    pub tracee: Tracee,
    pub maker: Option<Tracee>,
    pub shares_memory: bool,
}

impl Threads {
    pub fn get(&self, tid: Tid) -> Option<&Thread> {
        self.threads.get(&tid)
    }

    pub fn get_mut(&mut self, tid: Tid) -> Option<&mut Thread> {
        self.threads.get_mut(&tid)
    }

    pub fn len(&self) -> usize {
        self.threads.len()
    }

    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    pub fn tids(&self) -> impl Iterator<Item = Tid> {
        self.threads.keys().copied()
    }

    /// How many processes and threads there have been.
    pub fn counts(&self) -> (u64, u64) {
        self.made
    }

    /// A thread that somebody made; nobody: it was there before.
    pub fn adopt(&mut self, tid: Tid, maker: Option<Tid>, cancel: Option<&Cancel>) -> Adopted {
        let maker = maker.and_then(|tid| self.threads.get(&tid));
        let maker = maker.map(|thread| (thread.tracee, thread.making.unwrap_or(0)));
        let pid = match maker {
            Some((maker, flags)) if flags & libc::CLONE_THREAD as u64 != 0 => maker.pid,
            Some(_) => tid,
            None => field(tid, "Tgid:").unwrap_or(tid),
        };
        let tracee = Tracee { tid, pid };
        self.threads.insert(tid, Thread::new(tracee));
        self.made.1 += 1;
        let process = match self.processes.entry(pid) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(new) => {
                self.made.0 += 1;
                new.insert(Process {
                    threads: 0,
                    _guard: cancel.and_then(|cancel| cancel.guard(pid as u32).ok()),
                })
            }
        };
        process.threads += 1;
        Adopted {
            tracee,
            maker: maker.map(|(maker, _)| maker),
            shares_memory: maker.is_some_and(|(_, flags)| flags & libc::CLONE_VM as u64 != 0),
        }
    }

    /// Who made a thread that has stopped before its maker reported it, or whose maker was killed before it could.
    pub fn maker_of_stranger(&self, tid: Tid) -> Option<Tid> {
        let maker_process = match field(tid, "Tgid:") {
            Some(pid) if pid != tid => Some(pid),
            _ => field(tid, "PPid:"),
        };
        let is_making =
            |thread: &&Thread| Some(thread.tracee.pid) == maker_process && thread.making.is_some();
        let maker = self.threads.values().find(is_making);
        maker.map(|thread| thread.tracee.tid)
    }

    /// A thread has executed a program: the others of its process are gone, and it has the process's id now.
    pub fn executed(&mut self, tid: Tid, former: Tid) {
        if former == tid {
            return;
        }
        let Some(thread) = self.threads.remove(&former) else {
            return;
        };
        let thread = Thread {
            tracee: Tracee { tid, pid: tid },
            making: None,
            ..thread
        };
        if self.threads.insert(tid, thread).is_some()
            && let Some(process) = self.processes.get_mut(&tid)
        {
            process.threads -= 1;
        }
    }

    /// A thread is gone: who it was, and whether its process is, too.
    pub fn end(&mut self, tid: Tid) -> Option<(Tracee, bool)> {
        let tracee = self.threads.remove(&tid)?.tracee;
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

    /// A thread is no longer traced.
    pub fn forget(&mut self, tid: Tid) {
        self.threads.remove(&tid);
    }

    /// A thread that is about to stop for the first time.
    pub fn expect(&mut self, tid: Tid) {
        let tracee = Tracee { tid, pid: tid };
        self.threads
            .entry(tid)
            .or_insert_with(|| Thread::new(tracee));
    }

    /// None was ever traced.
    pub fn clear(&mut self) {
        self.threads.clear();
    }
}

impl Thread {
    fn new(tracee: Tracee) -> Thread {
        Thread {
            tracee,
            in_call: false,
            making: None,
        }
    }
}

fn field(tid: Tid, name: &str) -> Option<Tid> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}
