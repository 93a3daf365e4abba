//! The system calls of the tracer that `nix` cannot make: signals are numbers here, because real-time signals have no
//! name there and must be passed on all the same.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd},
    sync::LazyLock,
};

use nix::errno::Errno;

use crate::syscall::{self, Op, native_name};

/// A thread id, as wait and ptrace know it.
pub(super) type Tid = libc::pid_t;

/// No machine has so many calls.
pub(super) const NUMBERS: usize = 1024;

/// What `PTRACE_GET_SYSCALL_INFO` says (ptrace(2)); `data` is a union there.
#[derive(Clone, Copy)]
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

/// A pidfd names a process for as long as it is open: a number might name another one by now.
pub(super) fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open(2) takes two integers and touches no memory.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0u32) })
}

/// Whether two threads share one table of descriptors (kcmp(2)). Where that cannot be asked they are taken to: threads of
/// a process do, but for unshare(2).
pub(super) fn share_files(one: Tid, other: Tid) -> bool {
    const KCMP_FILES: i32 = 2;
    // SAFETY: integers alone.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_FILES, 0usize, 0usize) };
    order <= 0
}

/// What a call returned that makes a descriptor.
pub(super) fn owned(fd: libc::c_long) -> io::Result<OwnedFd> {
    let fd = Errno::result(fd)?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

impl CallInfo {
    /// Whether the call's number is one of this machine's own table: not a 32-bit program's on a 64-bit machine.
    pub fn is_native(&self) -> bool {
        const AUDIT_ARCH_64BIT: u32 = 0x8000_0000;
        (self.arch & AUDIT_ARCH_64BIT != 0) == cfg!(target_pointer_width = "64")
    }

    /// What the call does that is about to be made. Of calls of another ABI than the machine's own nothing is known
    /// here.
    pub fn does(&self) -> Op {
        /// By the call's number: it is asked at each stop.
        static OPS: LazyLock<Vec<Op>> = LazyLock::new(|| {
            let names = (0..NUMBERS as u64).map(native_name);
            names.map(|name| syscall::op(&name)).collect()
        });
        let known = OPS.get(self.data[0] as usize);
        known
            .filter(|_| self.is_native())
            .copied()
            .unwrap_or(Op::None)
    }

    /// What a filter says with its stop (`SECCOMP_RET_DATA`).
    pub fn filter_data(&self) -> u32 {
        let [a, b, c, d, ..] = self.data[7].to_ne_bytes();
        u32::from_ne_bytes([a, b, c, d])
    }

    /// What the call does that is about to be made, by the table of its own ABI. Its arguments may be narrower than the
    /// machine's.
    pub fn does_in_its_abi(&self) -> Op {
        match self.is_native() && (self.data[0] as usize) < NUMBERS {
            true => self.does(),
            false => syscall::foreign_op(self.arch, self.data[0]),
        }
    }
}
