//! Two processes: the one that the user has started, which answers for the program and passes signals on; and behind it
//! the one that traces. A seccomp filter cannot be taken off, and its calls fail where nobody answers them; so the second
//! one stays with daemons that the program leaves behind, when the first one has ended with the report.

use std::{
    io::{PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, AsRawFd, RawFd},
};

use anyhow::{Context, Result};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        prctl,
        signal::{Signal, kill},
        signalfd::SfdFlags,
        wait::{WaitStatus, waitpid},
    },
    unistd::{self, ForkResult, Pid, fork, getpid, getppid},
};

use crate::experiment::flow_trace::{Signals, sender};

/// Which process this is.
pub(super) enum Side {
    /// The one that the user has started: the other one has said with which status it ends.
    Front(u8),
    Tracer(Front),
}

/// The process in front, as the one that traces knows it.
pub(super) struct Front {
    pub(super) pid: Pid,
    report: PipeWriter,
}

/// Makes the process that traces. To be called before there are threads.
pub(super) fn split(signals: &Signals) -> Result<Side> {
    let (answer, report) = std::io::pipe().context("cannot make a pipe")?;
    let pid = getpid();
    // SAFETY: no other thread has been made, so no lock is held that would never be opened in the child.
    match unsafe { fork() }.context("cannot start a process")? {
        ForkResult::Child => {
            drop(answer);
            // Where that is refused, only a SIGKILL of the process in front makes a difference.
            let _ = prctl::set_pdeathsig(Signal::SIGKILL);
            anyhow::ensure!(getppid() == pid, "the parent is gone");
            Ok(Side::Tracer(Front { pid, report }))
        }
        ForkResult::Parent { child } => {
            drop(report);
            wait(signals, child, answer).map(Side::Front)
        }
    }
}

/// Passes signals on until the tracer says how to end, or has ended.
fn wait(signals: &Signals, tracer: Pid, mut answer: PipeReader) -> Result<u8> {
    let signals = signals
        .descriptor(SfdFlags::SFD_NONBLOCK)
        .context("cannot attend to signals")?;
    loop {
        let ready = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut ready = [ready(answer.as_fd()), ready(signals.as_fd())];
        match poll(&mut ready, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("cannot wait for the tracer"),
        }
        let has_answered = ready[0].any().unwrap_or(false);
        while let Ok(Some(signal)) = signals.read_signal() {
            // Those of the terminal reach all processes by themselves.
            if sender(&signal).is_some()
                && let Ok(signal) = Signal::try_from(signal.ssi_signo as i32)
            {
                let _ = kill(tracer, signal);
            }
        }
        if has_answered {
            let mut status = [0];
            return match answer.read(&mut status).context("cannot hear the tracer")? {
                0 => ended(tracer),
                _ => Ok(status[0]),
            };
        }
    }
}

fn ended(tracer: Pid) -> Result<u8> {
    loop {
        match waitpid(tracer, None) {
            Ok(WaitStatus::Exited(_, code)) => return Ok(code as u8),
            Ok(WaitStatus::Signaled(_, signal, _)) => {
                anyhow::bail!("the process that traces was ended by {signal}")
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("cannot wait for the tracer"),
        }
    }
}

impl Front {
    /// The process in front ends with this status; this one goes on in the background, without anything that others may
    /// wait for the end of: descriptors that it was started with, the terminal, the directory.
    pub(super) fn leave(mut self, status: u8) -> Result<()> {
        let _ = prctl::set_pdeathsig(None);
        let null = std::fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/null");
        let null = null.context("cannot open /dev/null")?;
        for fd in inherited() {
            // SAFETY: integers alone. Nothing here owns these descriptors: all that this program opens is closed on exec.
            unsafe {
                match fd {
                    0..3 => libc::dup2(null.as_raw_fd(), fd),
                    _ => libc::close(fd),
                };
            }
        }
        let _ = unistd::setsid();
        let _ = std::env::set_current_dir("/");
        self.report.write_all(&[status])?;
        Ok(())
    }
}

/// The descriptors that stay open over an exec.
fn inherited() -> Vec<RawFd> {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let numbers = names.filter_map(|name| name.parse().ok());
    // SAFETY: integers alone.
    let stays = |fd: &RawFd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } == 0;
    numbers.filter(stays).collect()
}
