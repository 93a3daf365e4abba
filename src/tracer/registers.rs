//! Changing the call of a thread that stands still: its arguments, whether it is made, its result.

use nix::errno::Errno;

use super::kernel::{CallInfo, Tid};

/// Whether the program sees a change of an argument when its call has returned. Where the first argument's register takes
/// the result, it does not.
pub(super) const ARGUMENTS_SHOW: bool = cfg!(target_arch = "x86_64");

/// Stores a word in a tracee's memory, also where the tracee may only read it.
pub(super) fn write_word(tid: Tid, address: u64, word: u64) -> Result<(), Errno> {
    const PTRACE_POKEDATA: u32 = 5;
    // A word of this program may be shorter.
    for (place, part) in word.to_ne_bytes().chunks(size_of::<usize>()).enumerate() {
        let part = part.try_into().map(usize::from_ne_bytes).unwrap_or(0);
        let address = address as usize + place * size_of::<usize>();
        // SAFETY: two integers; the kernel writes memory of the tracee alone.
        Errno::result(unsafe { libc::ptrace(PTRACE_POKEDATA as _, tid, address, part) })?;
    }
    Ok(())
}

/// x86: the registers lie in `struct user`, each at its place (sys/user.h). A 32-bit call has its first argument in
/// another one.
#[cfg(target_arch = "x86_64")]
mod of_machine {
    use super::{CallInfo, Errno, Tid};

    const RBX: usize = 5 * 8;
    const RAX: usize = 10 * 8;
    const RDI: usize = 14 * 8;
    const ORIG_RAX: usize = 15 * 8;

    fn set(tid: Tid, register: usize, value: u64) -> Result<(), Errno> {
        const PTRACE_POKEUSER: u32 = 6;
        // SAFETY: two integers; the kernel writes a register of the tracee alone.
        Errno::result(unsafe { libc::ptrace(PTRACE_POKEUSER as _, tid, register, value) }).map(drop)
    }

    pub(in super::super) fn set_argument(
        tid: Tid,
        info: &CallInfo,
        value: u64,
    ) -> Result<(), Errno> {
        set(tid, if info.is_native() { RDI } else { RBX }, value)
    }

    pub(in super::super) fn set_number(tid: Tid, _: &CallInfo, number: i64) -> Result<(), Errno> {
        set(tid, ORIG_RAX, number as u64)
    }

    pub(in super::super) fn set_result(tid: Tid, _: &CallInfo, result: i64) -> Result<(), Errno> {
        set(tid, RAX, result as u64)
    }
}

/// 64-bit ARM: sets of registers, as of arch/arm64/kernel/ptrace.c. The first one is the first argument and the result.
#[cfg(target_arch = "aarch64")]
mod of_machine {
    use super::{CallInfo, Errno, Tid};

    const NT_PRSTATUS: usize = 1;
    const NT_ARM_SYSTEM_CALL: usize = 0x404;

    fn transfer(request: u32, tid: Tid, set: usize, part: &mut libc::iovec) -> Result<(), Errno> {
        // SAFETY: the kernel reads or writes as many bytes as the vector says.
        Errno::result(unsafe { libc::ptrace(request as _, tid, set, std::ptr::from_mut(part)) })
            .map(drop)
    }

    fn set_first(tid: Tid, value: u64) -> Result<(), Errno> {
        const PTRACE_GETREGSET: u32 = 0x4204;
        const PTRACE_SETREGSET: u32 = 0x4205;
        const NARROW: usize = 18 * 4;
        let mut registers = [0u64; 64];
        let mut all = libc::iovec {
            iov_base: registers.as_mut_ptr().cast(),
            iov_len: size_of_val(&registers),
        };
        transfer(PTRACE_GETREGSET, tid, NT_PRSTATUS, &mut all)?;
        registers[0] = match all.iov_len {
            NARROW => registers[0] & !0xffff_ffff | value & 0xffff_ffff,
            _ => value,
        };
        transfer(PTRACE_SETREGSET, tid, NT_PRSTATUS, &mut all)
    }

    pub(in super::super) fn set_argument(tid: Tid, _: &CallInfo, value: u64) -> Result<(), Errno> {
        set_first(tid, value)
    }

    pub(in super::super) fn set_number(tid: Tid, _: &CallInfo, number: i64) -> Result<(), Errno> {
        const PTRACE_SETREGSET: u32 = 0x4205;
        let mut number = number as i32;
        let mut one = libc::iovec {
            iov_base: std::ptr::from_mut(&mut number).cast(),
            iov_len: size_of::<i32>(),
        };
        transfer(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &mut one)
    }

    pub(in super::super) fn set_result(tid: Tid, _: &CallInfo, result: i64) -> Result<(), Errno> {
        set_first(tid, result as u64)
    }
}

/// Elsewhere by `PTRACE_SET_SYSCALL_INFO` (Linux 6.16), which knows every machine's registers.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod of_machine {
    use super::{CallInfo, Errno, Tid};

    fn set(tid: Tid, info: &CallInfo) -> Result<(), Errno> {
        const PTRACE_SET_SYSCALL_INFO: u32 = 0x4212;
        let info: *const CallInfo = info;
        let size = size_of::<CallInfo>();
        // SAFETY: the kernel reads `size` bytes of `info`.
        Errno::result(unsafe { libc::ptrace(PTRACE_SET_SYSCALL_INFO as _, tid, size, info) })
            .map(drop)
    }

    pub(in super::super) fn set_argument(
        tid: Tid,
        info: &CallInfo,
        value: u64,
    ) -> Result<(), Errno> {
        let mut info = *info;
        info.data[1] = value;
        set(tid, &info)
    }

    pub(in super::super) fn set_number(
        tid: Tid,
        info: &CallInfo,
        number: i64,
    ) -> Result<(), Errno> {
        let mut info = *info;
        info.data[0] = number as u64;
        set(tid, &info)
    }

    pub(in super::super) fn set_result(
        tid: Tid,
        info: &CallInfo,
        result: i64,
    ) -> Result<(), Errno> {
        let mut info = *info;
        info.data = [0; 8];
        info.data[0] = result as u64;
        set(tid, &info)
    }
}

pub(super) use of_machine::{set_argument, set_number, set_result};
