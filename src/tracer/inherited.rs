//! What this program was started with, before Rust's start-up and this program changed it: a program that is traced is to
//! find the same.

use std::{
    ffi::{CStr, c_char},
    os::fd::RawFd,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

/// Which of the three standard streams were closed, a bit for each. Rust's start-up opens `/dev/null` in their place.
static CLOSED: AtomicU32 = AtomicU32::new(0);
/// Which signals were ignored: bit `number - 1`. Rust ignores SIGPIPE, this program SIGXFSZ.
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// The numbers of signals end before this (`_NSIG` of the kernel).
const SIGNALS: i32 = 65;

/// Both C libraries call what stands in this section before `main`, and so before Rust's start-up.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = look;

extern "C" fn look() {
    for fd in 0..3 {
        // SAFETY: integers alone.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
        }
    }
    for signal in 1..SIGNALS {
        // SAFETY: nothing is installed; the structure is valid as zeroes, and for the kernel to write.
        let ignored = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, std::ptr::null(), &mut action) == 0
                && action.sa_sigaction == libc::SIG_IGN
        };
        IGNORED.fetch_or(u64::from(ignored) << (signal - 1), Ordering::Relaxed);
    }
}

/// Whether a standard stream was closed.
pub(super) fn was_closed(stream: RawFd) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << stream) != 0
}

/// Whether a signal was ignored, as by nohup(1).
pub(crate) fn was_ignored(signal: i32) -> bool {
    IGNORED.load(Ordering::Relaxed) & (1 << (signal - 1)) != 0
}

/// Ignores the signals that were ignored at the start, and no others. Called between fork and exec: system calls alone.
pub(super) fn restore_signals() {
    for signal in 1..SIGNALS {
        let action = match was_ignored(signal) {
            true => libc::SIG_IGN,
            false => libc::SIG_DFL,
        };
        // SAFETY: no handler is installed. It fails for those that cannot be changed.
        unsafe { libc::signal(signal, action) };
    }
}

/// The environment, as it stands in memory: an entry need not have a `=`, and need not be UTF-8.
pub(super) fn environment() -> Vec<&'static CStr> {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    let mut entries = Vec::new();
    // SAFETY: the list ends with a null pointer and its strings with a 0 byte (environ(7)). It lasts, for this program
    // changes its environment nowhere.
    unsafe {
        let mut next = environ;
        while !next.is_null() && !(*next).is_null() {
            entries.push(CStr::from_ptr(*next));
            next = next.add(1);
        }
    }
    entries
}
