//! Why ptrace was refused: the kernel says EPERM for several reasons, /proc tells them apart.

use std::fs;

use nix::errno::Errno;

use super::{
    kernel::Tid,
    proc::{self, field},
};

/// The cause, in one sentence.
pub(super) fn cause(child: Tid, errno: Errno) -> String {
    let child_status = proc::read(child, "status");
    let own_status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let yama = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let tracer = field(&child_status, "TracerPid:").and_then(|tracer| tracer.parse().ok());
    if let Some(tracer @ 1..) = tracer {
        return format!(
            "this program is itself being traced, by {} (process {tracer}), and nothing can be traced twice",
            proc::comm(tracer)
        );
    }
    if child_status.is_empty() || child_status.contains("\nState:\tZ") {
        return format!("the process was killed before it could be traced: {errno}");
    }
    explain(errno, &own_status, &yama)
}

fn explain(errno: Errno, own_status: &str, yama: &str) -> String {
    let refused = matches!(errno, Errno::EPERM | Errno::EACCES);
    match yama.trim() {
        "3" if refused => {
            return "kernel.yama.ptrace_scope is 3: no program may use ptrace until the next boot"
                .to_owned();
        }
        "2" if refused => {
            return "kernel.yama.ptrace_scope is 2: only root may use ptrace".to_owned();
        }
        _ => {}
    }
    if field(own_status, "Seccomp:") == Some("2") {
        return format!(
            "a seccomp filter on this process (a container's or sandbox's) forbids it: {errno}"
        );
    }
    match errno {
        Errno::ENOSYS => "this kernel has no ptrace: ENOSYS".to_owned(),
        errno => format!("PTRACE_SEIZE failed with {errno}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_apart() {
        let filtered = "Name:\tx\nSeccomp:\t2\n";
        assert!(explain(Errno::EPERM, "", "3\n").contains("ptrace_scope is 3"));
        assert!(explain(Errno::EPERM, filtered, "2\n").contains("ptrace_scope is 2"));
        assert!(explain(Errno::EPERM, filtered, "1\n").contains("seccomp filter"));
        assert!(explain(Errno::ENOSYS, "Seccomp:\t0\n", "").contains("no ptrace"));
        assert!(explain(Errno::EPERM, "Seccomp:\t0\n", "").contains("EPERM"));
    }
}
