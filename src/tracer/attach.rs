//! Attaching to a process that runs already, and letting it go unharmed.

use anyhow::anyhow;
use nix::{errno::Errno, sys::ptrace, unistd::Pid};

use tracing::debug;

use super::{kernel::Tid, launch, outcome::TraceError, proc, refused};

/// Seizes all threads of a process, and with `children` of all that descend from it. What could not be seized of these is
/// said. What is made meanwhile is followed by the kernel, for its maker is seized before it is asked for its children.
pub(super) fn attach(pid: Tid, children: bool) -> Result<(Vec<Tid>, Vec<String>), TraceError> {
    let mut seized = process(pid)?;
    let mut notes = Vec::new();
    let mut asked = 0;
    while children && asked < seized.len() {
        let found = proc::children(seized[asked]);
        asked += 1;
        for child in found {
            if seized.contains(&child) {
                continue;
            }
            match process(child) {
                Ok(threads) => seized.extend(threads),
                Err(TraceError::Refused(why)) => notes.push(format!(
                    "--children: {} (process {child}) is not seen: {why}",
                    proc::comm(child)
                )),
                Err(_) => {} // gone
            }
        }
    }
    Ok((seized, notes))
}

/// Seizes all threads of a process and asks each to stop once. A thread that is made meanwhile either is followed, or
/// stands in the list when it is read again.
fn process(pid: Tid) -> Result<Vec<Tid>, TraceError> {
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
                Err(_) if is_ours(tid) || !seized.is_empty() => {}
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

/// Whether this very thread traces it already: the kernel has attached to it when it was made.
fn is_ours(tid: Tid) -> bool {
    proc::number(tid, "TracerPid:") == Some(nix::unistd::gettid().as_raw())
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
