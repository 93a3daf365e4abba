//! One probe an instrument. Each really tries it.

use std::{
    fs::{self, OpenOptions},
    io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::{
        fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
        unix::fs::OpenOptionsExt,
    },
    path::Path,
};

use nix::{
    errno::Errno,
    sys::{
        ptrace,
        resource::{RLIM_INFINITY, Resource, getrlimit},
        signal::{Signal, kill},
        socket::{setsockopt, sockopt::TcpUlp},
        wait::waitpid,
    },
    unistd::{ForkResult, Pid, fork},
};

use super::file_system;
use crate::model::{Size, visible_name};

/// What a probe found: a detail (empty where there is none), or the reason why not.
pub(super) type Probed = Result<String, String>;

/// Seizes a child that does nothing, and kills it. It is not `Command::spawn` with PTRACE_TRACEME: a signal to the
/// process group, a resized terminal's SIGWINCH say, would stop that child before its exec, and spawn would wait for ever.
pub(super) fn ptrace() -> Probed {
    let child = idle_child().map_err(|error| format!("fork: {error}"))?;
    let seized = ptrace::seize(child, ptrace::Options::empty());
    let reason = seized.map_err(|error| why_no_ptrace(error.into()));
    // Nobody else knows this child, so neither call can fail: it is there until it is waited for.
    let _ = kill(child, Signal::SIGKILL);
    let _ = waitpid(child, None);
    reason.map(|()| String::new())
}

/// A child that waits to be killed. It does not outlive the thread that it came from.
fn idle_child() -> nix::Result<Pid> {
    // SAFETY: the child makes system calls alone: it allocates nothing, takes no lock, and never returns.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => idle(),
    }
}

fn idle() -> ! {
    // SAFETY: it takes two integers and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    loop {
        // SAFETY: it takes nothing.
        unsafe { libc::pause() };
    }
}

fn why_no_ptrace(error: io::Error) -> String {
    let scope = read_number("/proc/sys/kernel/yama/ptrace_scope").unwrap_or(0);
    match (status("TracerPid:"), status("Seccomp:")) {
        (Some(tracer), _) if tracer != 0 => format!(
            "this process is traced already, by process {tracer}, and nothing can be traced twice"
        ),
        _ if scope >= 2 => format!("kernel.yama.ptrace_scope={scope} ({error})"),
        (_, Some(filter)) if filter != 0 => {
            format!("a seccomp filter refuses it, as containers do ({error})")
        }
        _ => error.to_string(),
    }
}

/// A number of this process (proc_pid_status(5)).
fn status(field: &str) -> Option<i64> {
    status_text(field)?.parse().ok()
}

fn status_text(field: &str) -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().to_owned())
}

/// Asks for the one action that a tracer needs of a filter, without installing a filter.
pub(super) fn seccomp() -> Probed {
    let action: u32 = libc::SECCOMP_RET_TRACE;
    // SAFETY: `action` is the 32-bit number that this operation reads.
    let done = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0,
            &action,
        )
    };
    Errno::result(done)
        .map(|_| String::new())
        .map_err(|error| format!("seccomp(2) has no SECCOMP_RET_TRACE: {error}"))
}

/// Sets up the rings of an io_uring with room for so many requests.
///
/// # Errors
/// As io_uring_setup(2).
pub fn io_uring_setup(entries: u32) -> nix::Result<OwnedFd> {
    // struct io_uring_params, 120 bytes, all of them 0: the usual ring.
    let mut parameters = [0u32; 30];
    // SAFETY: the structure has the kernel's size and outlives the call.
    let fd = unsafe { libc::syscall(libc::SYS_io_uring_setup, entries, parameters.as_mut_ptr()) };
    Errno::result(fd).map(own)
}

