//! Ending a trace from another thread.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::Duration,
};

/// Tells the tracer that it is enough: a program that was attached to is let go, one that was started is killed. Clones
/// share one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handle(Arc<State>);

#[derive(Debug, Default)]
struct State {
    enough: AtomicBool,
    finished: AtomicBool,
    /// The tracer's thread; 0 before it has begun.
    tracer: AtomicI32,
    /// The program's first process; 0 where it is not known yet, or was not started by the tracer.
    root: AtomicI32,
}

/// How often the tracer is reminded: it may have looked just before, and waited since.
const REMIND: Duration = Duration::from_millis(10);

impl Handle {
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
        self.0.finished.store(true, Ordering::SeqCst);
    }
}
