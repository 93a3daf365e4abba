//! Cancelling from another thread.

use std::{
    collections::BTreeMap,
    io,
    os::fd::{AsRawFd, OwnedFd},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::kernel::pidfd_open;

/// Cancels a run from any thread: kills the processes that are registered with it, and those that are registered
/// later at once. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Set while the processes are locked.
    cancelled: AtomicBool,
    processes: Mutex<Processes>,
}

#[derive(Debug, Default)]
struct Processes {
    next: u64,
    by_key: BTreeMap<u64, OwnedFd>,
}

/// Registers a process with a [`Cancel`] as long as it lives.
#[derive(Debug)]
pub(crate) struct Guard {
    cancel: Cancel,
    key: u64,
}

impl Cancel {
    /// Nothing is cancelled yet.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Kills (SIGKILL) every registered process.
    pub fn cancel(&self) {
        let processes = self.processes();
        self.0.cancelled.store(true, Ordering::Release);
        processes.by_key.values().for_each(kill);
    }

    /// Whether [`Cancel::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Registers a process, a child of this program that has not been waited for. Where it was cancelled already, the
    /// process is killed at once.
    ///
    /// # Errors
    /// Those of pidfd_open(2): the process is gone, or there are too many descriptors.
    pub(crate) fn guard(&self, pid: u32) -> io::Result<Guard> {
        let process = pidfd_open(pid)?;
        let mut processes = self.processes();
        if self.is_cancelled() {
            kill(&process);
        }
        let key = processes.next;
        processes.next += 1;
        processes.by_key.insert(key, process);
        Ok(Guard {
            cancel: self.clone(),
            key,
        })
    }

    fn processes(&self) -> MutexGuard<'_, Processes> {
        let processes = self.0.processes.lock();
        processes.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.cancel.processes().by_key.remove(&self.key);
    }
}

fn kill(process: &OwnedFd) {
    // SAFETY: no siginfo is passed (null is allowed). It can only fail with ESRCH: gone already.
    unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_raw_fd(),
            libc::SIGKILL,
            std::ptr::null::<libc::siginfo_t>(),
            0u32,
        );
    }
}
