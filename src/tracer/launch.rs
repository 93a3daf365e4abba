//! Starting a command under ptrace.
//!
//! The thread that called `record` starts it, because `Command::spawn` returns only once the program is executed; the
//! tracer's thread seizes it meanwhile, because ptrace belongs to one thread. Before its exec the child says its
//! process id on a socket and waits there for the word to go on.

use std::{
    fs::File,
    io::{self, Read},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

use nix::{
    sched::{CpuSet, sched_setaffinity},
    sys::{
        ptrace::{self, Options as Trace},
        socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, socketpair},
    },
    unistd::Pid,
};

use super::{Options, TraceError, kernel::Tid, refused};

const GO: u8 = 1;
const GIVE_UP: u8 = 0;

/// The tracer's end of the socket.
pub(super) struct Link(File);

/// The child's end, in the parent.
pub(super) struct Gate {
    child_end: OwnedFd,
    numbers: Arc<[AtomicI32; 2]>,
}

/// Prepares a command: it will wait before its exec until the [`Link`] lets it go on.
pub(super) fn prepare(command: &mut Command) -> io::Result<(Link, Gate)> {
    let kind = (
        AddressFamily::Unix,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
    );
    let (tracer_end, child_end) = socketpair(kind.0, kind.1, None, kind.2)?;
    let numbers = [&tracer_end, &child_end].map(|end| AtomicI32::new(end.as_raw_fd()));
    let numbers = Arc::new(numbers);
    let in_child = Arc::clone(&numbers);
    // SAFETY: between fork and exec `wait_for_tracer` makes system calls alone: it allocates nothing, takes no lock.
    unsafe { command.pre_exec(move || wait_for_tracer(&in_child)) };
    Ok((Link(File::from(tracer_end)), Gate { child_end, numbers }))
}

impl Gate {
    /// Starts the command. Returns when it has executed its program, or cannot.
    pub fn spawn(self, command: &mut Command) -> io::Result<Child> {
        let result = command.spawn();
        if result.is_err() {
            say(&self.child_end, &[0; 4]); // no process has this id: the tracer need not wait for one
        }
        // A command that is started again must not look for a tracer.
        self.numbers
            .iter()
            .for_each(|number| number.store(-1, Ordering::Relaxed));
        drop(self.child_end);
        result
    }
}

fn wait_for_tracer(numbers: &[AtomicI32; 2]) -> io::Result<()> {
    let [tracer_end, child_end] = numbers;
    let fd = child_end.load(Ordering::Relaxed);
    if fd < 0 {
        return Ok(());
    }
    let pid = std::process::id().to_ne_bytes();
    let mut word = [0u8; 1];
    // SAFETY: both buffers live on this stack and are as long as is said. Closing the copy of the tracer's end lets
    // the read see the tracer's death; the number is the tracer's own in this process too, a copy made by fork.
    let got = unsafe {
        libc::close(tracer_end.load(Ordering::Relaxed));
        libc::write(fd, pid.as_ptr().cast(), pid.len());
        libc::read(fd, word.as_mut_ptr().cast(), 1)
    };
    match (got, word) {
        (1, [GO]) => Ok(()),
        _ => Err(io::Error::from_raw_os_error(libc::ECANCELED)),
    }
}

impl Link {
    /// Waits for the child's process id; none where it could not even be forked.
    pub fn pid(&mut self) -> Option<Tid> {
        let mut pid = [0; 4];
        self.0.read_exact(&mut pid).ok()?;
        Some(Tid::from_ne_bytes(pid)).filter(|pid| *pid != 0)
    }

    /// Seizes the child and lets it go on: it stops at once.
    pub fn seize(self, pid: Tid, options: &Options) -> Result<(), TraceError> {
        let child = Pid::from_raw(pid);
        if let Some(cpu) = options.cpu {
            pin(cpu, child)?;
        }
        ptrace::seize(child, ptrace_options(options))
            .and_then(|()| ptrace::interrupt(child))
            .map_err(|errno| TraceError::Refused(refused::cause(pid, errno)))?;
        say(&self.0, &[GO]);
        Ok(())
    }
}

/// The word to give up, where it has not been told to go on. The end of the socket would say so too, but children that
/// other threads are starting at this moment have copies of it.
impl Drop for Link {
    fn drop(&mut self) {
        say(&self.0, &[GIVE_UP]);
    }
}

/// It can fail only when the other end is gone, and then nobody needs to hear it.
fn say(end: &impl AsRawFd, words: &[u8]) {
    let _ = send(end.as_raw_fd(), words, MsgFlags::MSG_NOSIGNAL);
}

fn ptrace_options(options: &Options) -> Trace {
    let always =
        Trace::PTRACE_O_EXITKILL | Trace::PTRACE_O_TRACESYSGOOD | Trace::PTRACE_O_TRACEEXEC;
    let following =
        Trace::PTRACE_O_TRACEFORK | Trace::PTRACE_O_TRACEVFORK | Trace::PTRACE_O_TRACECLONE;
    if options.follow {
        always | following
    } else {
        always
    }
}

/// Pins this thread and the child to one CPU. This thread is the tracer's own and ends with it.
fn pin(cpu: usize, child: Pid) -> Result<(), TraceError> {
    let mut set = CpuSet::new();
    set.set(cpu)
        .and_then(|()| sched_setaffinity(child, &set))
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set))
        .map_err(|errno| {
            let cause = anyhow::anyhow!("cannot pin to CPU {cpu}: {}", errno.desc());
            TraceError::Failed(cause)
        })
}
