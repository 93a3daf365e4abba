//! Starting a program under ptrace: from the very thread that traces it, with nothing between fork and exec but system
//! calls.

use std::{
    ffi::{CStr, CString, OsStr, OsString},
    io,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::ffi::OsStrExt,
    },
    path::PathBuf,
    process::Command,
};

use anyhow::anyhow;
use libc::{c_char, sock_filter};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        ptrace::{self, Options as Trace},
        signal::SigSet,
        socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair},
    },
    unistd::Pid,
};
use tracing::debug;

use super::{command, filter, inherited, kernel::Tid, outcome::TraceError, refused};

use crate::model::visible_name;

/// What a program that ran nothing exits with.
const NOTHING_RUN: i32 = 125;
const GO: u8 = 1;
const GIVE_UP: u8 = 0;
/// What the child reports of what failed: one of these, and an errno.
const NO_FILTER: u8 = b'f';
const NO_EXEC: u8 = b'x';

/// A program to be started, and what it begins with.
#[derive(Debug, Default)]
pub struct Program {
    /// Its name, as a shell finds it, and its arguments.
    pub command: Vec<OsString>,
    /// What differs from this program's own environment: variables that are set or, with none, removed.
    pub environment: Vec<(OsString, Option<OsString>)>,
    /// Standard input, output and error; none: this program's own. Closed here once it has them.
    pub streams: [Option<OwnedFd>; 3],
    /// Becomes its standard streams and its controlling terminal.
    pub terminal: Option<OwnedFd>,
    /// The signal mask that it begins with; none: nothing is blocked.
    pub mask: Option<SigSet>,
    /// It leads a process group of its own: signals of this program's terminal do not reach it.
    pub own_group: bool,
    /// The one CPU that it may run on.
    pub cpu: Option<usize>,
}

/// Its name, arguments and environment. What a command says of its standard streams cannot be asked.
impl From<&Command> for Program {
    fn from(command: &Command) -> Program {
        let name = [command.get_program()].into_iter();
        let environment = command.get_envs();
        Program {
            command: name
                .chain(command.get_args())
                .map(OsStr::to_owned)
                .collect(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.map(OsStr::to_owned)))
                .collect(),
            ..Program::default()
        }
    }
}

/// A child that waits for the word before it executes its program.
pub(super) struct Launched {
    pub pid: Tid,
    link: OwnedFd,
    program: PathBuf,
    is_seized: bool,
}

/// All that the child needs after the fork, made before it.
struct Prepared<'a> {
    program: CString,
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    filter: Option<&'a [sock_filter]>,
    streams: [Option<RawFd>; 3],
    terminal: Option<RawFd>,
    mask: SigSet,
    own_group: bool,
    link: RawFd,
    tracer_end: RawFd,
}

/// Forks a child, which waits.
pub(super) fn fork(plan: &Program, filter: Option<&[sock_filter]>) -> Result<Launched, TraceError> {
    let failed = |error: io::Error| TraceError::Failed(anyhow!("cannot start a process: {error}"));
    let program = command::find(&plan.command)?;
    let strings: Vec<CString> = plan.command.iter().map(|text| c_string(text)).collect();
    let environment = environment(&plan.environment);
    let kind = SockFlag::SOCK_CLOEXEC;
    let (tracer_end, link) = socketpair(AddressFamily::Unix, SockType::Stream, None, kind)
        .map_err(|errno| failed(errno.into()))?;
    let number = |fd: &Option<OwnedFd>| fd.as_ref().map(AsRawFd::as_raw_fd);
    let prepared = Prepared {
        program: c_string(program.as_os_str()),
        arguments: pointers(&strings),
        environment: pointers(&environment),
        filter,
        streams: plan.streams.each_ref().map(number),
        terminal: number(&plan.terminal),
        mask: plan.mask.unwrap_or(SigSet::empty()),
        own_group: plan.own_group,
        link: link.as_raw_fd(),
        tracer_end: tracer_end.as_raw_fd(),
    };
    // SAFETY: the child makes system calls alone, allocates nothing, takes no lock, and leaves by exec or _exit.
    match unsafe { libc::fork() } {
        -1 => Err(failed(io::Error::last_os_error())),
        0 => child(&prepared),
        pid => {
            debug!(pid, program = %visible_name(&program), filtered = filter.is_some(), "launched");
            Ok(Launched {
                pid,
                link: tracer_end,
                program,
                is_seized: false,
            })
        }
    }
}

/// A string of the command line or the environment: the kernel took it from one, so it has no byte 0.
fn c_string(text: &OsStr) -> CString {
    CString::new(text.as_bytes()).unwrap_or_default()
}

/// A list as execve(2) takes it.
fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    let strings = strings.iter().map(|text| text.as_ptr());
    strings.chain([std::ptr::null()]).collect()
}

/// This program's own environment, byte for byte, with these changes.
fn environment(changes: &[(OsString, Option<OsString>)]) -> Vec<CString> {
    let is_changed = |entry: &&CStr| {
        let name = entry.to_bytes().split(|byte| *byte == b'=').next();
        let has_name = entry.to_bytes().contains(&b'=');
        has_name
            && changes
                .iter()
                .any(|(changed, _)| Some(changed.as_bytes()) == name)
    };
    let kept = inherited::environment().into_iter();
    let kept = kept.filter(|entry| !is_changed(entry)).map(CStr::to_owned);
    let set = changes.iter().cloned();
    let set = set.filter_map(|(name, value)| Some((name, value?)));
    let line = |(mut name, value): (OsString, OsString)| {
        name.push("=");
        name.push(value);
        c_string(&name)
    };
    kept.chain(set.map(line)).collect()
}

