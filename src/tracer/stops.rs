//! What wait(2) reports of a tracee, by type. A stop is consumed by resuming it, so that no stop is resumed twice.

use std::{
    mem::MaybeUninit,
    time::{Duration, Instant},
};

use nix::errno::Errno;

use super::{
    kernel::{self, CallInfo, Tid},
    watchpoints,
};
use crate::model::Exit;

// Of linux/ptrace.h: the C libraries give them different types.
const PTRACE_CONT: u32 = 7;
const PTRACE_DETACH: u32 = 17;
const PTRACE_SYSCALL: u32 = 24;
const PTRACE_LISTEN: u32 = 0x4208;
const PTRACE_GET_SYSCALL_INFO: u32 = 0x420e;

pub(super) enum Event {
    /// A thread stands still until its stop is resumed.
    Stopped(Stopped, Stop),
    /// A thread is gone.
    Ended(Tid, Exit),
}

/// Why a thread stands still (ptrace(2), "Stopped states").
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// At a call's entry or exit.
    Call,
    /// It has executed another program. Its thread id was this one before.
    Exec(Tid),
    /// The whole process was stopped by SIGSTOP or its like.
    Group,
    /// A signal is about to be delivered.
    Signal(i32),
    /// A filter wants this call to be seen: it is about to be made.
    Filtered,
    /// It is about to end.
    Exiting,
    /// It has stored to an address that is watched.
    Stored,
    /// It has made a new task: its thread id.
    Made(Tid),
    /// Nothing to decide: it is new, or has come out of a group-stop.
    Passing,
}

/// How a stopped thread goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resume {
    /// To its next call's entry or exit.
    ToCall,
    /// Without stopping at calls.
    Run,
    /// Not: it stays in its group-stop, and reports what ends that.
    Listen,
}

/// A thread that stands still. It goes on with a signal (0: none).
#[must_use = "a tracee that is not resumed stands still for ever"]
pub(super) struct Stopped(Tid);

impl Stopped {
    pub fn tid(&self) -> Tid {
        self.0
    }

    /// What it is about to do or has done, in a syscall-stop.
    pub fn call(&self) -> Result<CallInfo, Errno> {
        let mut info = MaybeUninit::<CallInfo>::zeroed();
        let (size, to) = (size_of::<CallInfo>(), info.as_mut_ptr());
        // SAFETY: the kernel writes at most `size` bytes to `info`.
        Errno::result(unsafe { libc::ptrace(PTRACE_GET_SYSCALL_INFO as _, self.0, size, to) })?;
        // SAFETY: all bytes were zeroed, and every pattern of bits is a value of its fields.
        Ok(unsafe { info.assume_init() })
    }

    /// Lets it go on untraced. It can fail with ESRCH alone: it was killed.
    pub fn let_go(self, signal: i32) {
        watchpoints::clear(self.0);
        let _ = self.request(PTRACE_DETACH, signal);
    }

    /// Lets it go on. It may have been killed where it stood (ESRCH): its end is reported, and nothing is to do.
    pub fn resume(self, how: Resume, signal: i32) -> Result<(), Errno> {
        let request = match how {
            Resume::ToCall => PTRACE_SYSCALL,
            Resume::Run => PTRACE_CONT,
            Resume::Listen => PTRACE_LISTEN,
        };
        match self.request(request, signal) {
            Err(Errno::ESRCH) => Ok(()),
            result => result,
        }
    }

    fn request(self, request: u32, signal: i32) -> Result<(), Errno> {
        // SAFETY: these requests take two integers and write no memory of this process.
        Errno::result(unsafe { libc::ptrace(request as _, self.0, 0usize, signal as usize) })
            .map(drop)
    }
}

/// Waits for the next report, whatever signals come; none when there is no tracee left.
pub(super) fn next() -> Option<Event> {
    loop {
        match wait(true) {
            Err(Errno::EINTR) => {}
            result => return result.ok().flatten(),
        }
    }
}