/// Sets up a ring, and gives it back.
pub(super) fn io_uring() -> Probed {
    let Err(error) = io_uring_setup(1) else {
        return Ok(String::new());
    };
    Err(match read_number("/proc/sys/kernel/io_uring_disabled") {
        Some(disabled) if disabled > 0 => format!("kernel.io_uring_disabled={disabled} ({error})"),
        _ if error == Errno::ENOSYS => "this kernel has no io_uring".to_owned(),
        // The rings themselves are locked memory.
        _ if error == Errno::ENOMEM => format!(
            "io_uring_setup: ENOMEM: no more memory may be locked, RLIMIT_MEMLOCK is {}",
            memlock_limit()
        ),
        _ if status("Seccomp:") == Some(i64::from(libc::SECCOMP_MODE_FILTER)) => {
            format!("a seccomp filter refuses io_uring_setup, as containers do ({error})")
        }
        _ => format!("io_uring_setup: {error}"),
    })
}

/// Asks a ring whether it knows IORING_OP_SEND_ZC.
pub(super) fn uring_send_zc() -> Probed {
    let ring = io_uring::IoUring::new(1);
    let ring = ring.map_err(|error| format!("io_uring_setup: {error}"))?;
    let mut known = io_uring::Probe::new();
    let asked = ring.submitter().register_probe(&mut known);
    asked.map_err(|error| format!("IORING_REGISTER_PROBE: {error}"))?;
    match known.is_supported(io_uring::opcode::SendZc::CODE) {
        true => Ok(String::new()),
        false => Err("this kernel is older than Linux 6.0, which has IORING_OP_SEND_ZC".to_owned()),
    }
}

pub(super) fn send_zerocopy() -> Probed {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|error| format!("there is no TCP socket on 127.0.0.1: {error}"))?;
    allow_zerocopy(&socket)
        .map(|()| String::new())
        .map_err(|error| format!("setsockopt SO_ZEROCOPY: {error}"))
}

/// Asks for the kernel's TLS on a connection of this process with itself; keys are not needed to ask. The kernel loads the
/// module by itself only for a process that may administer the network (net/ipv4/tcp_ulp.c).
pub(super) fn ktls() -> Probed {
    let refused = |error| format!("there is no TCP connection on 127.0.0.1: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(refused)?;
    let there = listener.local_addr().map_err(refused)?;
    let socket = TcpStream::connect(there).map_err(refused)?;
    setsockopt(&socket, TcpUlp::default(), b"tls")
        .map(|()| String::new())
        .map_err(|error| match error {
            Errno::ENOENT => "no tls module is loaded (TCP_ULP \"tls\": ENOENT)".to_owned(),
            _ => format!("setsockopt TCP_ULP \"tls\": {error}"),
        })
}

/// `setsockopt(SO_ZEROCOPY)`, which nix does not have.
///
/// # Errors
/// EOPNOTSUPP: this kind of socket has no zero-copy sends; others as setsockopt(2).
pub fn allow_zerocopy(socket: impl AsFd) -> nix::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the option's value is an int that outlives the call, and its length is told.
    let done = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ZEROCOPY,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
    Errno::result(done).map(drop)
}

pub(super) fn cachestat() -> Probed {
    const SYS_CACHESTAT: libc::c_long = 451;
    // An invalid descriptor: EBADF says that the call is there.
    // SAFETY: the kernel looks at the descriptor first, and null pointers are only refused.
    let done = unsafe {
        let null = std::ptr::null_mut::<u64>();
        libc::syscall(SYS_CACHESTAT, -1, null, null, 0u32)
    };
    match Errno::result(done) {
        Ok(_) | Err(Errno::EBADF) => Ok(String::new()),
        Err(Errno::ENOSYS) => {
            Err("this kernel is older than Linux 6.5: mincore is used".to_owned())
        }
        Err(error) => Err(format!("cachestat: {error}: mincore is used")),
    }
}

/// How much memory this process may lock, in words.
pub fn memlock_limit() -> String {
    match getrlimit(Resource::RLIMIT_MEMLOCK) {
        Ok((limit, _)) => Size(limit).to_string(),
        Err(errno) => format!("not known ({errno})"),
    }
}