/// The child's work between fork and exec.
fn child(plan: &Prepared) -> ! {
    inherited::restore_signals();
    let mut word = [0u8; 1];
    // SAFETY: all pointers are to memory that lives as long as this process does before its exec. Closing the copy of
    // the tracer's end lets the read see the tracer's death.
    unsafe {
        libc::close(plan.tracer_end);
        if libc::read(plan.link, word.as_mut_ptr().cast(), 1) != 1 || word != [GO] {
            libc::_exit(NOTHING_RUN);
        }
        if plan.own_group {
            libc::setpgid(0, 0);
        }
        if let Some(terminal) = plan.terminal {
            libc::setsid();
            libc::ioctl(terminal, libc::TIOCSCTTY, 0);
        }
        for (number, stream) in plan.streams.iter().enumerate() {
            let number = number as RawFd;
            match stream.or(plan.terminal) {
                Some(fd) => {
                    libc::dup2(fd, number);
                }
                None if inherited::was_closed(number) => {
                    libc::close(number);
                }
                None => {}
            }
        }
        libc::sigprocmask(libc::SIG_SETMASK, plan.mask.as_ref(), std::ptr::null_mut());
    }
    if let Some(Err(errno)) = plan.filter.map(filter::install) {
        confess(plan.link, NO_FILTER, errno);
    }
    let (arguments, environment) = (plan.arguments.as_ptr(), plan.environment.as_ptr());
    // SAFETY: the strings and the lists live on.
    unsafe { libc::execve(plan.program.as_ptr(), arguments, environment) };
    confess(plan.link, NO_EXEC, nix::errno::Errno::last_raw());
    // SAFETY: it takes an integer and does not return.
    unsafe { libc::_exit(NOTHING_RUN) }
}

fn confess(link: RawFd, what: u8, errno: i32) {
    let [a, b, c, d] = errno.to_ne_bytes();
    let words = [what, a, b, c, d];
    // SAFETY: five bytes, as is said.
    unsafe { libc::write(link, words.as_ptr().cast(), words.len()) };
}

impl Launched {
    /// Seizes it and lets it go on: it stops at once.
    pub fn seize(&mut self, follow: bool) -> Result<(), TraceError> {
        let child = Pid::from_raw(self.pid);
        ptrace::seize(child, options(follow) | Trace::PTRACE_O_EXITKILL)
            .and_then(|()| ptrace::interrupt(child))
            .map_err(|errno| TraceError::Refused(refused::cause(self.pid, errno)))?;
        self.is_seized = true;
        self.say(GO);
        Ok(())
    }

    /// What the child has reported, once it has executed its program or is gone: why it has no filter.
    ///
    /// # Errors
    /// It could not execute its program.
    pub fn report(&self) -> Result<Option<io::Error>, TraceError> {
        let mut no_filter = None;
        let mut words = [0; 5];
        // What it wrote is there. Other children of this moment may hold its end open: the end of it means nothing.
        while recv(self.link.as_raw_fd(), &mut words, MsgFlags::MSG_DONTWAIT) == Ok(words.len()) {
            let errno = i32::from_ne_bytes([words[1], words[2], words[3], words[4]]);
            let error = io::Error::from_raw_os_error(errno);
            if words[0] == NO_EXEC {
                return Err(command::failure(&self.program, &error));
            }
            no_filter = Some(error);
        }
        Ok(no_filter)
    }

    /// It can fail only when the other end is gone, and then nobody needs to hear it.
    fn say(&self, word: u8) {
        let _ = send(self.link.as_raw_fd(), &[word], MsgFlags::MSG_NOSIGNAL);
    }
}

/// A child that was never traced gives up. The end of the socket would say so too, but children that other threads are
/// starting at this moment have copies of it.
impl Drop for Launched {
    fn drop(&mut self) {
        if !self.is_seized {
            self.say(GIVE_UP);
            let _ = nix::sys::wait::waitpid(Pid::from_raw(self.pid), None);
        }
    }
}

/// What ptrace is to report. With `follow`, the tasks that a traced one makes are traced as well.
pub(super) fn options(follow: bool) -> Trace {
    let always = Trace::PTRACE_O_TRACESYSGOOD
        | Trace::PTRACE_O_TRACEEXEC
        | Trace::PTRACE_O_TRACESECCOMP
        | Trace::PTRACE_O_TRACEEXIT;
    let following =
        Trace::PTRACE_O_TRACEFORK | Trace::PTRACE_O_TRACEVFORK | Trace::PTRACE_O_TRACECLONE;
    match follow {
        true => always | following,
        false => always,
    }
}

/// Lets a thread (0: this one) run on this CPU alone.
pub(super) fn pin(cpu: usize, thread: Tid) -> Result<(), TraceError> {
    let mut set = CpuSet::new();
    set.set(cpu)
        .and_then(|()| sched_setaffinity(Pid::from_raw(thread), &set))
        .map_err(|errno| TraceError::Failed(anyhow!("cannot pin to CPU {cpu}: {}", errno.desc())))
}

/// How many CPUs the calling thread may run on.
pub(super) fn cpus() -> usize {
    let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
    (0..CpuSet::count())
        .filter(|cpu| set.is_set(*cpu).unwrap_or(false))
        .count()
}
