//! When tracing ends, and ending it from another thread.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::Duration,
};

/// When the tracing ends, if not with the last thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending {
    /// So many bytes have been read, or so many written.
    pub bytes: Option<u64>,
    /// So many calls have returned.
    pub calls: Option<u64>,
    /// The first process has ended.
    pub with_leader: bool,
    /// Processes that are more generations away from the first are left alone.
    pub depth: Option<u32>,
    pub leave: Leave,
}

/// What becomes of a program that was started, when the tracing ends before it. (One that was attached to goes on.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It is killed.
    #[default]
    Kill,
    /// It goes on. A filter cannot be taken off: somebody has to answer it ([`Guard`](super::outcome::Guard)).
    Guarded,
    /// It goes on untraced. It is given no filter.
    Free,
}

/// Tells the tracer that it is enough. Clones share one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handle(Arc<State>);

#[derive(Debug, Default)]
struct State {
    ending: Ending,
    leader: Mutex<Leader>,
    leader_changed: Condvar,
    enough: AtomicBool,
    finished: AtomicBool,
    /// The tracer's thread; 0 before it has begun.
    tracer: AtomicI32,
    /// The program's first process; 0 where it is not known yet, or was not started by the tracer.
    root: AtomicI32,
}

/// The first process of a program that was started.
#[derive(Debug, Default)]
struct Leader {
    has_ended: bool,
    /// How many processes of the program have not.
    left: usize,
}

/// How often the tracer is reminded: it may have looked just before, and waited since.
const REMIND: Duration = Duration::from_millis(10);

impl Handle {
    pub fn new(ending: Ending) -> Handle {
        let state = State {
            ending,
            ..State::default()
        };
        Handle(Arc::new(state))
    }

    pub fn ending(&self) -> Ending {
        self.0.ending
    }

    /// Whether the first process has ended.
    pub fn leader_has_ended(&self) -> bool {
        self.leader().has_ended
    }

    /// How many processes go on so long after the first one has ended, when it has; none where the tracing is over.
    pub fn left_behind(&self, grace: Duration) -> Option<usize> {
        let mut leader = self.leader();
        while !leader.has_ended && !self.is_finished() {
            let woken = self.0.leader_changed.wait(leader);
            leader = woken.unwrap_or_else(PoisonError::into_inner);
        }
        drop(leader);
        std::thread::sleep(grace);
        let left = self.leader().left;
        (left > 0 && !self.is_finished()).then_some(left)
    }

    /// The first process has ended, and so many have not.
    pub(super) fn set_left(&self, left: usize) {
        *self.leader() = Leader {
            has_ended: true,
            left,
        };
        self.0.leader_changed.notify_all();
    }

    fn leader(&self) -> MutexGuard<'_, Leader> {
        let leader = self.0.leader.lock();
        leader.unwrap_or_else(PoisonError::into_inner)
    }

    /// It is enough. Returns when the tracing has ended.
    pub fn stop(&self) {
        self.set_enough();
        while !self.0.finished.load(Ordering::SeqCst) {
            let tracer = self.0.tracer.load(Ordering::SeqCst);
            if tracer != 0 {
                // SAFETY: integers alone. The thread may be gone: then nothing has this id, or the signal does nothing.
                unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tracer, libc::SIGURG) };
            }
            std::thread::sleep(REMIND);
        }
    }

    /// Sends a signal to the program's first process, where the tracer has started it and it lives.
    pub fn signal(&self, signal: i32) {
        let root = self.0.root.load(Ordering::SeqCst);
        if root != 0 && !self.is_finished() {
            // SAFETY: integers alone. The tracer clears the number before the process is waited for.
            unsafe { libc::kill(root, signal) };
        }
    }

    /// Whether the tracing has ended.
    pub fn is_finished(&self) -> bool {
        self.0.finished.load(Ordering::SeqCst)
    }

    /// It is enough, which the tracer notices before it waits again.
    pub(super) fn set_enough(&self) {
        self.0.enough.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_enough(&self) -> bool {
        self.0.enough.load(Ordering::SeqCst)
    }

    /// This thread is the tracer. A signal that does nothing (SIGURG) is to interrupt its waiting.
    pub(super) fn take_thread(&self) {
        extern "C" fn nothing(_: i32) {}
        // SAFETY: an empty handler, installed without SA_RESTART; all other fields are zero, which is valid.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(i32) as libc::sighandler_t;
            libc::sigaction(libc::SIGURG, &action, std::ptr::null_mut());
        }
        let tid = nix::unistd::gettid().as_raw();
        self.0.tracer.store(tid, Ordering::SeqCst);
    }

    pub(super) fn set_root(&self, root: i32) {
        self.0.root.store(root, Ordering::SeqCst);
    }

    pub(super) fn finish(&self) {
        self.set_root(0);
        let leader = self.leader();
        self.0.finished.store(true, Ordering::SeqCst);
        drop(leader);
        self.0.leader_changed.notify_all();
    }
}
