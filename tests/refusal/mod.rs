//! A command under a seccomp filter that refuses one system call, as containers do.

use std::{os::unix::process::CommandExt, process::Command};

/// Has the call of this number (of this architecture) answered with EPERM, in the command and all its children.
pub fn refusing(call: libc::c_long, mut command: Command) -> Command {
    let filter = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    let (load, equal, answer) = (
        (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
        (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        (libc::BPF_RET | libc::BPF_K) as u16,
    );
    let mut program = [
        // The number of the call is the first field of struct seccomp_data.
        filter(load, 0, 0, 0),
        filter(equal, call as u32, 0, 1),
        filter(answer, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32, 0, 0),
        filter(answer, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let install = move || {
        let program = libc::sock_fprog {
            len: program.len() as u16,
            filter: program.as_mut_ptr(),
        };
        nix::sys::prctl::set_no_new_privs()?;
        let mode = libc::SECCOMP_MODE_FILTER;
        // SAFETY: the program is as long as it says, and outlives the call.
        let done = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) };
        Ok(nix::errno::Errno::result(done).map(drop)?)
    };
    // SAFETY: between fork and exec, system calls alone.
    unsafe { command.pre_exec(install) };
    command
}
