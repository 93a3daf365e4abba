//! The system calls of the tracer that `nix` cannot make: signals are numbers here, because real-time signals have no
//! name there and must be passed on all the same.

use std::{io, mem::MaybeUninit};

use nix::errno::Errno;

/// A thread id, as wait and ptrace know it.
pub(super) type Tid = libc::pid_t;

/// What `PTRACE_GET_SYSCALL_INFO` says (ptrace(2)); `data` is a union there.
#[repr(C)]
pub(super) struct CallInfo {
    pub op: u8,
    pad: [u8; 3],
    pub arch: u32,
    instruction_pointer: u64,
    stack_pointer: u64,
    /// At entry the number and six arguments, at exit the result.
    pub data: [u64; 8],
}

pub(super) const PTRACE_SYSCALL_INFO_ENTRY: u8 = 1;
pub(super) const PTRACE_SYSCALL_INFO_EXIT: u8 = 2;
/// As [`PTRACE_SYSCALL_INFO_ENTRY`], at the stop that a filter asked for.
pub(super) const PTRACE_SYSCALL_INFO_SECCOMP: u8 = 3;
const PTRACE_GET_SYSCALL_INFO: u32 = 0x420e;
const PTRACE_LISTEN: u32 = 0x4208;
const PTRACE_CONT: u32 = 7;
const PTRACE_SYSCALL: u32 = 24;

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

/// Lets a stopped thread go on, with a signal (0: none).
pub(super) fn resume(tid: Tid, how: Resume, signal: i32) -> Result<(), Errno> {
    let request: u32 = match how {
        Resume::ToCall => PTRACE_SYSCALL,
        Resume::Run => PTRACE_CONT,
        Resume::Listen => PTRACE_LISTEN,
    };
    // SAFETY: these requests take two integers and write no memory of this process.
    Errno::result(unsafe { libc::ptrace(request as _, tid, 0usize, signal as usize) }).map(drop)
}

/// Lets a stopped thread go on untraced, with a signal (0: none). It can fail with ESRCH alone: it was killed.
pub(super) fn detach(tid: Tid, signal: i32) {
    // SAFETY: this request takes two integers and writes no memory of this process.
    unsafe { libc::ptrace(libc::PTRACE_DETACH as _, tid, 0usize, signal as usize) };
}

/// What a thread in a syscall-stop is about to do, or has done.
pub(super) fn call_info(tid: Tid) -> Result<CallInfo, Errno> {
    let mut info = MaybeUninit::<CallInfo>::zeroed();
    let size = size_of::<CallInfo>();
    // SAFETY: the kernel writes at most `size` bytes to `info`.
    let wrote = unsafe { libc::ptrace(PTRACE_GET_SYSCALL_INFO as _, tid, size, info.as_mut_ptr()) };
    Errno::result(wrote)?;
    // SAFETY: all bytes were zeroed, and every pattern of bits is a value of its fields.
    Ok(unsafe { info.assume_init() })
}

/// The next event of any tracee or child of this very thread: its id and its status. (Not by the C library's function:
/// that is a place where a thread can be cancelled, which takes a fifth of its time.)
pub(super) fn wait(options: i32) -> Result<(Tid, i32), Errno> {
    let options = options | libc::__WALL | libc::__WNOTHREAD;
    let mut status = 0;
    let no_usage = std::ptr::null_mut::<libc::rusage>();
    // SAFETY: `status` is valid for the kernel to write, and it may be told to write no usage.
    let tid = unsafe { libc::syscall(libc::SYS_wait4, -1, &mut status, options, no_usage) };
    Errno::result(tid).map(|tid| (tid as Tid, status))
}

/// Kills the process of a tracee. Its id is its own until this thread has waited for its end.
pub(super) fn kill(tid: Tid) {
    // SAFETY: kill takes two integers. It can fail with ESRCH alone: the tracee is a zombie.
    unsafe { libc::kill(tid, libc::SIGKILL) };
}

/// A duplicate of another process's descriptor (Linux 5.6).
pub(super) fn pidfd_getfd(
    pidfd: &impl std::os::fd::AsRawFd,
    fd: i32,
) -> io::Result<std::os::fd::OwnedFd> {
    use std::os::fd::FromRawFd;
    // SAFETY: pidfd_getfd(2) takes three integers and touches no memory.
    let own = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), fd, 0u32) };
    if own < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { std::os::fd::OwnedFd::from_raw_fd(own as i32) })
}

impl CallInfo {
    /// Whether the call's number is one of this machine's own table: not a 32-bit program's on a 64-bit machine.
    pub fn is_native(&self) -> bool {
        const AUDIT_ARCH_64BIT: u32 = 0x8000_0000;
        (self.arch & AUDIT_ARCH_64BIT != 0) == cfg!(target_pointer_width = "64")
    }
}
