//! Attaching to a process that runs already, and letting it go unharmed.

use anyhow::anyhow;
use nix::{errno::Errno, sys::ptrace, unistd::Pid};

use tracing::debug;

use super::{kernel::Tid, launch, outcome::TraceError, proc, refused};

/// Seizes all threads of a process and asks each to stop once. A thread that is made meanwhile either is followed, or
/// stands in the list when it is read again.
pub(super) fn attach(pid: Tid) -> Result<Vec<Tid>, TraceError> {
    let mut seized: Vec<Tid> = Vec::new();
    loop {
        let before = seized.len();
        for tid in proc::threads(pid) {
            if seized.contains(&tid) {
                continue;
            }
            match seize(tid) {
                Ok(()) => {
                    debug!(pid, tid, "attached");
                    seized.push(tid);
                }
                // It is gone, or its maker is followed and so is it.
                Err(Errno::ESRCH) => {}
                // The first thread has ended before the others, and stays as a zombie.
                Err(_) if is_dead(tid) => {}
                Err(_) if !seized.is_empty() => {}
                Err(errno) => return Err(TraceError::Refused(refused::cause(tid, errno))),
            }
        }
        if seized.len() == before {
            return match seized.is_empty() {
                true => Err(gone(pid)),
                false => Ok(seized),
            };
        }
    }
}

fn seize(tid: Tid) -> Result<(), Errno> {
    let thread = Pid::from_raw(tid);
    ptrace::seize(thread, launch::options(true)).and_then(|()| ptrace::interrupt(thread))
}

fn is_dead(tid: Tid) -> bool {
    let status = proc::read(tid, "status");
    proc::field(&status, "State:").is_none_or(|state| state.starts_with(['Z', 'X']))
}

fn gone(pid: Tid) -> TraceError {
    TraceError::Failed(anyhow!("there is no process {pid}"))
}
