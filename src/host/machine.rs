//! The machine.

use std::ffi::OsStr;

use nix::{
    sys::utsname::uname,
    unistd::{SysconfVar, sysconf},
};

use crate::model::Machine;

/// This machine: kernel, architecture, online CPUs, page size.
pub fn machine() -> Machine {
    let number = |name| sysconf(name).ok().flatten().unwrap_or(0) as u64;
    let text = |text: &OsStr| text.to_string_lossy().into_owned();
    let (kernel, arch) = match uname() {
        Ok(name) => (
            format!("{} {}", text(name.sysname()), text(name.release())),
            text(name.machine()),
        ),
        Err(_) => ("Linux".to_owned(), std::env::consts::ARCH.to_owned()),
    };
    Machine {
        kernel,
        arch,
        cpus: number(SysconfVar::_NPROCESSORS_ONLN) as u32,
        page_size: number(SysconfVar::PAGE_SIZE),
    }
}

/// The emulator that plays this machine's CPU, where it says so: its times are not those of a CPU.
pub(crate) fn emulator() -> Option<&'static str> {
    (hypervisor() == *b"TCGTCGTCGTCG").then_some("QEMU's TCG")
}

/// The name that a hypervisor gives itself; zeros where there is none, or it cannot be asked.
#[cfg(target_arch = "x86_64")]
fn hypervisor() -> [u8; 12] {
    use std::arch::x86_64::__cpuid;
    const FEATURES: u32 = 1;
    const HYPERVISOR: u32 = 0x4000_0000; // Documentation/virt/kvm/x86/cpuid.rst
    // SAFETY: each x86-64 CPU has the instruction and the first leaf; the other is asked for where that says that it is
    // there.
    #[allow(unused_unsafe)]
    let signature = unsafe {
        let is_there = __cpuid(FEATURES).ecx & 1 << 31 != 0;
        is_there.then(|| __cpuid(HYPERVISOR))
    };
    let words = signature.map_or([0; 3], |it| [it.ebx, it.ecx, it.edx]);
    let mut name = [0; 12];
    for (bytes, word) in name.chunks_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    name
}

#[cfg(not(target_arch = "x86_64"))]
fn hypervisor() -> [u8; 12] {
    [0; 12]
}