/// The next report: the one that is waited for, or one that is there already. None when there is none; EINTR where a
/// signal came.
fn wait(patient: bool) -> Result<Option<Event>, Errno> {
    match kernel::wait(if patient { 0 } else { libc::WNOHANG }) {
        Ok((0, _)) => Ok(None),
        Ok((tid, status)) => Ok(Some(decode(tid, status))),
        Err(Errno::ECHILD) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long a wait stays awake.
const AWAKE: Duration = Duration::from_micros(30);
/// A wait that was no longer than this is likely to be followed by one that is still shorter awake.
const SHORT: Duration = Duration::from_micros(200);

/// Waits for stops that come thick and fast. A tracer that sleeps is woken on a CPU that has gone idle, and in a
/// virtual machine that takes longer than the stop; one that asks again and again for a moment is there at once. Measured
/// on two idle CPUs, a copy of 48 MiB in 4 KiB chunks, medians: asleep 4.6 s, so 1.5 s, strace 4.1 s. A tracee that
/// computes or sleeps has long waits, and those are slept through.
#[derive(Debug)]
pub(super) struct Wakeful {
    short: bool,
    /// When the last wait ended: the time of the stop that it reported.
    pub until: Instant,
}

impl Wakeful {
    pub fn new(now: Instant) -> Wakeful {
        Wakeful {
            short: false,
            until: now,
        }
    }

    /// As [`wait`] with patience. `may_spin`: tracees can go on elsewhere meanwhile.
    pub fn wait(&mut self, may_spin: bool) -> Result<Option<Event>, Errno> {
        if !may_spin {
            let result = wait(true);
            self.until = Instant::now();
            return result;
        }
        let began = Instant::now();
        self.until = began;
        while self.short && self.until - began < AWAKE {
            let event = wait(false)?;
            self.until = Instant::now();
            if event.is_some() {
                return Ok(event);
            }
        }
        let result = wait(true);
        self.until = Instant::now();
        self.short = self.until - began < SHORT;
        result
    }

    /// As [`Wakeful::wait`]; meanwhile something is looked at, as long as there is something to look at: then EINTR. (Not
    /// awake all the time: the program and the thread of the kernel that are looked after are, and a thread that has slept
    /// is let run before these.)
    pub fn wait_looking(&mut self, mut look: impl FnMut() -> bool) -> Result<Option<Event>, Errno> {
        /// No more than this goes by between two looks.
        const BETWEEN: Duration = Duration::from_micros(10);
        // The kernel may add 50 us to a sleep, unless it is told not to (PR_SET_TIMERSLACK).
        let _ = nix::sys::prctl::set_timerslack(1);
        while look() {
            if let Some(event) = self.glance()? {
                return Ok(event);
            }
            std::thread::sleep(BETWEEN);
        }
        Err(Errno::EINTR)
    }

    /// What [`Wakeful::wait`] would return at once; none where it would wait.
    fn glance(&mut self) -> Result<Option<Option<Event>>, Errno> {
        let (tid, status) = match kernel::wait(libc::WNOHANG) {
            Err(Errno::ECHILD) => return Ok(Some(None)),
            result => result?,
        };
        self.until = Instant::now();
        Ok((tid != 0).then(|| Some(decode(tid, status))))
    }

    /// A report that is there already.
    pub fn poll(&mut self) -> Option<Event> {
        let event = wait(false).ok().flatten()?;
        self.until = Instant::now();
        Some(event)
    }
}

fn decode(tid: Tid, status: i32) -> Event {
    match libc::WIFSTOPPED(status) {
        true => Event::Stopped(Stopped(tid), stop(tid, status)),
        false => Event::Ended(tid, ended(status)),
    }
}

/// How a process ended, by its wait status.
pub(super) fn ended(status: i32) -> Exit {
    match libc::WIFSIGNALED(status) {
        true => Exit::Signal(signal_name(libc::WTERMSIG(status))),
        false => Exit::Code(libc::WEXITSTATUS(status)),
    }
}

fn stop(tid: Tid, status: i32) -> Stop {
    const IN_CALL: i32 = libc::SIGTRAP | 0x80;
    let signal = libc::WSTOPSIG(status);
    match (status >> 16, signal) {
        (0, IN_CALL) => Stop::Call,
        (0, libc::SIGTRAP) if watchpoints::is_hit(tid) => Stop::Stored,
        (0, signal) => Stop::Signal(signal),
        (libc::PTRACE_EVENT_EXEC, _) => Stop::Exec(event_message(tid)),
        (libc::PTRACE_EVENT_SECCOMP, _) => Stop::Filtered,
        (libc::PTRACE_EVENT_EXIT, _) => Stop::Exiting,
        (libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE, _) => {
            Stop::Made(event_message(tid))
        }
        (libc::PTRACE_EVENT_STOP, libc::SIGTRAP) => Stop::Passing,
        (libc::PTRACE_EVENT_STOP, _) => Stop::Group,
        _ => Stop::Passing,
    }
}

/// The thread id in an event's message. After an exec: the one that the thread had before, for all others of its process
/// are gone, and it has taken the process's id. Its own where there is no message.
fn event_message(tid: Tid) -> Tid {
    let message = nix::sys::ptrace::getevent(nix::unistd::Pid::from_raw(tid));
    message.map_or(tid, |message| message as Tid)
}

fn signal_name(number: i32) -> String {
    match nix::sys::signal::Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) => format!("SIGRT{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_told_apart() {
        let stopped = |event: i32, signal: i32| stop(1, event << 16 | signal << 8 | 0x7f);
        for (event, signal, stop) in [
            (0, libc::SIGTRAP | 0x80, Stop::Call),
            (0, libc::SIGTRAP, Stop::Signal(libc::SIGTRAP)),
            (0, 40, Stop::Signal(40)),
            (libc::PTRACE_EVENT_STOP, libc::SIGTSTP, Stop::Group),
            (libc::PTRACE_EVENT_STOP, libc::SIGTRAP, Stop::Passing),
            (libc::PTRACE_EVENT_CLONE, libc::SIGTRAP, Stop::Made(1)),
        ] {
            assert_eq!(stopped(event, signal), stop);
        }
        assert_eq!(ended(3 << 8), Exit::Code(3));
        assert_eq!(ended(9), Exit::Signal("SIGKILL".to_owned()));
    }
}
