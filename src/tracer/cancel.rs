//! Cancelling from another thread.

use std::{
    collections::BTreeMap,
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Cancels a run from any thread: kills the processes that are registered with it, and those that are registered
/// later at once. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    next: u64,
    processes: BTreeMap<u64, OwnedFd>,
}

/// Registers a process with a [`Cancel`] as long as it lives.
#[derive(Debug)]
pub struct Guard {
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
        let mut state = self.state();
        state.cancelled = true;
        for process in state.processes.values() {
            kill(process);
        }
    }

    /// Whether [`Cancel::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    /// Registers a process, a child of this program that has not been waited for. Where it was cancelled already, the
    /// process is killed at once.
    ///
    /// # Errors
    /// Those of pidfd_open(2): the process is gone, or there are too many descriptors.
    pub fn guard(&self, pid: u32) -> io::Result<Guard> {
        let process = pidfd_open(pid)?;
        let mut state = self.state();
        if state.cancelled {
            kill(&process);
        }
        let key = state.next;
        state.next += 1;
        state.processes.insert(key, process);
        Ok(Guard {
            cancel: self.clone(),
            key,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.cancel.state().processes.remove(&self.key);
    }
}

/// A pidfd names a process for as long as it is open: a number might name another one by now.
pub(super) fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open(2) takes two integers and touches no memory.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0u32) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
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