/// Why a zero-copy send is refused by ENOBUFS where so many bytes would be lent to the kernel. Two limits answer so
/// (net/core/skbuff.c): that of locked memory, which CAP_IPC_LOCK lifts, and that of the notes that the kernel keeps of
/// sends under way.
pub fn why_enobufs(lent: usize) -> String {
    const CAP_IPC_LOCK: u32 = 14;
    let limit = getrlimit(Resource::RLIMIT_MEMLOCK).map_or(RLIM_INFINITY, |(limit, _)| limit);
    let capabilities = status_text("CapEff:").and_then(|text| u64::from_str_radix(&text, 16).ok());
    let is_exempt = capabilities.unwrap_or(0) & 1 << CAP_IPC_LOCK != 0;
    if is_exempt || limit == RLIM_INFINITY || (lent as u64) < limit {
        let most = read_number("/proc/sys/net/core/optmem_max");
        let most = most.map_or_else(|| "not known".to_owned(), |most| most.to_string());
        return format!(
            "ENOBUFS: the kernel keeps a note of each send under way, and net.core.optmem_max, the limit of one \
             socket's notes, is {most} bytes"
        );
    }
    format!(
        "ENOBUFS: the pages that are sent from count as locked memory, and RLIMIT_MEMLOCK is {}",
        memlock_limit()
    )
}

pub(super) fn memlock() -> Probed {
    match getrlimit(Resource::RLIMIT_MEMLOCK) {
        Ok((RLIM_INFINITY, _)) => Ok("no limit".to_owned()),
        Ok((0, _)) => Err("the limit of locked memory is 0 (ulimit -l)".to_owned()),
        Ok((limit, _)) => Ok(format!("at most {}", Size(limit))),
        Err(error) => Err(format!("getrlimit: {error}")),
    }
}

/// Opens the hardware counter of instructions for this thread, in user mode only.
pub(super) fn perf() -> Probed {
    // struct perf_event_attr, its first published version (64 bytes): type and size, config, then flags at word 5.
    const HARDWARE: u32 = 0;
    const INSTRUCTIONS: u64 = 1;
    const DISABLED_NO_KERNEL_NO_HYPERVISOR: u64 = 1 | 1 << 5 | 1 << 6;
    let type_and_size: [u8; 8] = [HARDWARE.to_ne_bytes(), 64u32.to_ne_bytes()]
        .concat()
        .try_into()
        .expect("two 32-bit numbers");
    let mut attr = [0; 8];
    attr[0] = u64::from_ne_bytes(type_and_size);
    attr[1] = INSTRUCTIONS;
    attr[5] = DISABLED_NO_KERNEL_NO_HYPERVISOR;
    // SAFETY: the structure has the size that it names and outlives the call.
    let fd = unsafe { libc::syscall(libc::SYS_perf_event_open, attr.as_ptr(), 0, -1, -1, 0) };
    if let Ok(fd) = Errno::result(fd) {
        drop(own(fd));
        return Ok("hardware counters, user mode".to_owned());
    }
    let error = Errno::last();
    Err(match error {
        Errno::ENOENT | Errno::EOPNOTSUPP | Errno::ENODEV => {
            format!("there are no hardware counters here, as in most virtual machines ({error})")
        }
        _ => match read_number("/proc/sys/kernel/perf_event_paranoid") {
            Some(level) => format!("kernel.perf_event_paranoid={level} ({error})"),
            None => format!("perf_event_open: {error}"),
        },
    })
}

pub(super) fn o_direct(dir: &Path) -> Probed {
    let opened = |flags| {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .mode(0o600)
            .custom_flags(flags);
        options.open(dir)
    };
    let plain = opened(libc::O_TMPFILE)
        .map_err(|error| format!("{} cannot be tried: {error}", visible_name(dir)))?;
    let kind = file_system(&plain);
    let place = format!("{}, on {kind}", visible_name(dir));
    match opened(libc::O_TMPFILE | libc::O_DIRECT) {
        Ok(_) if kind == "tmpfs" || kind == "ramfs" => {
            Err(format!("{place}, which accepts O_DIRECT and ignores it"))
        }
        Ok(_) => Ok(format!("in {place}")),
        Err(error) => Err(format!("{place}: {error}")),
    }
}

fn read_number(path: &str) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn own(fd: libc::c_long) -> OwnedFd {
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    unsafe { OwnedFd::from_raw_fd(fd as i32) }
}
