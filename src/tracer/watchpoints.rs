//! Stops of a thread where it stores to an address: by the debug registers of x86-64. Elsewhere there are none.
//!
//! The kernel forgets them at fork and exec. They must not outlive the tracing: without a tracer the signal would end the
//! program.

use super::kernel::Tid;

/// Stops the thread after each store to one of these words of 32 bits (as many as there are registers): whether it will.
#[cfg(target_arch = "x86_64")]
pub(super) fn set(tid: Tid, words: &[u64]) -> bool {
    const REGISTERS: usize = 4;
    // Intel SDM, 17.2.4: enabled for the task, on writes, of four bytes.
    let control = (0..words.len()).fold(0u64, |all, register| {
        all | 1 << (2 * register) | 0b1101 << (16 + 4 * register)
    });
    let addresses = words.iter().enumerate();
    words.len() <= REGISTERS
        && poke(tid, CONTROL, 0)
        && addresses
            .into_iter()
            .all(|(register, at)| poke(tid, register, *at))
        && poke(tid, CONTROL, control)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn set(_: Tid, _: &[u64]) -> bool {
    false
}

/// It stops there no more.
pub(super) fn clear(tid: Tid) {
    set(tid, &[]);
}

/// Whether the SIGTRAP that a thread has stopped with is of such a store.
pub(super) fn is_hit(tid: Tid) -> bool {
    const TRAP_HWBKPT: i32 = 4;
    let info = nix::sys::ptrace::getsiginfo(nix::unistd::Pid::from_raw(tid));
    info.is_ok_and(|info| info.si_code == TRAP_HWBKPT)
}

#[cfg(target_arch = "x86_64")]
const CONTROL: usize = 7;

#[cfg(target_arch = "x86_64")]
fn poke(tid: Tid, register: usize, value: u64) -> bool {
    let at = std::mem::offset_of!(libc::user, u_debugreg) + register * 8;
    // SAFETY: PTRACE_POKEUSER takes integers alone, and writes to no memory of this process.
    unsafe { libc::ptrace(libc::PTRACE_POKEUSER, tid, at, value) == 0 }
}
