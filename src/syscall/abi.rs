//! Whose table a call's number is from: the machine's own, or that of a 32-bit program which a 64-bit kernel lets run.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abi {
    X86_64,
    /// 64-bit ARM; RISC-V has the same numbers (asm-generic/unistd.h).
    Aarch64,
    I386,
    Arm,
    /// 32-bit pointers on 64-bit x86.
    X32,
}

/// What marks the numbers of x32 (asm/unistd.h, `__X32_SYSCALL_BIT`).
pub(crate) const X32_BIT: u32 = 0x4000_0000;

impl Abi {
    pub(super) const COUNT: usize = 5;

    /// The machine's own; none where this program does not know its numbers.
    pub(crate) const fn native() -> Option<Abi> {
        if cfg!(target_arch = "x86_64") {
            Some(Abi::X86_64)
        } else if cfg!(any(
            all(target_arch = "aarch64", target_endian = "little"),
            target_arch = "riscv64"
        )) {
            Some(Abi::Aarch64)
        } else {
            None
        }
    }

    /// What the kernel calls the machine's own calls (linux/audit.h, `AUDIT_ARCH_`).
    pub(crate) const fn native_architecture() -> Option<u32> {
        match Abi::native() {
            Some(Abi::X86_64) => Some(0xc000_003e),
            Some(_) if cfg!(target_arch = "riscv64") => Some(0xc000_00f3),
            Some(_) => Some(0xc000_00b7),
            None => None,
        }
    }

    /// The 32-bit table of an architecture (`AUDIT_ARCH_`).
    pub(super) fn compat(architecture: u32) -> Option<Abi> {
        match architecture {
            0x4000_0003 => Some(Abi::I386),
            0x4000_0028 => Some(Abi::Arm),
            _ => None,
        }
    }
}
