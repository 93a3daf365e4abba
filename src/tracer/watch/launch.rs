//! Starting a program that is to be watched: from the very thread that traces it, with nothing between fork and exec
//! but system calls.

use std::{
    ffi::{CString, OsStr, OsString},
    fs::File,
    io::{self, Read},
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::{ffi::OsStrExt, fs::PermissionsExt},
    },
    path::{Path, PathBuf},
};

use anyhow::anyhow;
use libc::{c_char, sock_filter};
use nix::{
    sys::{
        ptrace::{self, Options as Trace},
        signal::SigSet,
        socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, socketpair},
    },
    unistd::Pid,
};

use super::{super::TraceError, super::kernel::Tid, super::refused, filter};

/// What a program that ran nothing exits with.
const NOTHING_RUN: i32 = 125;
const GO: u8 = 1;
/// What the child says of what failed: one of these, and an errno.
const NO_FILTER: u8 = b'f';
const NO_EXEC: u8 = b'x';

/// A child that waits for the word before it executes its program.
pub(super) struct Child {
    pub pid: Tid,
    link: File,
    program: PathBuf,
}

/// What it said of itself up to its exec.
#[derive(Default)]
pub(super) struct Said {
    /// Why it has no filter.
    pub no_filter: Option<io::Error>,
    /// Why it could not execute its program.
    pub no_exec: Option<io::Error>,
}

/// How it is started.
pub(super) struct Plan<'a> {
    pub command: &'a [OsString],
    pub filter: Option<&'a [sock_filter]>,
    /// Becomes its standard streams and its controlling terminal.
    pub terminal: Option<&'a OwnedFd>,
    /// The signal mask that it begins with.
    pub mask: &'a SigSet,
}

/// All that the child needs after the fork, made before it.
struct Prepared<'a> {
    program: CString,
    arguments: Vec<*const c_char>,
    filter: Option<&'a [sock_filter]>,
    terminal: Option<RawFd>,
    mask: &'a SigSet,
    link: RawFd,
    tracer_end: RawFd,
}

/// Forks a child, which waits.
pub(super) fn fork(plan: &Plan) -> Result<Child, TraceError> {
    let failed = |error: io::Error| TraceError::Failed(anyhow!("cannot start a process: {error}"));
    let program = find(&plan.command[0])?;
    let strings: Vec<CString> = plan.command.iter().map(|text| c_string(text)).collect();
    let mut arguments: Vec<*const c_char> = strings.iter().map(|text| text.as_ptr()).collect();
    arguments.push(std::ptr::null());
    let kind = SockFlag::SOCK_CLOEXEC;
    let (tracer_end, link) = socketpair(AddressFamily::Unix, SockType::Stream, None, kind)
        .map_err(|errno| failed(errno.into()))?;
    let prepared = Prepared {
        program: c_string(program.as_os_str()),
        arguments,
        filter: plan.filter,
        terminal: plan.terminal.map(AsRawFd::as_raw_fd),
        mask: plan.mask,
        link: link.as_raw_fd(),
        tracer_end: tracer_end.as_raw_fd(),
    };
    // SAFETY: the child makes system calls alone, allocates nothing, takes no lock, and leaves by exec or _exit.
    match unsafe { libc::fork() } {
        -1 => Err(failed(io::Error::last_os_error())),
        0 => child(&prepared),
        pid => Ok(Child {
            pid,
            link: File::from(tracer_end),
            program,
        }),
    }
}

/// A string of the command line: the kernel took it from one, so it has no byte 0.
fn c_string(text: &OsStr) -> CString {
    CString::new(text.as_bytes()).unwrap_or_default()
}

/// The file that a command names, as a shell finds it.
fn find(name: &OsStr) -> Result<PathBuf, TraceError> {
    let cannot = |why: &str| {
        let name = Path::new(name).display();
        Err(TraceError::Failed(anyhow!("cannot run {name}: {why}")))
    };
    if name.as_bytes().contains(&b'/') {
        return Ok(PathBuf::from(name));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let is_program = |path: &PathBuf| {
        let data = std::fs::metadata(path);
        data.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    let found = std::env::split_paths(&path).map(|directory| directory.join(name));
    match found.into_iter().find(is_program) {
        Some(path) => Ok(path),
        None => cannot("no such program in PATH"),
    }
}

/// The child's work between fork and exec.
fn child(plan: &Prepared) -> ! {
    let mut word = [0u8; 1];
    // SAFETY: all pointers are to memory that lives as long as this process does before its exec.
    unsafe {
        libc::close(plan.tracer_end);
        if libc::read(plan.link, word.as_mut_ptr().cast(), 1) != 1 || word != [GO] {
            libc::_exit(NOTHING_RUN);
        }
        if let Some(terminal) = plan.terminal {
            libc::setsid();
            libc::ioctl(terminal, libc::TIOCSCTTY, 0);
            for stream in 0..3 {
                libc::dup2(terminal, stream);
            }
        }
        libc::signal(libc::SIGPIPE, libc::SIG_DFL); // Rust ignores it
        libc::signal(libc::SIGXFSZ, libc::SIG_DFL); // and this one is ignored by zclab itself
        libc::sigprocmask(libc::SIG_SETMASK, plan.mask.as_ref(), std::ptr::null_mut());
    }
    if let Some(Err(errno)) = plan.filter.map(filter::install) {
        confess(plan.link, NO_FILTER, errno);
    }
    // SAFETY: the strings and the list live on; the environment is the one that this program began with.
    unsafe { libc::execv(plan.program.as_ptr(), plan.arguments.as_ptr()) };
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

impl Child {
    /// Seizes it and lets it go on: it stops at once.
    pub fn seize(&self) -> Result<(), TraceError> {
        let child = Pid::from_raw(self.pid);
        ptrace::seize(child, options() | Trace::PTRACE_O_EXITKILL)
            .and_then(|()| ptrace::interrupt(child))
            .map_err(|errno| TraceError::Refused(refused::cause(self.pid, errno)))?;
        let _ = send(self.link.as_raw_fd(), &[GO], MsgFlags::MSG_NOSIGNAL);
        Ok(())
    }

    /// What it has said, once it has executed its program or is gone.
    pub fn said(mut self) -> (Said, PathBuf) {
        let mut said = Said::default();
        let mut words = [0; 5];
        while self.link.read_exact(&mut words).is_ok() {
            let errno = i32::from_ne_bytes([words[1], words[2], words[3], words[4]]);
            let error = Some(io::Error::from_raw_os_error(errno));
            match words[0] {
                NO_FILTER => said.no_filter = error,
                _ => said.no_exec = error,
            }
        }
        (said, self.program)
    }
}

/// Everything is followed.
pub(super) fn options() -> Trace {
    Trace::PTRACE_O_TRACESYSGOOD
        | Trace::PTRACE_O_TRACEEXEC
        | Trace::PTRACE_O_TRACEFORK
        | Trace::PTRACE_O_TRACEVFORK
        | Trace::PTRACE_O_TRACECLONE
        | Trace::PTRACE_O_TRACESECCOMP
}
